"""Tables of pairs, and VisDiffBench as released with its traps."""

import json

import pytest

from visdiff_plugin.errors import EvaluationError
from visdiff_plugin.evaluation.pairs import Pair, load_pairs, save_pairs
from visdiff_plugin.evaluation.visdiffbench import load_visdiffbench

PAIR = Pair("p", "dogs", ("/x/1.jpg", "/x/2.jpg"), ("/x/3.jpg", "/x/4.jpg"), "cats", "pets",
            {"/x/1.jpg": "a dog, “Rex”"})  # fmt: skip


def test_what_is_saved_is_loaded(tmp_path):
    bare = Pair("q", "blue", ("/a", "/b"), ("/c", "/d"))
    save_pairs([PAIR, bare], tmp_path / "t.jsonl")
    assert load_pairs(tmp_path / "t.jsonl") == [PAIR, bare]


def test_csv_says_the_same_and_paths_start_at_the_table(tmp_path):
    (tmp_path / "t.csv").write_text(
        "pair,set,path,truth,truth_b,group,caption\n"
        'p,a,1.jpg,dogs,cats,pets,"a dog, “Rex”"\n'
        "p,b,3.jpg,dogs,,,\np,a,2.jpg,dogs,cats,,\np,b,4.jpg,dogs,cats,pets,\n"
    )
    (found,) = load_pairs(tmp_path / "t.csv", "/x")
    assert found == PAIR
    (beside,) = load_pairs(tmp_path / "t.csv")
    assert beside.images_a == (str(tmp_path / "1.jpg"), str(tmp_path / "2.jpg"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images_a": ["1", "3"]}, "in both, such as"),
        ({"images_a": ["1", "1"]}, "each once; got 2, of which 1"),
        ({"images_b": ["3"]}, "at least two images in set B"),
        ({"truth": " "}, "what is true of A"),
        ({"images_a": "1.jpg"}, "'images_a' as a list in t.jsonl, line 1"),
        ({"name": 3}, "'name' as a text"),
        ({"captions": ["a"]}, "path -> text"),
    ],
)
def test_a_wrong_table_says_where(tmp_path, changes, message):
    one = {"name": "p", "truth": "x", "images_a": ["1", "2"], "images_b": ["3", "4"], **changes}
    (tmp_path / "t.jsonl").write_text(json.dumps(one))
    with pytest.raises(EvaluationError, match=message):
        load_pairs(tmp_path / "t.jsonl")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.jsonl", "{]", "JSON in t.jsonl, line 1"),
        ("t.jsonl", "\n", "got none"),
        ("t.jsonl", "[1]", "an object in"),
        ("t.txt", "", "jsonl or .csv"),
        ("t.csv", "pair,truth\n", "none called set, path"),
        ("t.csv", "pair,truth,set,path\np,x,c,1\n", "line 2, got 'c'"),
        ("t.csv", "pair,truth,set,path\np,x,a,1\np,y,a,2\n", "one truth for pair 'p'"),
    ],
)
def test_a_broken_table_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(EvaluationError, match=message):
        load_pairs(tmp_path / name)


def test_two_pairs_of_one_name_are_refused(tmp_path):
    save_pairs([PAIR, PAIR], tmp_path / "t.jsonl")
    with pytest.raises(EvaluationError, match="'p' twice"):
        load_pairs(tmp_path / "t.jsonl")


def test_the_fingerprint_sees_all_that_matters():
    swapped = Pair("p", "dogs", PAIR.images_b, PAIR.images_a, "cats", "pets", PAIR.captions)
    silent = Pair("p", "dogs", PAIR.images_a, PAIR.images_b, "cats", "pets")
    reordered = Pair("p", "dogs", PAIR.images_a[::-1], PAIR.images_b, "cats", "x", PAIR.captions)
    codes = {one.fingerprint() for one in (PAIR, swapped, silent)}
    assert len(codes) == 3 and reordered.fingerprint() == PAIR.fingerprint()


