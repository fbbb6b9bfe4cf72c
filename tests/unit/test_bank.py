"""Phrases by embeddings: what is chosen, what the bank holds, and its embeddings on disk."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fakes import ColorEncoder

from visdiff_plugin.errors import FieldError, ModelError, ProposerError
from visdiff_plugin.proposers import make_proposer
from visdiff_plugin.proposers.bank import BankProposer, centered, contrast, distinct
from visdiff_plugin.proposers.bank_cache import bank_vectors, cache_folder
from visdiff_plugin.proposers.bank_phrases import built_in, read_bank
from visdiff_plugin.selection import key
from visdiff_plugin.stages import Images, Proposer
from visdiff_plugin.vectors import unit

RNG = np.random.default_rng(5)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "visdiff" / "banks"


class Words:
    """Embeds a text as the directions of its words, and counts what it is asked."""

    name = "words-1"

    def __init__(self, words="dog cat snow grass tree", shift=0.0):
        self.words, self.shift, self.asked = words.split(), shift, []

    def encode_images(self, paths):
        raise AssertionError("a bank is texts alone")

    def encode_texts(self, texts):
        self.asked.append(list(texts))
        rows = [[word in text.split() for word in self.words] for text in texts]
        return unit(np.array(rows, float) + 0.01 + self.shift * np.arange(len(self.words)))


def pictures(n, *means, spread=0.1, seed=0):
    noise = np.random.default_rng(seed).normal(0, spread, (n, len(means)))
    vectors = unit((np.array(means) + noise).astype(np.float32))
    return Images([str(row) for row in range(n)], ["x.jpg"] * n, None, vectors)


def bank_file(tmp_path, *lines):
    path = tmp_path / "bank.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


SNOWY_DOGS, GRASSY_DOGS = pictures(40, 1, 0, 1, 0, 0), pictures(30, 1, 0, 0, 1, 0, seed=1)
LINES = ("dog", "cat", "snow", "the snow", "grass", "dog in snow", "dog on grass", "tree", "car")


def test_what_differs_is_proposed_and_swapped_sets_swap_it(tmp_path):
    bank = BankProposer(Words(), bank_file(tmp_path, *LINES))
    assert isinstance(bank, Proposer) and bank.needs == "embeddings" and bank.whole
    found = list(bank.propose(SNOWY_DOGS, GRASSY_DOGS).proposals)
    assert found[0] == "snow"
    assert not {"grass", "dog on grass", "the snow", "dog in snow", "car"} & set(found)
    assert next(iter(bank.propose(GRASSY_DOGS, SNOWY_DOGS).proposals)) == "grass"


def test_images_without_an_embedding_are_left_out(tmp_path):
    bank = BankProposer(Words(), bank_file(tmp_path, *LINES))
    holed = pictures(41, 1, 0, 1, 0, 0)
    holed.embeddings[7] = np.nan
    whole = holed.take([row for row in range(41) if row != 7])
    assert bank.propose(holed, GRASSY_DOGS) == bank.propose(whole, GRASSY_DOGS)
    holed.embeddings[1:] = np.nan
    with pytest.raises(ProposerError, match="at least 2 embeddings of set B, got 1"):
        bank.propose(GRASSY_DOGS, holed)
    with pytest.raises(FieldError, match="of 5 dimensions, as words-1 makes, got 3"):
        bank.propose(pictures(5, 1, 0, 0), pictures(5, 0, 1, 0))


def test_words_that_the_encoder_does_not_know_are_never_proposed(tmp_path):
    # an unknown word is embedded as no text is, which here lies nearer to A than to B
    encoder = Words(shift=0.3)
    near = pictures(30, *(0.01 + 0.3 * np.arange(5)))
    bank = BankProposer(encoder, bank_file(tmp_path, "zebra", "yak", "cat"))
    assert not {"zebra", "yak"} & set(bank.propose(near, pictures(30, 0, 1, 0, 0, 0)).proposals)


def test_contrast_is_the_gap_of_each_texts_scores_over_their_spread():
    texts, a, b = (RNG.normal(size=(n, 6)).astype(np.float32) for n in (9, 50, 30))
    scores = [(a @ text, b @ text) for text in texts]
    spread = [np.sqrt((x.var() * 50 + y.var() * 30) / 78) for x, y in scores]
    gaps = [x.mean() - y.mean() for x, y in scores]
    wanted = [gap / (one + np.median(spread)) for gap, one in zip(gaps, spread, strict=True)]
    assert contrast(texts, a, b) == pytest.approx(wanted, rel=1e-4, abs=1e-6)
    assert contrast(texts, b, a) == pytest.approx(-np.array(wanted), rel=1e-4, abs=1e-6)


def test_a_text_that_varies_wildly_anyway_does_not_win():
    noise = np.random.default_rng(2).normal(size=(400, 3)) * (3.0, 0.1, 0.1)
    a, b = noise[:200] + (0.4, 0.3, 0), noise[200:]
    means = a.mean(0) - b.mean(0)
    hub, planted, _ = contrast(np.eye(3, dtype=np.float32), a, b)
    assert means[0] > means[1] > 0 and planted > 2 * hub > 0


def test_copies_of_one_image_are_told_apart_without_a_warning():
    a, b = np.tile([[1.0, 0]], (5, 1)), np.tile([[0, 1.0]], (5, 1))
    first, second = contrast(np.eye(2, dtype=np.float32), a, b)
    assert first > 0 > second and np.isfinite([first, second]).all()


def test_a_set_closer_to_any_text_does_not_have_the_whole_bank_on_its_side():
    common = np.zeros(40)
    common[0] = 3
    texts = unit(RNG.normal(size=(500, 40)) + common)
    a, b = RNG.normal(size=(2, 300, 40)) * 0.2
    a[:, 0] += 1
    share = (contrast(texts, a, b) > 0).mean()
    less_mean = (contrast(centered(texts), a, b) > 0).mean()
    assert share > 0.9 and 0.3 < less_mean < 0.7
    assert centered(texts[:49]) is not None and (centered(texts[:49]) == texts[:49]).all()


def test_of_close_texts_the_best_stays():
    texts = unit(np.array([[1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0]]))
    phrases, scores = [*"vwxyz"], np.array([1.0, 2, 0.5, 0.4, -1])
    assert distinct(phrases, texts, scores, 9, 0.9) == [1, 2, 3]
    assert distinct(phrases, texts, scores, 2, 0.9) == [1, 2]
    assert distinct(phrases, texts, scores, 9, 1.0) == [1, 0, 2, 3]
    assert distinct(phrases, texts, -np.ones(5), 9, 0.9) == []


def test_the_general_phrase_goes_before_its_special_cases():
    phrases = ["child in the snow", "dog in snow", "snow", "snow storm", "child", "a sled"]
    texts = np.eye(6)
    scores = np.array([1.0, 0.95, 0.9, 0.5, 0.2, 0.3])
    assert distinct(phrases, texts, scores, 9, 0.9) == [2, 5, 4]
    # where the special case says much more, it is the difference
    scores[2] = 0.4
    assert distinct(phrases, texts, scores, 9, 0.9) == [0, 1, 2, 5, 4]


def test_the_built_in_bank():
    bank = built_in()
    assert 5_000 < len(bank) < 50_000
    assert len({key(one) for one in bank}) == len(bank)
    assert max(len(one.split()) for one in bank) <= 10 and all(one == one.strip() for one in bank)
    words = {word for one in bank for word in one.lower().split()}
    assert not {"not", "without", "more", "less", "no"} & words
    for phrase in ("oil painting of a horse", "dog in snow", "woman wearing sunglasses",
                   "watermark",
                   "street at night", "blurry image", "three people", "aerial view", "red car",
                   "two birds", "man playing guitar", "city in fog"):  # fmt: skip
        assert phrase in bank, phrase


def test_a_file_of_phrases(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("\ufeff# lesions\nround lesion\n\n  two   lesions \nRound lesions\n", "utf-8")
    assert read_bank(str(path)) == ("round lesion", "two lesions")
    assert make_proposer(f"bank:{path}", n=3, encoder=Words()).parameters["file"] == "mine.txt"


def test_files_that_are_no_bank(tmp_path):
    for name, data in (("empty.txt", b"\n# only a note\n"), ("photo.jpg", b"\xff\xd8\xff\xe0")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=f"{name}.*got"):
            read_bank(str(tmp_path / name))
    with pytest.raises(ValueError, match="one phrase per line at .*nowhere"):
        make_proposer(f"bank:{tmp_path}/nowhere", encoder=Words())


def test_a_bank_wants_an_encoder_and_sensible_numbers():
    with pytest.raises(ValueError, match="Expected an encoder for the proposer 'bank'"):
        make_proposer("bank")
    for options in ({"n": 0}, {"max_similarity": 0}, {"max_similarity": 1.5}):
        with pytest.raises(ValueError, match="n >= 1 and 0 < max_similarity"):
            make_proposer({"name": "bank", **options}, encoder=Words())


def test_a_bank_is_embedded_once_and_then_read(cache, tmp_path):
    first = Words()
    made = bank_vectors(first, LINES)
    assert [len(texts) for texts in first.asked] == [len(LINES)]
    second = Words()
    assert (bank_vectors(second, LINES) == made).all()
    assert sum(map(len, second.asked)) <= 3  # a look whether it still holds
    assert np.abs(made - first.encode_texts(LINES)).max() < 1e-3
    assert np.linalg.norm(made, axis=1) == pytest.approx(1)
    assert [one.suffix for one in cache.iterdir()] == [".npz"] and cache_folder() == cache
    bank_vectors(Words(), LINES[:-1])
    named = Words()
    named.parameters = {"weights": "other"}
    bank_vectors(named, LINES)
    assert len(list(cache.iterdir())) == 3
    bank_vectors(Words(), LINES, tmp_path / "elsewhere")
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"",
                                    lambda data: b"not an archive",
                                    lambda data: data[:90] + b"\0" * 40 + data[130:]],
                         ids=["cut", "empty", "text", "overwritten"])  # fmt: skip
def test_a_damaged_file_is_made_again(cache, damage):
    made = bank_vectors(Words(), LINES)
    (path,) = cache.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    again = Words()
    assert (bank_vectors(again, LINES) == made).all()
    assert max(map(len, again.asked)) == len(LINES)
    third = Words()
    bank_vectors(third, LINES)
    assert max(map(len, third.asked)) <= 3


def test_an_encoder_that_changed_under_its_name_is_noticed():
    bank_vectors(Words(), LINES)
    other = Words("cat dog grass snow tree")  # the same name, other directions
    assert np.abs(bank_vectors(other, LINES) - other.encode_texts(LINES)).max() < 1e-3
    wider = Words("dog cat snow grass tree car")
    assert bank_vectors(wider, LINES).shape == (len(LINES), 6)


def test_a_folder_that_can_not_be_written_costs_only_time(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "below"
    assert bank_vectors(Words(), LINES, folder).shape == (len(LINES), 5)
    assert "can't be kept" in caplog.text


def test_a_relative_cache_home_is_none(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder().is_absolute() and ".cache" in cache_folder().parts


def test_writers_at_the_same_time_leave_one_whole_file(cache):
    together = threading.Barrier(6)

    def make(_):
        together.wait(timeout=30)
        return bank_vectors(Words(), LINES)

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(make, range(6)))
    assert all((one == made[0]).all() for one in made)
    assert [one.suffix for one in cache.iterdir()] == [".npz"]


def test_rounds_at_the_same_time_embed_the_bank_once(tmp_path):
    encoder = Words()
    bank = BankProposer(encoder, bank_file(tmp_path, *LINES))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: bank.propose(SNOWY_DOGS, GRASSY_DOGS), range(6)))
    assert len(encoder.asked) == 1


def test_an_encoder_that_answers_nonsense_leaves_no_file(cache, tmp_path):
    class Broken(Words):
        def encode_texts(self, texts):
            return np.full((len(texts), 5), np.nan)

    with pytest.raises(ModelError, match="finite text embeddings"):
        bank_vectors(Broken(), LINES)
    assert not cache.exists() or os.listdir(cache) == []


def test_colors_out_of_the_built_in_bank():
    red, blue = pictures(20, 0.8, 0.2, 0.2), pictures(20, 0.2, 0.2, 0.8)
    found = make_proposer("bank", encoder=ColorEncoder()).propose(red, blue).proposals
    assert "red" in found[0] and not any("blue" in item or "green" in item for item in found)
