"""Runs of a dataset that was renamed or cloned since."""

import fiftyone as fo
import pytest
from fakes import ColorEncoder

import visdiff_plugin as visdiff
from visdiff_plugin import runs
from visdiff_plugin.hypotheses import add_hypothesis


def works_on(dataset, stored_run):
    """Uses all that a stored run offers on a dataset, and deletes the run."""
    run = visdiff.load(dataset, "run")
    assert run.dataset == dataset.name and visdiff.list_runs(dataset) == ["run"]
    assert run.differences == stored_run.differences and run.n_a == stored_run.n_a
    first = run.differences[0].description
    noted = runs.annotate(dataset, "run", first, verdict="confirmed")
    assert (noted.dataset, noted.differences[0].verdict) == (dataset.name, "confirmed")
    assert dataset.name in runs.export(dataset, "run", kind="json")
    for kind in ("html", "md", "csv", "txt"):
        assert runs.export(dataset, "run", kind=kind)
    added = add_hypothesis(dataset, "run", "red thing or blue", ranker="words")
    assert added.dataset == dataset.name and len(added.differences) == len(run.differences) + 1
    assert visdiff.rename(dataset, "run", "other").dataset == dataset.name
    assert dataset.count("other.set") == 120
    again = visdiff.compare(dataset, "red", "blue", "other", preset="offline", overwrite=True)
    assert again.dataset == dataset.name
    assert visdiff.delete(dataset, "other") == ()
    assert dataset.get_field("other") is None and visdiff.list_runs(dataset) == []


def test_a_renamed_dataset(dataset, stored_run):
    before = dataset.name
    dataset.name = f"{before}-renamed"
    try:
        assert stored_run.dataset == before
        works_on(dataset, stored_run)
    finally:
        dataset.name = before


def test_a_clone(dataset, stored_run):
    clone = dataset.clone(f"{dataset.name}-clone")
    try:
        works_on(clone, stored_run)
        assert visdiff.load(dataset, "run").dataset == dataset.name
        assert dataset.count("run.set") == 120
    finally:
        fo.delete_dataset(clone.name)


@pytest.mark.parametrize("name", ["a/b", "with space", "ünï"])
def test_names_of_datasets_are_any(dataset, name):
    before = dataset.name
    dataset.name = f"{before}-{name}"
    try:
        visdiff.embed(dataset, ColorEncoder())
        run = visdiff.compare(dataset, "red", "blue", "run", preset="offline")
        assert run.dataset == dataset.name == visdiff.load(dataset, "run").dataset
    finally:
        dataset.name = before
