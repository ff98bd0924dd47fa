"""JSON lines as text columns: the objects of a list somewhere in each line become rows; runs on executors.

pyarrow reads whole blocks against the paths that are declared and passes over the rest. A line that it cannot read is found by
halving the block, and is set aside alone: ``JSON`` where it is no object, ``SHAPE`` where a value is of another kind than declared.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from docketlink.sources.kernel_spec import ColumnSpec, FileSpec

Longs = npt.NDArray[np.int64]

LINE = "$line"  # as config.nested
_KINDS = {"text": pa.string(), "number": pa.float64(), "truth": pa.bool_()}


@dataclass
class JsonRecords:
    """The rows of consecutive lines: a text column each, f0, f1, …, all NULL for a line that cannot be read, which is one row."""

    table: pa.Table
    line: Longs  # position of each row's line in ``lines``
    unread: dict[str, Longs]  # rule to rows
    lines: list[bytes]


def read_json(blocks: Iterator[bytes], spec: FileSpec) -> Iterator[JsonRecords]:
    """The rows of every line, in order."""
    schema, rest, done = _schema(spec), b"", 0
    for block in blocks:
        whole, line_end, rest = (rest + block).rpartition(b"\n")
        if line_end:
            lines = whole.split(b"\n")
            yield _records(lines, schema, spec, done)
            done += len(lines)
    if rest:
        yield _records([rest], schema, spec, done)


def _records(lines: list[bytes], schema: pa.Schema, spec: FileSpec, done: int) -> JsonRecords:
    faults = {place: rule for place, line in enumerate(lines) if (rule := _fault_at_sight(line))} if _any_doubt(lines) else {}
    good = [place for place in range(len(lines)) if place not in faults]
    tables: list[pa.Table] = []
    unreadable: list[int] = []
    _read([lines[place] for place in good], 0, schema, tables, unreadable)
    for place in reversed(unreadable):
        at = good.pop(place)
        faults[at] = "SHAPE" if _is_object(lines[at]) else "JSON"
    columns, row = _columns(tables, spec, np.array(good, np.int64), done)
    bad = np.array(sorted(faults), np.int64)
    line = np.concatenate([np.array(good, np.int64)[row], bad])
    order = np.argsort(line, kind="stable")
    if len(bad):
        columns = [pa.concat_arrays([column, pa.nulls(len(bad), pa.string())]).take(pa.array(order)) for column in columns]
    place_of = np.empty(len(order), np.int64)
    place_of[order] = np.arange(len(order))
    rows_of = place_of[len(row) :]
    unread = {
        rule: np.array([r for r, at in zip(rows_of, bad, strict=True) if faults[at] == rule], np.int64) for rule in {*faults.values()}
    }
    return JsonRecords(pa.table(columns, [f"f{i}" for i in range(len(columns))]), line[order], unread, lines)


def _any_doubt(lines: list[bytes]) -> bool:
    """Whether some line may not be one object in sound UTF-8; a glance at the block spares most lines the look."""
    try:
        b"\n".join(lines).decode()
    except UnicodeDecodeError:
        return True
    return not all(line[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines)


def _fault_at_sight(line: bytes) -> str | None:
    """Lines that pyarrow would pass over, join with the next one or read though they are no text."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return "ENCODING"
    trimmed = line.strip(b" \t\r")
    return None if trimmed[:1] == b"{" and trimmed[-1:] == b"}" else "JSON"


def _read(lines: list[bytes], start: int, schema: pa.Schema, tables: list[pa.Table], unreadable: list[int]) -> None:
    """Appends the tables of the readable lines, in order, and the places of the others."""
    if not lines:
        return
    text = b"\n".join(lines)
    try:
        table = arrow_json.read_json(
            pa.BufferReader(text),
            arrow_json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore", newlines_in_values=False),
        )
        if table.num_rows == len(lines):  # more: a line holds two objects
            tables.append(table)
            return
    except pa.ArrowInvalid:
        pass
    if len(lines) == 1:
        unreadable.append(start)
        return
    half = len(lines) // 2
    _read(lines[:half], start, schema, tables, unreadable)
    _read(lines[half:], start + half, schema, tables, unreadable)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _steps(path: str) -> list[str]:
    return path.split(".") if path else []


