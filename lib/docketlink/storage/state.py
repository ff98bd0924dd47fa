"""What a table holds, as its newest commit says: rows, content hash and input hash of each slice."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

from pyspark.sql.types import DataType, DateType, IntegerType, LongType, StringType

from docketlink.contracts import Table
from docketlink.contracts.ddl import quoted_name, quoted_text
from docketlink.errors import ContractError, StorageError

_LITERALS: Mapping[type[DataType], type] = {StringType: str, DateType: date, IntegerType: int, LongType: int}


@dataclass(frozen=True)
class Stamp:
    """Who writes, and from what: ``input_hash`` covers everything that can change the rows."""

    run_id: str
    job: str
    input_hash: str


@dataclass(frozen=True)
class Slice:
    """The part of a table that one write replaces: some partition columns with their values; all of it when none."""

    where: Mapping[str, str]
    predicate: str = ""

    @classmethod
    def of(cls, table: Table, where: Mapping[str, str | int | date] | None) -> Self:
        """The slice of ``table`` where its partition columns have these values. Raises ContractError for other columns or types."""
        given = where or {}
        types = {f.name: f.type for f in table.fields}
        faults = [f"'{column}' does not partition the table" for column in given if column not in table.partitioned_by]
        for column in table.partitioned_by:
            if column in given and type(given[column]) is not _LITERALS.get(type(types[column])):
                faults.append(f"'{column}' is {types[column].simpleString()}, the slice gives {type(given[column]).__name__}")
        if faults:
            raise ContractError(table.full_name, faults, next_step="name the slice by partition columns and values of their types.")
        ordered = {column: given[column] for column in table.partitioned_by if column in given}
        predicate = " AND ".join(f"{quoted_name(column)} = {_literal(value)}" for column, value in ordered.items())
        return cls({column: str(value) for column, value in ordered.items()}, predicate)

    @classmethod
    def named(cls, name: str) -> Self:
        """The slice of a name in a commit."""
        pairs = (part.split("=", 1) for part in name.split("/") if part)
        return cls({column: _unescaped(value) for column, value in pairs})

    @property
    def name(self) -> str:
        """``a=b/c=d`` in the order of the partition columns; empty for the whole table."""
        return "/".join(f"{column}={_escaped(value)}" for column, value in self.where.items())

    def contains(self, other: "Slice") -> bool:
        """Whether every row of ``other`` lies in this slice."""
        return self.where.items() <= other.where.items()

    def meets(self, other: "Slice") -> bool:
        """Whether a row may lie in both."""
        return all(self.where[column] == other.where[column] for column in self.where.keys() & other.where.keys())


@dataclass(frozen=True)
class SliceState:
    """Rows and content hash of a slice, and the hash of the inputs they came from."""

    rows: int
    content_hash: str
    input_hash: str


@dataclass(frozen=True)
class TableState:
    """A table as of its newest version. ``revision`` counts docketlink's own commits to it that changed data."""

    delta_version: int
    revision: int = 0
    rows: int = 0
    content_hash: str = "0"
    slices: Mapping[str, SliceState] = field(default_factory=dict)

    def within(self, part: Slice) -> SliceState | None:
        """What ``part`` holds: the sum of the recorded slices that lie in it, or None when there are none."""
        inside = [state for name, state in self.slices.items() if part.contains(Slice.named(name))]
        if not inside:
            return None
        exact = self.slices.get(part.name)
        return SliceState(sum(s.rows for s in inside), _sum(inside), exact.input_hash if exact else "")

    def replaced(self, table: Table, part: Slice, new: SliceState) -> "TableState":
        """The state one version later, when ``part`` holds ``new``.

        Raises StorageError when a recorded slice reaches into ``part`` and beyond it: its remaining rows would be unknown.
        """
        kept = {name: state for name, state in self.slices.items() if not part.contains(Slice.named(name))}
        if astride := [name for name, state in kept.items() if state.rows and part.meets(Slice.named(name))]:
            raise StorageError(
                f"{table}: slice '{part.name}' cuts through '{astride[0] or 'the whole table'}', which was written as one.",
                next_step="replace the table as a whole, or by slices of one depth.",
            )
        kept = {name: state for name, state in kept.items() if not part.meets(Slice.named(name))}
        slices = dict(sorted({**kept, part.name: new}.items()))
        rows = sum(state.rows for state in slices.values())
        return TableState(self.delta_version + 1, self.revision + 1, rows, _sum(slices.values()), slices)

    def without(self, part: Slice) -> "TableState":
        """The state one version later, when ``part`` and its recorded slices are gone."""
        slices = {name: state for name, state in self.slices.items() if not part.contains(Slice.named(name))}
        rows = sum(state.rows for state in slices.values())
        return TableState(self.delta_version + 1, self.revision + 1, rows, _sum(slices.values()), slices)

    def added(self, table: Table, rows: int, content_hash: str, input_hash: str) -> "TableState":
        """The state one version later, with these rows beside what is there. Raises StorageError for a table written by slices."""
        if sliced := [name for name, state in self.slices.items() if name and state.rows]:
            raise StorageError(
                f"{table}: rows are added to a table that was written by slices ('{sliced[0]}').",
                next_step="replace the slice that the rows belong to.",
            )
        total = str(int(self.content_hash) + int(content_hash))
        return self.replaced(table, Slice({}), SliceState(self.rows + rows, total, input_hash))


