"""Runs and differences to print, with one thing changed at a time."""

from visdiff_plugin.account import Skipped
from visdiff_plugin.results.difference import Difference
from visdiff_plugin.results.run import Run


def difference(**changes):
    values = {
        "description": "dogs in snow",
        "source": "keyword",
        "favors": "a",
        "auroc": 0.8,
        "auroc_interval": (0.7, 0.9),
        "p_value": 1e-6,
        "q_value": 1e-5,
        "significant": True,
        "prevalence_a": 0.34,
        "prevalence_b": 0.09,
        "prevalence_a_interval": (0.2, 0.5),
        "prevalence_b_interval": (0.0, 0.2),
        "threshold": 0.1,
        "n_a": 50,
        "n_b": 60,
        "held_out": True,
        "mean_a": 0.3,
        "mean_b": 0.1,
        "welch_t": 5.0,
        "welch_p": 1e-6,
        "auroc_all": 0.81,
        "claimed": ("a",),
        "merged": ("a dog in snow",),
        "field": "errors.dogs_in_snow",
    }
    return Difference(**{**values, **changes})


def run(*differences, **changes):
    values = {
        "run_key": "errors",
        "dataset": "d",
        "label_a": "wrong",
        "label_b": "right",
        "n_a": 100,
        "n_b": 120,
        "differences": differences,
        "skipped": (Skipped("sample", "image file not found", 2, ("x", "y")),),
        "reused": {"captions": {"reused": 3, "computed": 4}},
        "held_out": True,
        "notes": ("A note.",),
        "record": {"seed": 0},
    }
    return Run(**{**values, **changes})
