"""Reports say what the run says, in every kind, and text stays text."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import difference, run

from visdiff_plugin.numerals import percent, plain, small
from visdiff_plugin.reports import FORMATS, render
from visdiff_plugin.reports.markdown import brief
from visdiff_plugin.reports.pictures import read, wanted
from visdiff_plugin.results.run import Run

PIXEL = "data:image/png;base64,iVBORw0KGgo="
SHOWN = {
    "histogram": {"edges": [0.0, 0.1, 0.2], "a": [1, 3], "b": [4, 0]},
    "examples": {"high_a": ["1", "2"], "low_a": ["3"], "high_b": ["4"], "low_b": ["gone"]},
}
RUN = run(
    difference(**SHOWN, verdict="confirmed", note="seen"),
    difference(description="grass", favors="b", auroc=0.2, auroc_interval=(0.1, 0.3)),
    difference(description="a cat", significant=False, q_value=0.4),
)


class Page(HTMLParser):
    """Reads a page: its text, its tags, and the pictures."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.pictures = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs)["src"])

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def test_the_page_shows_both_sides_the_evidence_and_the_pictures():
    page = Page(render(RUN, "html", {one: f"{PIXEL}{one}" for one in "1234"}))
    for words in (
        "A: wrong (100 photos) vs. B: right (120 photos)",
        "2 differences supported, of 3 candidates.",
        "Truer of A: wrong", "dogs in snow", "confirmed", "in 34% of A, 9% of B",
        "AUROC 0.80 [0.70, 0.90], q = 1e-05", "other wordings: a dog in snow", "seen",
        "Truer of B: right", "grass", "Not supported (1)", "a cat",
        "skipped 2 samples: image file not found", "A note.",
    ):  # fmt: skip
        assert words in page.text, words
    assert page.pictures == [f"{PIXEL}{one}" for one in "1243"]
    assert page.tags.count("svg") == 3  # two intervals, one histogram


def test_nothing_found_is_an_answer():
    none = run(difference(significant=False))
    assert "No difference found: none of 1 candidates is supported." in render(none, "html")
    assert Page(render(none, "html")).tags.count("article") == 0
    assert "No difference found" in render(none, "md")


@given(st.text(min_size=1, max_size=60))
def test_text_is_never_markup(text):
    plain_tags = Page(render(run(difference(), difference(significant=False)), "html")).tags
    bad = run(
        difference(description=text, note=text, merged=(text,)),
        difference(description=text, significant=False),
        label_a=text,
        notes=(text,),
    )
    assert [tag for tag in Page(render(bad, "html")).tags if tag not in ("p", "figure")] == [
        tag for tag in plain_tags if tag not in ("p", "figure")
    ]


def test_markdown_keeps_its_table_whatever_a_description_holds():
    text = "a | b\n# *bold* <b>x</b> [y](http://z) `c`"
    said = render(run(difference(description=text)), "md")
    row = next(line for line in said.splitlines() if "bold" in line and line.startswith("|"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 8
    assert r"\*bold\* \<b\>x\</b\> \[y\](http\://z) \`c\`" in row


def test_csv_has_every_number_and_no_formula():
    one = difference(description="=HYPERLINK(1)", auroc_controlled=None)
    rows = list(csv.DictReader(io.StringIO(render(run(one, difference()), "csv"))))
    assert [row["rank"] for row in rows] == ["1", "2"]
    assert rows[0]["description"] == "'=HYPERLINK(1)" and rows[1]["merged"] == "a dog in snow"
    assert (rows[0]["auroc_interval_low"], rows[0]["auroc_controlled"]) == ("0.7", "")
    assert render(run(), "csv").splitlines()[0] == render(RUN, "csv").splitlines()[0]


def test_json_is_the_record():
    assert Run.from_dict(json.loads(render(RUN, "json"))) == RUN


def test_every_kind_names_every_difference():
    for kind in FORMATS:
        said = render(RUN, kind)
        assert all(one.description in said for one in RUN.differences), kind
    with pytest.raises(ValueError, match="got 'pdf'"):
        render(RUN, "pdf")


def test_only_what_is_shown_is_read(tmp_path):
    from PIL import Image

    assert wanted(RUN) == {"a": ["1", "2", "3"], "b": ["4", "gone"]}
    Image.new("RGB", (900, 600), "red").save(tmp_path / "1.jpg")
    found = read({"1": str(tmp_path / "1.jpg"), "2": str(tmp_path / "none.jpg")})
    assert list(found) == ["1"] and found["1"].startswith("data:image/jpeg;base64,")


def test_numbers_as_people_read_them():
    assert [percent(one) for one in (0, 9e-4, 0.004, 0.34, 0.996, 0.9999, 1)] == [
        "0%", "under 0.1%", "0.4%", "34%", "99.6%", "over 99.9%", "100%",
    ]  # fmt: skip
    assert [small(one) for one in (0, 6e-8, 0.034, 0.5)] == [
        "under 1e-300",
        "6e-08",
        "0.034",
        "0.5",
    ]
    assert [plain(one) for one in (4.0, 0.67, -0.001)] == ["4", "0.67", "0"]


def test_the_brief_answer_names_the_first_of_each_side():
    many = [difference(description=f"thing {number}") for number in range(7)]
    said = brief(run(*many, difference(description="*grass*", favors="b")))
    assert "8 differences supported" in said and "- thing 4: in 34% of A, 9% of B" in said
    assert "- and 2 more" in said and "thing 5" not in said
    assert r"- \*grass\*: in" in said and said.endswith("A note.\n")
