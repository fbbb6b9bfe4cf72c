"""Inflating with libdeflate gives what zlib gives, and leaves to zlib what is damaged."""

import io
import sys
import zlib

import numpy as np
import pytest

from visdiff_plugin.mongo.vector_bytes import decode_vectors, encode_vector

VECTORS = np.random.default_rng(0).normal(size=(40, 64)).astype(np.float32)


def compressed(vector):
    with io.BytesIO() as buffer:
        np.save(buffer, vector)
        return zlib.compress(buffer.getvalue())


@pytest.fixture(params=["libdeflate", "zlib"], autouse=True)
def inflate(request, monkeypatch):
    if request.param == "libdeflate":
        pytest.importorskip("deflate", reason="the extra 'fast' is not installed")
    else:
        monkeypatch.setitem(sys.modules, "deflate", None)


@pytest.mark.parametrize("encode", [compressed, encode_vector])
def test_all_bits_are_as_they_were(encode):
    vectors = VECTORS.copy()
    vectors[3, :4] = np.nan, np.inf, -0.0, np.float32(1e-45)
    read = decode_vectors([encode(vector) for vector in vectors])
    assert read.dtype == np.float32 and read.tobytes() == vectors.tobytes()


@pytest.mark.parametrize("sizes", [(64, 32), (32, 64), (64, 65)])
def test_vectors_of_several_sizes_are_read_one_by_one(sizes):
    wanted = [np.arange(size, dtype=np.float32) for size in sizes]
    for decode_vector, other in zip(
        decode_vectors([compressed(one) for one in wanted]), wanted, strict=True
    ):
        assert np.array_equal(decode_vector, other)


@pytest.mark.parametrize("place", [0, 1, 39])
@pytest.mark.parametrize("damage", ["cut", "sum", "inside", "empty", "other"])
def test_what_is_damaged_is_an_error_of_zlib(place, damage):
    values = [compressed(one) for one in VECTORS]
    whole = values[place]
    values[place] = {
        "cut": whole[:-2],
        "sum": whole[:-1] + bytes([whole[-1] ^ 1]),
        "inside": whole[:80] + bytes([whole[80] ^ 255]) + whole[81:],
        "empty": b"",
        "other": b"no zlib",
    }[damage]
    with pytest.raises(zlib.error):
        decode_vectors(values)


def test_an_empty_value_between_vectors_is_no_vector():
    with pytest.raises(EOFError):
        decode_vectors([compressed(VECTORS[0]), zlib.compress(b"")])