def _schema(spec: FileSpec) -> pa.Schema:
    """What pyarrow is to look for: a tree of the declared paths."""
    tree: dict[str, Any] = {}
    for column in spec.columns:
        if column.header != LINE:
            *outer, leaf = _absolute(column, spec)
            branch = tree
            for step in outer:
                branch = branch.setdefault(step, {})
            branch[leaf] = _KINDS[column.json_kind]
    branch = tree
    for step in _steps(spec.rows):
        branch = branch.setdefault(step, {})
    return pa.schema(_fields(tree))


def _fields(tree: dict[str, Any]) -> list[pa.Field]:
    fields = []
    for step, below in tree.items():
        kind = pa.struct(_fields(below)) if isinstance(below, dict) else below
        fields.append(pa.field(step.removesuffix("[]"), pa.list_(kind) if step.endswith("[]") else kind))
    return fields


def _absolute(column: ColumnSpec, spec: FileSpec) -> list[str]:
    return _steps(column.header[1:]) if column.header.startswith("/") else _steps(spec.rows) + _steps(column.header)


@dataclass
class _Level:
    """The objects of one list on the way to the rows, and for each row which of them it lies in."""

    steps: list[str]
    objects: Any
    of_row: Longs


def _levels(root: Any, spec: FileSpec) -> list[_Level]:
    levels, walked, current = [_Level([], root, np.arange(len(root)))], list[str](), root
    for step in _steps(spec.rows):
        walked = [*walked, step]
        current = pc.struct_field(current, step.removesuffix("[]"))
        if step.endswith("[]"):
            parent = pc.list_parent_indices(current).to_numpy().astype(np.int64)
            current = pc.list_flatten(current)
            levels = [_Level(level.steps, level.objects, level.of_row[parent]) for level in levels]
            levels.append(_Level(walked, current, np.arange(len(parent))))
    return levels


def _columns(tables: list[pa.Table], spec: FileSpec, line: Longs, done: int) -> tuple[list[Any], Longs]:
    """A text array for each column, and for each row the position of its line among the readable ones."""
    if not tables:
        return [pa.array([], pa.string()) for _ in spec.columns], np.array([], np.int64)
    batch = pa.concat_tables(tables).combine_chunks().to_batches()[0] if sum(t.num_rows for t in tables) else None
    assert batch is not None  # noqa: S101 - a table here has a row
    levels = _levels(pa.StructArray.from_arrays(batch.columns, fields=list(batch.schema)), spec)
    row = levels[0].of_row
    numbered = pa.array(line[row] + done + 1).cast(pa.string())
    return [numbered if c.header == LINE else _values(c, levels, spec) for c in spec.columns], row


def _values(column: ColumnSpec, levels: list[_Level], spec: FileSpec) -> Any:
    steps = _absolute(column, spec)
    level = max((each for each in levels if steps[: len(each.steps)] == each.steps), key=lambda each: len(each.steps))
    values, owner = level.objects, None
    for step in steps[len(level.steps) :]:
        values = pc.struct_field(values, step.removesuffix("[]"))
        if step.endswith("[]"):
            parent = pc.list_parent_indices(values).to_numpy().astype(np.int64)
            values, owner = pc.list_flatten(values), parent if owner is None else owner[parent]
    text = values.cast(pa.string())
    if owner is not None:
        text = _of_several(text, owner, len(level.objects), column.several)
    identity = level is levels[-1]
    return text if identity else text.take(pa.array(level.of_row))


def _of_several(text: Any, owner: Longs, size: int, which: str) -> Any:
    """One text for each of ``size`` objects: the largest or smallest of those that it owns, NULL for none."""
    kind = "max" if which == "largest" else "min"
    found = pa.table({"owner": pa.array(owner), "text": text}).group_by("owner", use_threads=False).aggregate([("text", kind)])
    place = np.full(size, -1, np.int64)
    place[found["owner"].to_numpy()] = np.arange(found.num_rows)
    return found[f"text_{kind}"].combine_chunks().take(pa.array(place, mask=place < 0))
