"""The plugin's operators: each reads a form, makes one library call, and shows the answer."""

from .caption_samples import CaptionSamples
from .compare_views import CompareViews
from .delete_run import DeleteRun
from .embed_samples import EmbedSamples
from .export_report import ExportReport
from .filter_by_difference import FilterByDifference
from .rank_hypotheses import RankHypotheses
from .rename_run import RenameRun
from .sort_by_difference import SortByDifference
from .tag_difference import TagDifference

#: names as in fiftyone.yml
OPERATORS = (
    CompareViews,
    RankHypotheses,
    CaptionSamples,
    EmbedSamples,
    SortByDifference,
    FilterByDifference,
    TagDifference,
    ExportReport,
    RenameRun,
    DeleteRun,
)
