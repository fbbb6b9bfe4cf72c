"""Stored labels as words and numbers, in the form in which MongoDB holds them."""

import math

import pytest

from visdiff_plugin.dataset.labels import label_names, label_words, object_numbers, plural


def detections(*labels, box=(0, 0, 0.5, 0.5)):
    return {
        "_cls": "Detections",
        "detections": [
            {"_cls": "Detection", "label": label, "bounding_box": list(box)} for label in labels
        ],
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, None),
        (" a dog ", "a dog"),
        (["night", "rain"], "night, rain"),
        ([], ""),
        ({"_cls": "Classification", "label": "dung beetle", "confidence": 0.5}, "dung beetle"),
        ({"_cls": "Classification", "label": None}, None),
        (
            {"_cls": "Classifications", "classifications": [{"label": "a"}, {"label": "b"}]},
            "a, b",
        ),
        (detections("dog", "person", "dog"), "2 dogs, 1 person"),
        (detections("person", "person"), "2 people"),
        (detections(), ""),
        ({"_cls": "Keypoints", "keypoints": [{"label": "eye"}]}, "1 eye"),
        ({"_cls": "Detections"}, ""),
    ],
)
def test_words(value, words):
    assert label_words(value) == words


@pytest.mark.parametrize("value", [3.5, True, b"xx", {"_cls": "Segmentation", "mask": b""}, {}])
def test_what_holds_no_words_is_refused(value):
    with pytest.raises(TypeError, match="Expected text or labels"):
        label_words(value)


def test_names_keep_repeats():
    assert label_names(detections("dog", "dog")) == ["dog", "dog"]


def test_object_numbers():
    assert object_numbers(detections("a", "b")) == (2.0, 0.25)
    count, area = object_numbers(detections())
    assert count == 0 and math.isnan(area)
    assert all(math.isnan(object_number) for object_number in object_numbers(None))


@pytest.mark.parametrize(
    ("one", "many"), [("dog", "dogs"), ("bus", "bus"), ("glass", "glasses"), ("berry", "berries")]
)
def test_plural(one, many):
    assert plural(one) == many
