"""JSON written column by column: arrays of texts that are JSON values, joined into objects and lists without a loop over records."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.synthetic.draws import Flags, Ints, Texts


def quoted(values: Texts | pa.Array) -> pa.Array:
    """JSON strings; an empty text is ``null``. Control characters, which no system here writes, must not occur."""
    text = values if isinstance(values, pa.Array) else pa.array(values.tolist(), pa.string())
    for mark in ("\\", '"'):
        if pc.any(pc.match_substring(text, mark)).as_py():
            text = pc.replace_substring(text, mark, f"\\{mark}")
    return pc.if_else(pc.equal(text, ""), "null", pc.binary_join_element_wise('"', text, '"', ""))


def truths(values: Flags) -> pa.Array:
    """``true`` or ``false``."""
    return pc.if_else(pa.array(values), "true", "false")


def figures(values: Ints) -> pa.Array:
    """Whole numbers."""
    return pa.array(values).cast(pa.string())


def objects(members: Mapping[str, pa.Array | str]) -> pa.Array:
    """JSON objects with these members in this order; a plain text is the same value in all of them."""
    parts: list[Any] = []
    for place, (name, values) in enumerate(members.items()):
        parts += [f'{"," if place else "{"}"{name}":', values]
    return pc.binary_join_element_wise(*parts, "}", "")


def lists(items: pa.Array, counts: Ints) -> pa.Array:
    """JSON lists of the next ``counts[i]`` items each."""
    offsets = pa.array(np.r_[0, np.cumsum(counts)].astype(np.int32))
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, items), ",")
    return pc.binary_join_element_wise("[", joined, "]", "")


def where(told: Flags, values: pa.Array) -> pa.Array:
    """``values``, or ``null`` where not told."""
    return pc.if_else(pa.array(told), values, "null")
