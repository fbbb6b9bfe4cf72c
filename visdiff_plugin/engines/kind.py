"""A kind of value that is computed once and stored on the samples."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: embedded document whose strings say what each stored value was made from
KEYS_FIELD = "visdiff_keys"


@dataclass(frozen=True)
class Kind:
    """One kind of stored value.

    Args:
        noun: for progress and counts, e.g. ``"captions"``
        field: the sample field
        producer: name of the model or measurement
        parameters: JSON-safe settings that change the value
        encode: value -> what MongoDB stores
        decode: the reverse
        soiled (None): what MongoDB holds -> whether it is to be made anew, though its key is valid
    """

    noun: str
    field: str
    producer: str
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    encode: Callable[[Any], Any] = lambda value: value
    decode: Callable[[Any], Any] = lambda value: value
    soiled: Callable[[Any], bool] | None = None

    @property
    def key_path(self) -> str:
        """Where the key of a sample's value is stored."""
        return f"{KEYS_FIELD}.{self.field}"

    @functools.cached_property
    def _made_by(self) -> str:
        return json.dumps([self.producer, self.parameters], sort_keys=True, default=str)

    def key(self, stamp: str) -> str:
        """Returns the key of a value made from a file with this stamp by this producer."""
        return hashlib.blake2b(f"{stamp}\0{self._made_by}".encode(), digest_size=8).hexdigest()
