"""What the panel's pages show of stored runs: plain, JSON-safe, and text as it stands."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import difference, run

from panels import difference_data, payload
from visdiff_plugin.account import Skipped
from visdiff_plugin.results.run import Run

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
MARKUP = "<img src=x onerror=alert(1)> **bold** [a](http://b) `c`\n# d"
BARS = {"edges": [0.0, 1.0, 2.0, 4.0], "a": [1, 1, 2], "b": [3, 1, 0]}
ENDS = {"high_a": ["1"], "low_a": ["2"], "high_b": ["3"], "low_b": ["4"]}


STRATA = (
    {"stratum": "sea", "auroc": 0.8, "interval": [0.7, 0.9], "n_a": 9, "n_b": 9, "favors": "a"},
    {"stratum": "land", "auroc": 0.2, "interval": [0.1, 0.3], "n_a": 9, "n_b": 9, "favors": "b"},
    {"stratum": "city", "auroc": 0.5, "interval": [0.3, 0.7], "n_a": 9, "n_b": 9, "favors": None},
)


def strict(value):
    """Through JSON as a browser reads it: NaN is an error there."""
    return json.loads(json.dumps(value, allow_nan=False))


def header(**changes):
    values = {"run_key": "errors", "label_a": "wrong", "label_b": "right", "n_a": 1, "n_b": 1234,
              "n_differences": 20, "n_significant": 3, "created": "2026-05-04T11:57:00+00:00",
              "preset": "offline", "state": "done"}  # fmt: skip
    return {**values, **changes}


def test_runs_are_listed_newest_first_with_what_they_found():
    older = header(run_key="older", created="2026-05-01T00:00:00+00:00", n_significant=0)
    page = strict(payload.runs_page([older, header()], NOW))
    assert [one["key"] for one in page["runs"]] == ["errors", "older"]
    first, second = page["runs"]
    assert first["answer"] == "3 differences" and second["answer"] == "no difference found"
    assert first["how"] == "offline · 3 minutes ago · of 20 candidates"
    assert (first["n_a"], first["n_b"]) == ("1 photo", "1,234 photos")
    assert page["more"] == 0


def test_a_long_list_is_cut_and_says_how_much_is_left():
    page = payload.runs_page([header(run_key=f"r{n}") for n in range(100)], NOW, shown=30)
    assert len(page["runs"]) == 30 and page["more"] == 70 and page["count"] == 100


def test_a_run_that_was_stopped_while_it_was_written_says_so():
    for state, said in (("interrupted", "interrupted"), ("underway", "being written")):
        [one] = payload.runs_page([header(state=state)], NOW)["runs"]
        assert not one["finished"] and one["found"] == 0 and said in one["answer"]


def test_headers_of_earlier_versions_have_less():
    bare = {"run_key": "r", "label_a": "a", "label_b": "b"}
    [one] = payload.runs_page([bare], NOW)["runs"]
    assert one["how"] == "of 0 candidates" and one["answer"] == "no difference found"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5, minutes=50), "5 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=33), "Apr 1, 2026"),
        (timedelta(days=-1), "just now"),  # clocks differ
    ],
)
def test_ages_are_said_as_people_say_them(before, said):
    assert payload.ago((NOW - before).isoformat(), NOW) == said


def test_a_time_without_a_zone_or_without_sense():
    assert payload.ago("2026-05-04T11:00:00", NOW) == "1 hour ago"
    assert payload.ago("soon", NOW) == payload.ago(None, NOW) == ""


def test_both_directions_stand_apart_and_what_is_not_supported_below():
    page = payload.run_page(
        run(
            difference(description="one"),
            difference(description="two", favors="b", auroc=0.2, auroc_interval=(0.1, 0.3)),
            difference(description="three", significant=False),
            difference(
                description="four",
                supported_as=("concentrated",),
                cut="top",
                top=0.027,
                prevalence_a=0.04999,
                prevalence_b=0.004999,
            ),
            difference(
                description="five",
                supported_as=("crossing",),
                favors=None,
                strata_of="bird",
                strata=STRATA,
            ),
            difference(description="six", kind="look"),
            difference(description="seven", kind="file"),
            difference(description="eight", theme="one"),
        ),
        NOW,
    )
    rows = {name: [one["description"] for one in part["rows"]]
            for name, part in page["parts"].items()}  # fmt: skip
    assert rows == {"a": ["one"], "b": ["two"], "look": ["six"], "file": ["seven"],
                    "few": ["four"], "crossing": ["five"], "similar": ["eight"],
                    "rest": ["three"]}  # fmt: skip
    places = [part["rows"][0]["at"] for part in page["parts"].values()]
    assert places == [0, 1, 5, 6, 3, 4, 7, 2]
    assert page["parts"]["a"]["rows"][0]["also"] == "also: eight"
    few, opposite = (page["parts"][name]["rows"][0] for name in ("few", "crossing"))
    assert few["strength"] == "10 times as often in A" and few["places"] is None
    assert few["shown_in"] == "in the top 3% of all photos: 5% of A, 0.5% of B"
    assert opposite["shown_in"] == "more in A within sea (AUROC 0.80), in B within land (0.20)"
    assert page["found"] == 7 and page["counts"] == (
        "7 differences supported in 6 themes, of 8 candidates."
    )
    assert page["answer"] == (
        "A shows more one (34% against 9%); B more two (9% against 34%). "
        "In few photos: four (5% against 0.5% in the top 3%). Opposite ways by bird: five."
    )


def test_no_difference_is_an_answer():
    page = strict(payload.run_page(run(), NOW))
    assert page["found"] == 0 and page["answer"].startswith("No difference found")
    assert all(part["rows"] == [] for part in page["parts"].values())


def test_hundreds_of_differences_are_sent_in_parts():
    many = [difference(description=f"d{n}", favors="ab"[n % 2]) for n in range(300)]
    weak = [difference(description=f"w{n}", significant=False) for n in range(300)]
    parts = payload.run_page(run(*many, *weak), NOW, {"a": 70})["parts"]
    assert [len(parts[name]["rows"]) for name in ("a", "b", "rest")] == [70, 20, 10]
    assert [parts[name]["more"] for name in ("a", "b", "rest")] == [80, 130, 290]


def test_what_was_left_out_is_said_once_with_examples():
    page = payload.run_page(run(difference()), NOW)
    assert page["left_out"] == ["skipped 2 samples: image file not found (x, y)"]
    assert not any("skipped" in line for line in page["used"])
    assert page["notes"] == ["A note."] and "A note." not in page["used"]
    assert any("3 reused, 4 computed" in line for line in page["used"])


def test_where_a_model_is_asked_a_hypothesis_says_what_it_costs():
    asked = {"stages": {"ranker": {"name": "image_question:m", "costs": True}}}
    said = payload.run_page(run(difference(), record=asked), NOW)["cost"]
    assert said == "Testing it asks image_question:m about up to 220 photos."
    for ranker in ({}, {"name": "embedding (the question net)"}):
        known = run(difference(), record={"stages": {"ranker": ranker}})
        assert payload.run_page(known, NOW)["cost"] == ""


def test_text_stays_as_it_stands():
    one = difference(description=MARKUP, merged=(MARKUP,), note=MARKUP)
    made = run(one, label_a=MARKUP, skipped=(Skipped("sample", MARKUP, 1),), notes=(MARKUP,))
    page, single = payload.run_page(made, NOW), payload.difference_page(made, 0)
    assert page["parts"]["a"]["rows"][0]["description"] == MARKUP
    assert page["a"]["label"] == page["notes"][0] == single["description"] == MARKUP
    assert single["merged"] == [MARKUP] and single["note"] == MARKUP


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=9, max_size=9),
    st.sampled_from(["a", "b", None]),
)
def test_whatever_numbers_are_stored_a_browser_can_read_the_page(numbers, favors):
    auroc, low, high, p, q, a, b, threshold, mean = numbers
    one = difference(
        auroc=auroc, auroc_interval=(low, high), p_value=p, q_value=q, favors=favors,
        prevalence_a=a, prevalence_b=b, threshold=threshold, mean_a=mean, welch_t=None,
    )  # fmt: skip
    made = run(one)
    row = strict(payload.run_page(made, NOW))
    page = strict(payload.difference_page(made, 0))
    assert row and all(0 <= place <= 1 for place in page["places"].values())


def test_a_row_says_how_strong_how_often_and_how_sure():
    row = payload.difference_row(4, difference(verdict="confirmed", note="x", source="user"))
    assert row["auroc"] == "0.80" and row["shown_in"] == "in 34% of A, 9% of B"
    assert row["remarks"] == "q = 1e-05 · your own hypothesis"
    assert row["places"] == {"at": 0.8, "low": 0.7, "high": 0.9}
    assert (row["verdict"], row["noted"], row["at"]) == ("confirmed", True, 4)
    assert "not held out" in payload.difference_row(0, difference(held_out=False))["remarks"]


def test_evidence_is_in_words_for_the_favored_side():
    own = payload.difference_page(run(difference()), 0)["evidence"]
    assert own[0] == (
        "Pick one photo from each set: in 80% of cases the one from A shows it more. "
        "How sure: 70% to 90% (95% interval), AUROC 0.80 [0.70, 0.90]."
    )
    mirrored = difference(favors="b", auroc=0.2, auroc_interval=(0.1, 0.3))
    assert payload.difference_page(run(mirrored), 0)["evidence"][0] == (
        "Pick one photo from each set: in 80% of cases the one from B shows it more. "
        "How sure: 70% to 90% (95% interval), AUROC 0.20 [0.10, 0.30]."
    )
    assert "photos that no proposer saw" in " ".join(own)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"why_not": "could be chance"}, "Not supported: could be chance."),
        ({}, "Not supported."),
        ({"q_value": None, "p_value": 0.3}, "not corrected"),
        ({"control": "explained", "auroc_controlled": 0.51, "p_controlled": 0.01,
          "q_controlled": 0.02, "auroc_controlled_interval": (0.5, 0.52)},
         "explained by what was controlled for"),
    ],
)  # fmt: skip
def test_what_is_not_supported_says_why(changes, said):
    page = payload.difference_page(run(difference(significant=False, **changes)), 0)
    assert said in " ".join(page["evidence"])


def test_no_such_row_is_an_error():
    with pytest.raises(IndexError):
        payload.difference_page(run(difference()), 1)


def test_a_histogram_counts_the_images_over_each_edge():
    bars = difference_data.histogram(difference(histogram=BARS))
    assert bars["a"]["shares"] == [0.25, 0.25, 0.5] and bars["b"]["over"] == [4, 1, 0, 0]
    assert difference_data.over(bars, 1.0) == "75% of A (3), 25% of B (1)"
    assert difference_data.over(bars, 3.0) == "25% of A (about 1), 0% of B (about 0)"
    assert difference_data.over(bars, -5.0).startswith("100% of A (about 4)")
    assert difference_data.over(bars, 9.0) == "0% of A (about 0), 0% of B (about 0)"
    assert difference_data.histogram(difference()) is None


def test_pictures_show_what_is_true_of_the_favored_side_first():
    ends = [strip["end"] for strip in difference_data.strips(run(), difference(examples=ENDS))]
    assert ends == ["high_a", "high_b", "low_a", "low_b"]
    of_b = difference_data.strips(run(), difference(examples=ENDS, favors="b"))
    assert [one["end"] for one in of_b] == ["high_b", "high_a", "low_b", "low_a"]
    assert [one["side"] for one in of_b] == ["b", "a", "b", "a"]
    assert difference_data.strips(run(), difference(examples={})) == []


def test_replies_are_those_that_named_the_difference_or_what_was_merged_into_it():
    rounds = [
        {"proposer": "openai:m", "side": "a", "reply": "* Dogs in snow.", "proposals":
         ["Dogs  in snow."]},
        {"proposer": "openai:m", "side": "b", "reply": "* cats", "proposals": ["cats"]},
        {"proposer": "keyword", "side": "b", "reply": "", "proposals": ["a dog in the snow", "x"]},
        {"proposer": "openai:m", "side": "a", "failure": "no answer"},
    ]  # fmt: skip
    one = difference(merged=("a dog in the snow",))
    found = difference_data.replies(run(record={"rounds": rounds}), one)
    assert [part["who"] for part in found] == [
        "openai:m, round 1, asked what is truer of A",
        "keyword, round 3, asked what is truer of B",
    ]
    assert found[0]["reply"] == "* Dogs in snow." and found[1]["said"] == ["a dog in the snow"]


def test_a_run_of_the_first_version_can_be_shown():
    data = run(difference()).to_dict()
    for name in ("histogram", "examples", "verdict", "note"):
        del data["differences"][0][name]
    page = payload.difference_page(Run.from_dict(data), 0)
    assert page["histogram"] is None and page["strips"] == [] and page["verdict"] == ""


def test_what_pages_show_is_made_without_fiftyone():
    code = (
        "import sys; import panels.payload, panels.difference_data, panels.work_cards; "
        "assert 'fiftyone' not in sys.modules and 'pymongo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
