"""Bytes that are built with numpy are those that MongoDB's own encoder makes."""

import zlib

import bson
import numpy as np
import pytest
from bson import ObjectId

from visdiff_plugin.mongo.document_bytes import (
    among,
    constant,
    document,
    either,
    number,
    pack_ids,
    read_alike,
    text_elements,
    unpack_ids,
    updates,
    vector_elements,
)
from visdiff_plugin.mongo.vector_bytes import encode_vector

IDS = [str(ObjectId()) for _ in range(1_203)]
VECTORS = np.random.default_rng(0).normal(size=(40, 16)).astype(np.float32)


def stored(vectors=VECTORS, encode=encode_vector):
    return [bson.encode({"_id": ObjectId(one), "v": encode(vector)})
            for one, vector in zip(IDS, vectors, strict=False)]  # fmt: skip


def test_ids():
    packed = pack_ids(IDS)
    assert packed.shape == (1_203,) and packed[7] == ObjectId(IDS[7]).binary
    assert unpack_ids(b"".join(bson.encode({"_id": ObjectId(one)}) for one in IDS)) == IDS
    assert pack_ids([]).shape == (0,) and unpack_ids(b"") == []
    with pytest.raises(ValueError, match="24 hexadecimal digits"):
        pack_ids([IDS[0], "ab"])


@pytest.mark.parametrize("n", [0, 1, 10, 11, 100, 101, 1_203])
def test_a_query_for_ids(n):
    wanted = {"_id": {"$in": [ObjectId(one) for one in IDS[:n]]}}
    assert among(pack_ids(IDS[:n])) == bson.encode(wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_updates_of_vectors(dtype):
    vectors = VECTORS.astype(dtype)
    found = list(
        updates(pack_ids(IDS[:40]), [*vector_elements("a.v", vectors), constant({"x": 1})])
    )
    assert found == [
        bson.encode({"q": {"_id": ObjectId(one)},
                     "u": {"$set": {"a.v": encode_vector(vector), "x": 1}}})
        for one, vector in zip(IDS, vectors, strict=False)
    ]  # fmt: skip


def test_updates_of_numbers():
    values = VECTORS[:, :2]
    inside = [constant({"_cls": "D"}), *number("one", values[:, 0]), *number("zwölf", values[:, 1])]
    found = list(updates(pack_ids(IDS[:40]), document("run", inside)))
    assert found == [
        bson.encode({"q": {"_id": ObjectId(one)},
                     "u": {"$set": {"run": {"_cls": "D", "one": x, "zwölf": y}}}})
        for one, (x, y) in zip(IDS, values.tolist(), strict=False)
    ]  # fmt: skip


def test_updates_on_a_condition_and_of_texts():
    texts = [f"{row:016x}" for row in range(40)]
    conditions = either(document("k.v", text_elements("$ne", texts)), [constant({"v": None})])
    found = list(updates(pack_ids(IDS[:40]), text_elements("k.v", texts), conditions))
    assert found == [
        bson.encode({"q": {"_id": ObjectId(one), "$or": [{"k.v": {"$ne": text}}, {"v": None}]},
                     "u": {"$set": {"k.v": text}}})
        for one, text in zip(IDS, texts, strict=False)
    ]  # fmt: skip
    assert text_elements("k", ["ab", "c"]) is None
    assert text_elements("k", ["ä", "ö"]) is None


def test_vectors_of_one_layout_are_read_together():
    ids, vectors = read_alike(b"".join(stored()), "v")
    assert ids.tolist() == pack_ids(IDS[:40]).tolist()
    assert vectors.dtype == np.float32 and np.array_equal(vectors, VECTORS)
    ids, vectors = read_alike(b"".join(stored(VECTORS.astype(np.float64))), "v")
    assert vectors.dtype == np.float64 and np.array_equal(vectors, VECTORS)
    assert vector_elements("v", np.zeros((2, 20_000), np.float32)) is None


def changed(at, value):
    batch = bytearray(b"".join(stored()))
    batch[at] = value
    return bytes(batch)


@pytest.mark.parametrize(
    "batch",
    [
        b"",
        b"".join(stored(encode=lambda x: zlib.compress(x.tobytes()))),
        b"".join(stored(encode=lambda x: x.tolist())),
        b"".join(stored()[:3] + stored(VECTORS[:, :8])[3:6]),
        b"".join(stored()[:3] + [bson.encode({"_id": ObjectId(IDS[3])})]),
        b"".join(stored(np.zeros((4, 2, 2), np.float32))),
        changed(-8, 77),  # the checksum of the last
        changed(len(stored()[0]) + 200, 77),  # a number of the second
        changed(len(stored()[0]) + 50, 77),  # a header of the second
    ],
    ids=["none", "no array", "lists", "two sizes", "one lacks", "matrices", "sum", "value", "head"],
)
def test_whatever_else_there_is_is_left_to_the_slow_way(batch):
    assert read_alike(batch, "v") is None
    assert read_alike(b"".join(stored()), "w") is None


def test_a_damaged_value_is_no_data():
    with pytest.raises(zlib.error):
        zlib.decompress(bson.decode(changed(200, 77)[: len(stored()[0])])["v"])
