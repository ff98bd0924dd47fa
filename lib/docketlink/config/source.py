"""One source: what its files look like and what their columns mean. ``conf/sources/<source>.yml`` holds one of these."""

import codecs
import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from docketlink.config.base import Frozen

Name = str
Codes = dict[str, str]

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

    kind: Literal["csv", "parquet"] = "csv"
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
    header: str | None = Field(default=None, min_length=1, description="Name in the file, where it is not the column's own.")
    required: bool = False
    formats: tuple[DatePattern, ...] = Field(default=("yyyy-MM-dd",), min_length=1)
    privacy: Literal["direct", "quasi", "sensitive", "payload", "token", "operational"] = "direct"


class Condition(Frozen):
    """Rows whose ``column`` holds one of ``equals`` (trimmed, case kept), or is empty when ``equals`` has an empty text."""

    column: Name
    equals: tuple[str, ...] = Field(min_length=1)


class BelongsTo(Frozen):
    """Where the rows of a table hang: each ``on`` pair is own column to column of ``table``."""

    table: Name
    on: dict[Name, Name] = Field(min_length=1)


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


class Values(Frozen):
    """Values of one column: of the node's own table, or of a table that hangs on it."""

    column: Name
    table: Name | None = None
    where: Condition | None = None


class NameColumns(Frozen):
    """Where the parts of a name stand. ``full`` is used where no part is filled, or alone."""

    forenames: tuple[Name, ...] = ()
    surname: Name | None = None
    full: Name | None = None
    title: Name | None = None
    drop_words: tuple[str, ...] = Field(default=(), description="Further words that are no name, as titles of a period.")


class BirthDate(Frozen):
    """A date of birth: patterns tried in order; a two-digit year is placed by the age at ``reference`` or the snapshot."""

    column: Name
    formats: tuple[DatePattern, ...] = ("yyyy-MM-dd", "dd/MM/yyyy", "yyyyMMdd")
    reference: Name | None = Field(default=None, description="Column of the event date (yyyy-MM-dd).")
    youngest: int = Field(default=10, ge=0, description="Age in years below which a date is out of range.")
    placeholders: tuple[str, ...] = ("1900-01-01", "1970-01-01", "1899-12-30", "1901-01-01", "9999-12-31")
    oldest: int = Field(default=110, ge=1, description="Age in years at the reference above which a date is out of range.")


class Coded(Frozen):
    """A coded column: ``codes`` is a list of this file's ``codes``; values outside it become ``unmapped``."""

    column: Name
    codes: Name | None = None
    unmapped: str | None = None


class StatusRule(Frozen):
    """Records that are not people to link: the first rule that holds gives the ``link_status``."""

    status: Literal["organisation", "masked", "local_authority", "deleted"]
    when: Condition


class OtherValue(Frozen):
    """A further comparison value: ``clean`` is a column function named in docs/sources.md."""

    column: Name
    clean: Literal["words", "digits", "text", "date_text", "code"] = "words"


class RecordConfig(Frozen):
    """How rows of the landing tables become one linking node (a row of ``identity.person_record``)."""

    table: Name
    key: tuple[Name, ...] = Field(min_length=1, description="Columns that name the node; several rows of one key are aliases.")
    main_first: tuple[Name, ...] = Field(default=(), description="Among rows of one key the main one has the largest of these.")
    person_key: Name | None = None
    name: NameColumns
    date_of_birth: BirthDate | None = None
    sex: Coded | None = None
    role: Name | None = None
    postcodes: tuple[Values, ...] = ()
    postcode_placeholders: tuple[str, ...] = ("NF11NF", "NF11FA", "AA11AA", "XX11XX")
    address: tuple[Values, ...] = ()
    pnc: tuple[Values, ...] = ()
    cro: tuple[Values, ...] = ()
    sentence_dates: tuple[Values, ...] = ()
    other: dict[Name, OtherValue] = Field(default={})
    link_status: tuple[StatusRule, ...] = ()


class AttributeConfig(Frozen):
    """What ``payload.record_attribute`` takes from the node's main row, beside sex, birth year and role of the record."""

    ethnicity: Coded | None = None
    area: Name | None = None


class EventDate(Frozen):
    """A date column and the patterns it may follow."""

    column: Name
    formats: tuple[DatePattern, ...] = ("yyyy-MM-dd",)


class EventConfig(Frozen):
    """Rows of one table that become one kind of event, or several told apart by a code."""

    table: Name
    key: tuple[Name, ...] = Field(default=(), description="Native key of the event; the table's own by default.")
    type: str | Coded
    date: EventDate
    end_date: EventDate | None = None
    outcome: Coded | None = None
    offence: Name | None = None
    area: Name | None = None
    case_ref: Name | None = None


