"""The plugin's operators: a form in, one library call, one answer out."""

from .caption_samples import CaptionSamples
from .compare_views import CompareViews
from .delete_run import DeleteRun
from .embed_samples import EmbedSamples
from .rank_hypotheses import RankHypotheses
from .sort_by_difference import SortByDifference

#: names as in fiftyone.yml
OPERATORS = (
    CompareViews,
    RankHypotheses,
    CaptionSamples,
    EmbedSamples,
    SortByDifference,
    DeleteRun,
)