@dataclass(frozen=True)
class Written:
    """What a write left: version and revision of the table; rows and content hash of the slice, and the hash of what it replaced."""

    table: Table
    slice: str
    delta_version: int
    revision: int
    rows: int
    content_hash: str
    changed: bool
    replaced_hash: str | None = None


@dataclass(frozen=True)
class Commit:
    """One version of a table. What docketlink writes into its own commits is None in those of others."""

    version: int
    timestamp: datetime
    operation: str
    run_id: str | None = None
    job: str | None = None
    slice: str | None = None
    input_hash: str | None = None
    content_hash: str | None = None
    rows: int | None = None


def encoded(stamp: Stamp, part: Slice, state: TableState, replaced: SliceState | None = None) -> str:
    """``userMetadata`` of a commit: who wrote what in place of what, and the state that it leaves; nothing about people."""
    return json.dumps(
        {
            **({"replaced": [replaced.rows, replaced.content_hash, replaced.input_hash]} if replaced else {}),
            "docketlink": 1,
            "run": stamp.run_id,
            "job": stamp.job,
            "slice": part.name,
            "input_hash": stamp.input_hash,
            "content_hash": state.content_hash,
            "rows": state.rows,
            "revision": state.revision,
            "slices": {name: [s.rows, s.content_hash, s.input_hash] for name, s in state.slices.items()},
        },
        separators=(",", ":"),
    )


def decoded(user_metadata: str | None) -> dict[str, Any] | None:
    """What ``encoded`` wrote, or None for the commit of another writer."""
    try:
        metadata = json.loads(user_metadata or "")
    except ValueError:
        return None
    return metadata if isinstance(metadata, dict) and metadata.get("docketlink") == 1 else None


def state_of(metadata: Mapping[str, Any], delta_version: int) -> TableState:
    """The state that a commit's metadata describe, at ``delta_version``."""
    slices = {name: SliceState(rows, content, inputs) for name, (rows, content, inputs) in metadata["slices"].items()}
    return TableState(delta_version, metadata["revision"], metadata["rows"], metadata["content_hash"], slices)


def _sum(states: Iterable[SliceState]) -> str:
    return str(sum(int(state.content_hash) for state in states))


def _literal(value: str | int | date) -> str:
    if isinstance(value, date):
        return f"DATE'{value.isoformat()}'"
    return str(value) if isinstance(value, int) else quoted_text(value)


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("/", "%2F").replace("=", "%3D")


def _unescaped(value: str) -> str:
    return value.replace("%2F", "/").replace("%3D", "=").replace("%25", "%")
