"""Which images are one file, by path and content."""

import os

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from visdiff_plugin.dataset.copies import same_files


def written(folder, contents):
    paths = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.bin"
        path.write_bytes(content)
        paths.append(str(path))
    return paths, [len(content) for content in contents]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([b"", b"x", b"y", b"xy", b"z" * 5000, b"z" * 4999 + b"a"])))
def test_images_are_one_file_exactly_where_their_bytes_are(tmp_path_factory, contents):
    paths, sizes = written(tmp_path_factory.mktemp("files"), contents)
    codes, by_content = same_files(paths, sizes)
    assert by_content
    for row, content in enumerate(contents):
        assert codes[row] == contents.index(content)


def test_one_path_is_one_file_however_often_it_stands_there(tmp_path):
    paths, sizes = written(tmp_path, [b"one", b"two", b"one"])
    rows = [0, 1, 0, 2, 1]
    codes, _ = same_files([paths[row] for row in rows], [sizes[row] for row in rows])
    assert codes.tolist() == [0, 1, 0, 0, 1]


def test_beyond_a_limit_paths_alone_are_compared(tmp_path):
    paths, sizes = written(tmp_path, [b"same", b"same", b"different"])
    codes, by_content = same_files([*paths, paths[0]], [*sizes, sizes[0]], most_read=1)
    assert not by_content and codes.tolist() == [0, 1, 2, 0]


def test_a_file_that_is_gone_is_a_copy_of_none(tmp_path):
    paths, sizes = written(tmp_path, [b"same", b"same", b"same"])
    os.remove(paths[1])
    assert same_files(paths, sizes)[0].tolist() == [0, 1, 0]
    assert same_files([], [])[0].dtype == np.arange(0).dtype
