"""One table of a source: the files it lands in, its columns, and how its rows lean on others."""

import codecs
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from docketlink.config.base import Frozen
from docketlink.config.nested import LINE, Latest, Taken
from docketlink.config.rules import Pattern, Range, Reference

Name = str

_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_OWN_COLUMNS = {"snapshot_date", "source_file", "ordinal", "faults", "record_text"}
_DATE_PATTERN = re.compile(r"(?:yyyy|yy|MMM|MM|M|dd|d|HH|H|mm|ss|S+|X+|'[^']*'|[^A-Za-z'])+")


def _known_pattern(pattern: str) -> str:
    if not _DATE_PATTERN.fullmatch(pattern):
        raise ValueError(f"'{pattern}' is no date pattern: yyyy yy MMM MM M dd d HH H mm ss S X, other letters in single quotes")
    return pattern


DatePattern = Annotated[str, AfterValidator(_known_pattern)]


class FileFormat(Frozen):
    """How the files of one landing table are written."""

    kind: Literal["csv", "parquet", "jsonl"] = "csv"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=0, max_length=1)
    encoding: str = "utf-8"
    compression: Literal["none", "gzip"] = "none"

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        try:
            codecs.getincrementaldecoder(self.encoding)
            is_text = codecs.lookup(self.encoding)._is_text_encoding
        except LookupError:
            is_text = False
        if not is_text:
            raise ValueError(f"encoding '{self.encoding}' is not known; as utf-8, utf-8-sig, cp1252, latin-1, utf-16")
        if not self.delimiter.isascii() or not self.quote.isascii():
            raise ValueError("delimiter and quote must be ASCII characters")
        if self.delimiter == self.quote or self.delimiter in "\r\n" or self.quote in ("\r", "\n"):
            raise ValueError("delimiter and quote must differ from each other and from line ends")
        return self


class ColumnConfig(Frozen):
    """One column as it arrives. Values of another type than ``type`` set their record aside (rule TYPE)."""

    about: str
    type: Literal["text", "digits", "decimal", "date", "timestamp"] = "text"
    header: str | None = Field(default=None, min_length=1, description="Name in the file, in JSON the path, where not the column's own.")
    json_kind: Literal["text", "number", "truth"] = Field(default="text", description="Kind of the JSON value.")
    several: Literal["largest", "smallest"] = Field(default="largest", description="Which text of a path through a further list.")
    required: bool = False
    formats: tuple[DatePattern, ...] = Field(default=("yyyy-MM-dd",), min_length=1)
    privacy: Literal["direct", "quasi", "sensitive", "payload", "token", "operational"] = "direct"
    pattern: Pattern | None = Field(default=None, description="RE2 expression that the whole trimmed value fits (rule PATTERN).")
    range: Range | None = Field(default=None, description="Rule RANGE.")
    one_of: tuple[str, ...] | Name | None = Field(default=None, description="The values there are, or a list of codes (rule CODE).")


class Condition(Frozen):
    """Rows whose ``column`` holds one of ``equals`` (trimmed, case kept): an empty text means no value, ``*`` any value."""

    column: Name
    equals: tuple[str, ...] = Field(min_length=1)


class BelongsTo(Frozen):
    """Where the rows of a table hang: each ``on`` pair is own column to column of ``table``."""

    table: Name
    on: dict[Name, Name] = Field(min_length=1)


class Items(Frozen):
    """Questions that stand side by side: each column whose name begins with ``prefix`` is an item, ``_v2`` in it a later wording."""

    prefix: str = Field(min_length=1)
    missing: tuple[str, ...] = Field(default=(), description="Values that mean that nothing was asked.")


class EventDate(Frozen):
    """A date column and the patterns it may follow."""

    column: Name
    formats: tuple[DatePattern, ...] = ("yyyy-MM-dd",)


class AreaColumns(Frozen):
    """Where a court or establishment is named: the first of ``columns`` that names one, or its ``first`` characters."""

    columns: tuple[Name, ...] = Field(min_length=1)
    none: tuple[str, ...] = Field(default=(), description="Values that name no place.")
    first: int | None = Field(default=None, ge=1, description="Characters of the value that are the code.")


def _area(given: Any) -> Any:
    return {"columns": [given]} if isinstance(given, str) else given


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


Area = Annotated[AreaColumns, BeforeValidator(_area)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed)]


class Derived(Frozen):
    """A table that never lands: a module of ``docketlink.sources`` makes it of those that do."""

    by: Literal["familyman", "caseman"]
    of: Name = Field(description="Landing table whose rows it is made of, a table of nodes above all.")


class TableConfig(Frozen):
    """One table of a source: it lands, or is ``derived`` from others."""

    about: str
    format: FileFormat = FileFormat()
    columns: dict[Name, ColumnConfig] = Field(min_length=1)
    native_key: tuple[Name, ...] = Field(min_length=1, description="Columns no two rows share; source_file and ordinal may stand in.")
    truth: Name | None = Field(default=None, description="Column that names the true person; it never reaches raw.")
    drop: tuple[Name, ...] = Field(default=(), description="Columns that arrive and are never kept, as one that contains the truth.")
    soft_delete: Condition | None = None
    belongs_to: BelongsTo | None = None
    items: Items | None = None
    folder: Name | None = Field(default=None, description="Landing folder; the table's own name by default.")
    rows: str = Field(default="", description="Path of JSON to the list whose objects are rows; the line itself by default.")
    latest: tuple[Latest, ...] = ()
    takes: tuple[Taken, ...] = ()
    period: EventDate | None = Field(default=None, description="Date that places a row in a month; the first event's by default.")
    area: Area | None = Field(default=None, description="Where the court or establishment is named; the first event's by default.")
    unique: tuple[tuple[Name, ...], ...] = Field(default=(), description="Further groups of columns no two rows share (rule DUPLICATE).")
    references: tuple[Reference, ...] = Field(default=(), description="Rows of other tables that must be there (rule REFERENCE).")
    derived: Derived | None = None

    def name_faults(self) -> Iterator[str]:
        """Columns that no table of raw can hold, or that no header line can tell apart."""
        for name in self.columns:
            if not _COLUMN_NAME.fullmatch(name):
                yield f"column '{name}' must be letters, digits and underscores; header gives the name in the file"
            if name.lower() in _OWN_COLUMNS:
                yield f"column '{name}' has a name that raw tables keep for themselves; header gives the name in the file"
        for kind, names in (
            ("name, whatever its case", [name.lower() for name in self.columns]),
            ("header", [column.header or name for name, column in self.columns.items()]),
        ):
            yield from (f"two columns have the {kind}, '{name}'" for name in sorted({n for n in names if names.count(n) > 1}))

    def kept_columns(self) -> dict[Name, ColumnConfig]:
        """Columns that ``raw`` holds, in order of arrival."""
        return {name: c for name, c in self.columns.items() if name not in self.drop and name != self.truth}

    def line_column(self) -> Name | None:
        """The column that holds the number of a row's JSON line."""
        return next((name for name, c in self.kept_columns().items() if c.header == LINE), None)

    def standing_columns(self) -> set[Name]:
        """Columns that a row has once those of other tables are taken along, and its place."""
        taken = {column for taken in self.takes for column in taken.columns}
        return {*self.kept_columns(), *taken, "source_file", "ordinal"}
