"""Words that name kinds of one thing, by a small WordNet made here."""

import pytest

wn = pytest.importorskip("wn")

from visdiff_plugin.proposers.keyword import KeywordProposer  # noqa: E402
from visdiff_plugin.proposers.kinds import Kinds, _reader  # noqa: E402
from visdiff_plugin.stages import Images  # noqa: E402

#: synset: its words, what it is a kind of ("i:" an instance). From the top down to "thing", six
#: steps that say nothing, as in WordNet
_SYNSETS = {
    "s0": ("entity", ""), "s1": ("realm", "s0"), "s2": ("sphere", "s1"), "s3": ("stuff", "s2"),
    "s4": ("instrumentality", "s3"), "s5": ("conveyance", "s4"),
    "vehicle": ("vehicle", "s5"), "motor": ("motor vehicle", "vehicle"),
    "car": ("car,auto", "motor"), "truck": ("truck", "motor"),
    "bus1": ("bus,passenger vehicle", "s5"), "bus2": ("bus", "s4"),
    "plant": ("plant,flora", "s5"), "wood": ("wood", "s5"),
    "tree": ("tree", "plant"), "oak1": ("oak", "wood"), "oak2": ("oak,oak tree", "tree"),
    "pine": ("pine,pine tree", "tree"), "carnivore": ("carnivore", "s5"),
    "cat": ("cat", "carnivore"), "food": ("food", "s3"), "pizza": ("pizza", "food"),
    "ford": ("ford", "i:car"),
}  # fmt: skip


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory):
    """A WordNet in a folder of its own."""
    senses = {}
    for name, (words, _) in _SYNSETS.items():
        for word in words.split(","):
            senses.setdefault(word, []).append(name)
    entries = "".join(
        f'<LexicalEntry id="t-{place}"><Lemma writtenForm="{word}" partOfSpeech="n"/>'
        + "".join(f'<Sense id="t-{place}-{name}" synset="t-{name}"/>' for name in names)
        + "</LexicalEntry>"
        for place, (word, names) in enumerate(senses.items())
    )

    def relation(above):
        if not above:
            return ""
        kind = "instance_hypernym" if above.startswith("i:") else "hypernym"
        return f'<SynsetRelation relType="{kind}" target="t-{above.removeprefix("i:")}"/>'

    synsets = "".join(
        f'<Synset id="t-{name}" ili="" partOfSpeech="n">{relation(above)}</Synset>'
        for name, (_, above) in _SYNSETS.items()
    )
    folder = tmp_path_factory.mktemp("wordnet")
    (folder / "small.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE LexicalResource SYSTEM '
        '"http://globalwordnet.github.io/schemas/WN-LMF-1.1.dtd">\n'
        '<LexicalResource xmlns:dc="https://globalwordnet.github.io/schemas/dc/">'
        '<Lexicon id="t" label="small" language="en" email="none@example.org" license="none" '
        f'version="1">{entries}{synsets}</Lexicon></LexicalResource>',
        encoding="utf-8",
    )
    before = wn.config.data_directory
    wn.config.data_directory = folder
    from visdiff_plugin.proposers.kinds import _READER

    _READER.submit(lambda: wn.add(folder / "small.xml", progress_handler=None)).result()
    yield folder
    _reader.cache_clear()
    wn.config.data_directory = before


@pytest.fixture
def kinds(lexicon):
    kinds = Kinds.there()
    assert kinds is not None and kinds.lexicon == "t:1"
    return kinds


def test_a_machine_without_a_wordnet_has_no_kinds(tmp_path, monkeypatch):
    monkeypatch.setattr(wn.config, "_dbpath", tmp_path / "wn.db")
    assert Kinds.there() is None
    assert not list(tmp_path.iterdir())  # looking makes no database
    assert KeywordProposer().parameters["wordnet"] is None


def test_plain_names_of_kinds(kinds):
    car, bus, oak, cat, pizza, ford, unknown = kinds.of("car bus oak cat pizza ford xyzzy".split())
    assert car == {"vehicle"}  # not "conveyance", which nobody writes, nor "stuff", which is high
    assert bus == {"vehicle"}  # a "passenger vehicle" by its name
    assert oak == {"wood", "tree", "plant"}  # wood first; the tree bears its kind's name
    assert cat == set()  # "carnivore" is no plain name
    assert pizza == {"food"}
    assert ford == unknown == set()  # one of its kind is no kind


def images(captions):
    return Images([str(row) for row in range(len(captions))], [""] * len(captions), captions)


def proposals(a, b, **options):
    return list(KeywordProposer(**options).propose(images(a), images(b)).proposals)


_PLAIN = [f"a man {doing}" for doing in ("sits", "stands", "waits", "sings") for _ in range(6)]


def test_words_of_one_kind_are_proposed_together(kinds):
    a = ["a car here"] * 4 + ["a truck here"] * 4 + ["two buses here"] * 4 + _PLAIN[:4]
    found = proposals(a, _PLAIN)
    assert found[0] == "vehicles such as bus, car or truck"
    assert {"car", "truck"} <= {text.rstrip("s") for text in found}
    assert not any("such as" in text for text in proposals(a, _PLAIN, kinds=False))


def test_a_word_that_stands_for_its_kind_is_enough(kinds):
    a = ["a car here"] * 10 + ["a truck here"] * 3 + _PLAIN[:4]
    assert not any("such as" in text for text in proposals(a, _PLAIN))


def test_what_b_has_of_the_kind_counts(kinds):
    a = ["a car here"] * 4 + ["a truck here"] * 4 + _PLAIN[:8]
    b = ["two buses here"] * 8 + _PLAIN[:8]
    assert not any("such as" in text for text in proposals(a, b))
