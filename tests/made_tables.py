"""Tables of scores to rank, and candidates for their columns."""

import numpy as np

from visdiff_plugin.evidence.design import Design
from visdiff_plugin.evidence.table import Table
from visdiff_plugin.sampling import Split
from visdiff_plugin.selection import Candidate


def table(a, b, held_out=True, folds=None, **ties):
    """Scores of A above those of B, the first half of each for proposers."""

    def one(values):
        seen = len(values) // 2 if held_out else len(values)
        return Split(tuple(range(seen)), len(values), held_out)

    rows = np.arange(len(a) + len(b))
    return Table(
        np.concatenate([a, b]).astype(float),
        rows[: len(a)],
        rows[len(a) :],
        folds or [(one(a), one(b))],
        Design(**ties),
    )


def candidates(*names, source="keyword"):
    return [Candidate(name, source) for name in names]