@pytest.fixture
def released(tmp_path):
    """Writes files in the released form, with each of their traps."""

    def lines(name, heading, rows):
        (tmp_path / name).write_text("\n".join([heading, *rows]) + "\n")

    start = "./data/VisDiffBench"
    lines(
        "ImageNetR.csv",
        "path,group_name,target",
        [f"{start}/imagenetr/{g}/{n}.jpg,{g},pug" for g in ("art", "misc", "imagenet", "toy")
         for n in range(3)],
    )  # fmt: skip
    lines(
        "ImageNetStar.csv",
        "path,group_name",
        [f"{start}/imagenetstar/{g}/{n}.jpg,{g}" for g in ("in the snow", "base") for n in "01"],
    )
    sets = {"Cars from the 1960s": "hard", "Cars from the 1980s": "hard", "Cats": "easy",
            "Dogs": "easy"}  # fmt: skip
    rows = [
        f"{start}/{folder}/{name}/{n}.jpg,{name},easy"  # the column says easy throughout
        for name, folder in sets.items()
        for n in range(3)
    ]
    lines("PairedImageSets.csv", "path,group_name,difficulty", [*rows, rows[0]])
    for level, pairs in (
        ("easy", []),
        ("medium", [("Cars from the 1960s", "Cars from the 1980s")]),  # its images lie in hard
        ("hard", [("Cats", "Dogs")]),
    ):
        text = "".join(
            json.dumps({"set1": a, "set2": b, "difference": "x"}) + "\n" for a, b in pairs
        )
        (tmp_path / f"{level}.jsonl").write_text(text)
    return tmp_path


def test_visdiffbench_as_released(released):
    pairs = {pair.name: pair for pair in load_visdiffbench(released)}
    assert set(pairs) == {
        "ImageNetR: art", "ImageNetR: toy", "ImageNetStar: in the snow",
        "Cars from the 1960s | Cars from the 1980s", "Cats | Dogs",
    }  # fmt: skip
    art = pairs["ImageNetR: art"]
    assert art.truth == "art" and not art.truth_b and art.group == "ImageNetR"
    assert [len(art.images_a), len(art.images_b)] == [3, 3]
    assert all("/imagenet/" in path for path in art.images_b)
    cars = pairs["Cars from the 1960s | Cars from the 1980s"]
    assert len(cars.images_a) == 3  # one line stands there twice
    assert cars.group == "PairedImageSets hard" and cars.truth_b == "Cars from the 1980s"
    assert pairs["Cats | Dogs"].group == "PairedImageSets easy"


def test_files_are_found_with_or_without_the_authors_folders(released):
    images = released / "photos"
    (images / "imagenetr" / "art").mkdir(parents=True)
    (images / "imagenetr" / "art" / "0.jpg").touch()
    art = load_visdiffbench(released, images)[0]
    assert art.images_a[0] == str(images / "imagenetr" / "art" / "0.jpg")


def test_an_image_in_both_sets_of_a_pair_is_left_out(released):
    with open(released / "ImageNetStar.csv", "a") as file:
        file.write("./data/VisDiffBench/imagenetstar/base/0.jpg,in the snow\n")
        file.write("./data/VisDiffBench/imagenetstar/base/2.jpg,base\n")
    (snow,) = (one for one in load_visdiffbench(released) if one.truth == "in the snow")
    assert len(snow.images_a) == 2 and len(snow.images_b) == 2


def test_a_listed_set_without_images_is_no_pair(released):
    (released / "easy.jsonl").write_text('{"set1": "Cats", "set2": "Birds"}')
    with pytest.raises(EvaluationError, match=r"images of 'Birds' \(easy.jsonl, line 1\)"):
        load_visdiffbench(released)
    with pytest.raises(EvaluationError, match="got none"):
        load_visdiffbench(released / "nowhere")
