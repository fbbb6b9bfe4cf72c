"""A hypothesis that joins a stored run: the same evidence as by itself, one family of tests."""

import pytest
from fakes import ColorEncoder

import visdiff_plugin as visdiff
from visdiff_plugin.errors import RunError
from visdiff_plugin.hypotheses import add_hypothesis
from visdiff_plugin.storing.run_store import list_headers

ENCODER = ColorEncoder()


@pytest.fixture
def run(dataset):
    return visdiff.rank(
        dataset, "red", "blue", ["red pictures", "zebra"], "run", encoder=ENCODER, seed=3
    )


def test_its_evidence_is_that_of_a_run_of_its_own(dataset, run):
    alone = visdiff.rank(dataset, "red", "blue", ["blue sky"], "alone", encoder=ENCODER, seed=3)
    changed = add_hypothesis(dataset, "run", "  blue   sky ", encoder=ENCODER)
    [expected] = alone.differences
    own = next(
        difference for difference in changed.differences if difference.description == "blue sky"
    )
    for name in ("auroc", "auroc_interval", "p_value", "favors", "prevalence_a", "threshold",
                 "histogram", "examples", "source"):  # fmt: skip
        assert getattr(own, name) == getattr(expected, name), name
    assert dataset.values(own.field) == dataset.values(expected.field)
    assert visdiff.load(dataset, "run") == changed


def test_all_candidates_are_corrected_together(dataset, run):
    together = visdiff.rank(
        dataset, "red", "blue", ["red pictures", "zebra", "blue sky"], "three", encoder=ENCODER
    )
    changed = add_hypothesis(dataset, "run", "blue sky", encoder=ENCODER)
    q_values = {difference.description: difference.q_value for difference in changed.differences}
    for difference in together.differences:
        # p of the other side is not stored: it can only matter where nothing is near support
        same_q = q_values[difference.description] == pytest.approx(difference.q_value)
        assert same_q or min(q_values[difference.description], difference.q_value) > 0.5
        same = next(x for x in changed.differences if x.description == difference.description)
        assert same.significant == difference.significant
    supported = [difference.significant for difference in changed.differences]
    assert supported == sorted(supported, reverse=True)
    [header] = [
        list_header for list_header in list_headers(dataset) if list_header["run_key"] == "run"
    ]
    assert header["n_differences"] == 3 and header["n_significant"] == len(changed.significant)


def test_swapped_sets_mirror_it(dataset, run):
    visdiff.rank(
        dataset, "blue", "red", ["red pictures", "zebra"], "swapped", encoder=ENCODER, seed=3
    )
    a = add_hypothesis(dataset, "run", "blue sky", encoder=ENCODER)
    b = add_hypothesis(dataset, "swapped", "blue sky", encoder=ENCODER)
    for difference, other in zip(a.differences, b.differences, strict=True):
        assert difference.description == other.description
        assert difference.auroc == pytest.approx(1 - other.auroc)
        assert difference.q_value == pytest.approx(other.q_value)


def test_scores_of_the_run_stay_and_go_with_it(dataset, run):
    before = {field: dataset.values(field) for field in run.fields}
    changed = add_hypothesis(dataset, "run", "blue sky", encoder=ENCODER)
    assert {field: dataset.values(field) for field in run.fields} == before
    own = next(
        difference for difference in changed.differences if difference.description == "blue sky"
    )
    assert dataset.get_field(own.field).description == "blue sky"
    visdiff.rename(dataset, "run", "renamed")
    assert dataset.count("renamed.blue_sky") == len(dataset)
    visdiff.delete(dataset, "renamed")
    assert dataset.get_field("renamed") is None


def test_images_that_are_gone_are_left_out(dataset, run):
    dataset.delete_samples(dataset.match_tags("red").values("id")[:10])
    changed = add_hypothesis(dataset, "run", "blue sky", encoder=ENCODER)
    own = next(
        difference for difference in changed.differences if difference.description == "blue sky"
    )
    assert (own.n_a, own.n_b) == (50, 60)


def test_a_set_of_another_dataset_is_scored_there(dataset, make_dataset):
    other = make_dataset(colors=("blue", "green"))
    blue = other.match_tags("blue")
    visdiff.rank(dataset, "red", blue, ["red pictures"], "away", encoder=ENCODER)
    alone = visdiff.rank(dataset, "red", blue, ["blue sky"], "alone", encoder=ENCODER)
    changed = add_hypothesis(dataset, "away", "blue sky", encoder=ENCODER)
    own = next(
        difference for difference in changed.differences if difference.description == "blue sky"
    )
    assert own.auroc == alone.differences[0].auroc
    assert (dataset.count(own.field), other.count(own.field)) == (60, 60)
    other.delete()
    with pytest.raises(RunError, match="Expected B in dataset"):
        add_hypothesis(dataset, "away", "sky", encoder=ENCODER)


def test_what_can_not_be_tested_says_why_and_changes_nothing(dataset, run):
    with pytest.raises(RunError, match="Expected a hypothesis, got none"):
        add_hypothesis(dataset, "run", "  ")
    with pytest.raises(RunError, match="already tested"):
        add_hypothesis(dataset, "run", "Zebras", encoder=ENCODER)
    # the run's encoder was an object: its name alone makes none
    with pytest.raises(RunError, match="models by name"):
        add_hypothesis(dataset, "run", "blue sky")
    with pytest.raises(RunError, match="Expected a VisDiff run"):
        add_hypothesis(dataset, "other", "blue sky")
    dataset.delete_sample_field("run.set")
    with pytest.raises(RunError, match="Run the comparison again"):
        add_hypothesis(dataset, "run", "blue sky", encoder=ENCODER)
    assert visdiff.load(dataset, "run") == run
