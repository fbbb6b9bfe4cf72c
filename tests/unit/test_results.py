"""Runs survive JSON, say what they found, and refuse records they can't read."""

import dataclasses
import json

import pytest
from made_runs import difference, run

from visdiff_plugin.results.difference import Difference
from visdiff_plugin.results.run import Run


def test_a_run_survives_json():
    one = run(difference(), difference(q_value=None, welch_t=None, significant=False))
    assert Run.from_dict(json.loads(json.dumps(one.to_dict()))) == one


def test_records_of_a_later_version_are_refused_and_unknown_members_ignored():
    data = run(difference()).to_dict()
    data["added_later"] = 1
    data["differences"][0]["added_later"] = 1
    assert Run.from_dict(data) == run(difference())
    for version in (99, None):
        with pytest.raises(ValueError, match="schema_version"):
            Run.from_dict({**data, "schema_version": version})


def test_the_summary_shows_what_was_asked_of_a_server():
    usage = {"requests": 6, "input_tokens": 2400, "output_tokens": 300}
    text = run(difference(), record={"usage": usage}).summary()
    assert "6 requests, 2,700 tokens (2,400 in, 300 out)." in text
    silent = run(difference(), record={"usage": {"requests": 1}}).summary()
    assert "1 request; the server counted no tokens." in silent
    assert "request" not in run(difference(), record={"usage": {"requests": 0}}).summary()


def test_the_summary_tells_all_that_a_reader_must_know():
    text = run(difference(), difference(description="x" * 80, significant=False)).summary()
    for part in (
        "A: wrong (100 images)",
        "1 difference supported, of 2 candidates",
        "dogs in snow",
        "0.800 [0.700, 0.900]",
        "34%",
        "9%",
        "Not supported (1)",
        "captions: 3 reused, 4 computed",
        "2 samples: image file not found",
        "A note.",
        "Held out",
    ):
        assert part in text


def test_no_difference_is_an_answer():
    assert (
        "No difference found: none of 1 candidates" in run(difference(significant=False)).summary()
    )
    assert "No difference found" in run().summary()


def test_a_table_has_every_member_in_rank_order():
    table = run(difference(), difference(description="y")).to_pandas()
    assert list(table["description"]) == ["dogs in snow", "y"]
    assert list(table.columns) == [member.name for member in dataclasses.fields(Difference)]
    assert list(run().to_pandas().columns) == list(table.columns)
