"""How tables of one source lean on one another beyond ``belongs_to``: rows superseded, columns taken along, JSON of several tables."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from docketlink.config.base import Frozen

if TYPE_CHECKING:
    from docketlink.config.table import TableConfig

LINE = "$line"  # header of the column that holds the number of a JSON line in its file
_STEP = r"[A-Za-z_][A-Za-z0-9_]*(?:\[\])?"
_PATH = re.compile(rf"/?{_STEP}(?:\.{_STEP})*")


class Latest(Frozen):
    """Of rows alike in ``per`` only the one with the largest ``by`` stands, of equals the one that arrived last.

    With ``among``, a table of whole JSON lines, all rows of the line stand that is the latest one there: a line supersedes
    others even where it has no row in this table.
    """

    per: tuple[str, ...] = Field(min_length=1)
    by: tuple[str, ...] = ()
    among: str | None = None


class Taken(Frozen):
    """Columns of the one row of ``table`` whose native key this row names: each ``on`` pair is own column to its column."""

    table: str
    on: dict[str, str] = Field(min_length=1)
    columns: tuple[str, ...] = Field(min_length=1)


def json_faults(name: str, table: "TableConfig") -> Iterator[str]:
    """What is wrong with the paths of a table, or with its having any."""
    if table.format.kind != "jsonl":
        if table.rows or table.folder or any(c.json_kind != "text" or c.several != "largest" for c in table.columns.values()):
            yield f"table {name}: rows, folder, json_kind and several are for tables of kind jsonl"
        return
    if table.format.encoding not in ("utf-8", "utf-8-sig"):
        yield f"table {name}: JSON is written in utf-8"
    if table.rows and not (_PATH.fullmatch(table.rows) and table.rows.endswith("[]") and not table.rows.startswith("/")):
        yield f"table {name}: rows '{table.rows}' is no path to a list, as hearing.cases[].people[]"
    for column, said in table.columns.items():
        path = said.header or column
        if path != LINE and not (_PATH.fullmatch(path) and not path.endswith("[]")):
            yield f"table {name}: '{path}' is no path to a value, as person.name or /hearing.id"


def folder_faults(tables: Mapping[str, "TableConfig"]) -> Iterator[str]:
    """Tables that read one landing folder differently."""
    formats: dict[str, object] = {}
    for name, table in tables.items():
        if formats.setdefault(table.folder or name, table.format) != table.format:
            yield f"table {name}: the tables of folder '{table.folder}' differ in their format"


def latest_faults(name: str, tables: Mapping[str, "TableConfig"]) -> Iterator[str]:
    """Rules of supersession that name what is not there."""
    for rule in tables[name].latest:
        for other in {name, rule.among or name}:
            if other not in tables:
                yield f"table {name}: latest is decided among '{other}', which is not a table of this source"
                continue
            kept, named = tables[other].kept_columns(), (*rule.per, *(rule.by if other == (rule.among or name) else ()))
            yield from (f"table {other} keeps no column '{c}'" for c in named if c not in kept)
            if rule.among and tables[other].line_column() is None:
                yield f"table {other}: a latest line is told by a column with header '{LINE}'"


def taken_faults(name: str, tables: Mapping[str, "TableConfig"]) -> Iterator[str]:
    """Columns that cannot be taken along, or that could come from two rows."""
    known = {*tables[name].kept_columns()}
    for taken in tables[name].takes:
        target = tables.get(taken.table)
        if target is None:
            yield f"table {name} takes columns of '{taken.table}', which is not a table of this source"
            continue
        yield from (f"table {name} has no column '{c}'" for c in taken.on if c not in known)
        yield from (f"table {taken.table} keeps no column '{c}'" for c in taken.columns if c not in target.kept_columns())
        yield from (f"table {name} has a column '{c}' already" for c in taken.columns if c in known)
        if {*taken.on.values()} != {*target.native_key}:
            yield f"table {name} takes columns of {taken.table} by {', '.join(taken.on.values())}, which is not its native key"
        known |= {*taken.columns}
