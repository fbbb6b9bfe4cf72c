"""Labels as words and numbers; works on raw documents, so it needs no FiftyOne."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..storable import storable

#: where a label document keeps the list of its parts
LISTS = ("detections", "classifications", "polylines", "keypoints")


def label_names(value: Any) -> list[str] | None:
    """Returns the class names in a stored value, repeats kept; None where there is no value.

    Args:
        value: a string, a list of strings (tags), or a label document as MongoDB holds it:
            Classification(s), Detection(s), Polyline(s), Keypoint(s), TemporalDetection(s)

    Raises:
        TypeError: if the value holds no words (numbers, masks, vectors, ...)
    """
    if value is None:
        return None
    if isinstance(value, str):
        name = storable(value).strip()
        return [name] if name else []
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [name for item in value for name in (label_names(item) or [])]
    if isinstance(value, Mapping):
        for key in LISTS:
            if isinstance(value.get(key), list):
                return label_names(value[key])
        if "label" in value:
            return label_names(value["label"])
        if str(value.get("_cls", "")) in _WORDLESS_WHEN_EMPTY:
            return []
    raise TypeError(f"Expected text or labels with class names, got {_kind(value)}.")


def label_words(value: Any) -> str | None:
    """Returns a stored value as a phrase: text unchanged, objects counted, most frequent first.

    ``"2 dogs, 1 person"`` for objects, ``"night, rain"`` for tags and classes, ``""`` for labels
    without any part, None where there is no value.

    Raises:
        TypeError: as `label_names`
    """
    names = label_names(value)
    if names is None or isinstance(value, str):
        return names if names is None else "".join(names)
    if not _counts_objects(value):
        return ", ".join(dict.fromkeys(names))
    counted = sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{n} {name if n == 1 else plural(name)}" for name, n in counted)


def object_numbers(value: Any) -> tuple[float, float]:
    """Returns the number of labeled objects and their mean share of the image's area.

    Args:
        value: Detections or Polylines as MongoDB holds them; boxes are
            ``[left, top, width, height]`` in [0, 1]

    Returns:
        ``(count, mean area in [0, 1])``; the area is NaN without boxes, both where value is None
    """
    if value is None:
        return math.nan, math.nan
    objects = []
    if isinstance(value, Mapping):
        if str(value.get("_cls")) in ("Detection", "Polyline", "Keypoint"):
            objects = [value]
        for key in ("detections", "polylines", "keypoints"):
            objects = value.get(key) or objects
    boxes = [box for item in objects if (box := item.get("bounding_box")) and len(box) == 4]
    areas = [float(box[2]) * float(box[3]) for box in boxes]
    return float(len(objects)), sum(areas) / len(areas) if areas else math.nan


def plural(noun: str) -> str:
    """Returns an English plural that is good enough for captions."""
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith(("ss", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("s"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


_IRREGULAR = {"person": "people", "man": "men", "woman": "women", "child": "children"}

#: label documents that may hold no label, which says nothing rather than something else
_WORDLESS_WHEN_EMPTY = (
    "Classification",
    "Classifications",
    "Detection",
    "Detections",
    "Polyline",
    "Polylines",
    "Keypoint",
    "Keypoints",
    "TemporalDetection",
    "TemporalDetections",
)


def _counts_objects(value: Any) -> bool:
    return isinstance(value, Mapping) and any(
        key in value for key in ("detections", "polylines", "keypoints")
    )


def _kind(value: Any) -> str:
    if isinstance(value, Mapping) and "_cls" in value:
        return str(value["_cls"])
    return type(value).__name__