class SourceConfig(Frozen):
    """Everything docketlink knows about one source."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    about: str
    tables: dict[Name, TableConfig] = Field(min_length=1)
    codes: dict[Name, Codes] = Field(default={})
    record: RecordConfig
    attributes: AttributeConfig = AttributeConfig()
    events: tuple[EventConfig, ...] = ()

    @property
    def landed(self) -> dict[Name, TableConfig]:
        """The tables that arrive in files."""
        return {name: table for name, table in self.tables.items() if table.derived is None}

    @property
    def node_landing(self) -> Name:
        """The landing table whose rows are the linking nodes, or that these are made of."""
        derived = self.tables[self.record.table].derived
        return derived.of if derived else self.record.table

    @model_validator(mode="after")
    def _everything_named_exists(self) -> Self:
        if faults := [*self._dangling()]:
            raise ValueError("; ".join(faults))
        return self

    def _dangling(self) -> Iterator[str]:
        for table_name, table in self.tables.items():
            own = {*table.columns, "source_file", "ordinal"}
            yield from (f"table {table_name}: {fault}" for fault in table.name_faults())
            named = [*table.native_key, *table.drop, *filter(None, [table.truth])]
            named += [table.soft_delete.column] if table.soft_delete else []
            named += [*table.belongs_to.on] if table.belongs_to else []
            yield from (f"table {table_name} has no column '{name}'" for name in named if name not in own)
            yield from (
                f"table {table_name}: the native key holds '{name}', which is dropped" for name in table.native_key if name in table.drop
            )
            if table.truth and table.truth in table.native_key:
                yield f"table {table_name}: the truth column is part of the native key"
            if table.derived and table.derived.of not in self.landed:
                yield f"table {table_name} is derived of '{table.derived.of}', which is no landing table of this source"
            if table.derived and (table.truth or table.drop):
                yield f"table {table_name} is derived: truth and drop belong to a table that lands"
            if table.belongs_to:
                target = self.tables.get(table.belongs_to.table)
                if target is None:
                    yield f"table {table_name} belongs to '{table.belongs_to.table}', which is not a table of this source"
                else:
                    yield from (
                        f"table {table.belongs_to.table} has no column '{name}'"
                        for name in table.belongs_to.on.values()
                        if name not in target.columns
                    )
        if self.record.table not in self.tables:
            yield f"record.table '{self.record.table}' is not a table of this source"
            return
        yield from self._references()

    def _references(self) -> Iterator[str]:
        def missing(table: str | None, *columns: str | None) -> Iterator[str]:
            name = table or self.record.table
            if name not in self.tables:
                yield f"'{name}' is not a table of this source"
                return
            kept = {*self.tables[name].kept_columns(), "source_file", "ordinal"}
            yield from (f"table {name} keeps no column '{c}'" for c in columns if c is not None and c not in kept)

        r = self.record
        yield from missing(None, *r.key, *r.main_first, r.person_key, r.role, *r.name.forenames, r.name.surname, r.name.full, r.name.title)
        if r.date_of_birth:
            yield from missing(None, r.date_of_birth.column, r.date_of_birth.reference)
        for values in (*r.postcodes, *r.address, *r.pnc, *r.cro, *r.sentence_dates):
            yield from missing(values.table, values.column, values.where.column if values.where else None)
            if values.table and values.table != r.table and not self._hangs_on_node(values.table):
                yield f"table {values.table} has no belongs_to path to {r.table}"
        for other in r.other.values():
            yield from missing(None, other.column)
        for rule in r.link_status:
            yield from missing(None, rule.when.column)
        if self.attributes.ethnicity:
            yield from missing(None, self.attributes.ethnicity.column)
        yield from missing(None, self.attributes.area)
        for event in self.events:
            coded = [event.type.column] if isinstance(event.type, Coded) else []
            yield from missing(
                event.table, *event.key, *coded, event.date.column, event.offence, event.area, event.case_ref,
                event.end_date.column if event.end_date else None, event.outcome.column if event.outcome else None,
            )  # fmt: skip
            if event.table != r.table and not self._hangs_on_node(event.table):
                yield f"table {event.table} has no belongs_to path to {r.table}"
        for coded_column in (r.sex, self.attributes.ethnicity, *(e.outcome for e in self.events), *(e.type for e in self.events)):
            if isinstance(coded_column, Coded) and coded_column.codes and coded_column.codes not in self.codes:
                yield f"codes has no list '{coded_column.codes}'"

    def _hangs_on_node(self, table: str) -> bool:
        seen: set[str] = set()
        while table != self.record.table:
            step = self.tables[table].belongs_to if table in self.tables else None
            if step is None or table in seen:
                return False
            seen.add(table)
            table = step.table
        return True
