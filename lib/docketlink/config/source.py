"""One source: what its files look like and what their columns mean. ``conf/sources/<source>.yml`` holds one of these."""

import codecs
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from docketlink.config.base import Frozen
from docketlink.config.coverage import Coverage
from docketlink.config.nested import LINE, Latest, Taken, folder_faults, json_faults, latest_faults, taken_faults
from docketlink.config.rules import Pattern, Range, Reference, rule_faults

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


class Values(Frozen):
    """Values of one column: of the node's own table, or of a table that hangs on it."""

    column: Name
    table: Name | None = None
    where: Condition | None = None


class AddressDates(Frozen):
    """The days on which an address of a table began and ended."""

    begins: EventDate | None = None
    ends: EventDate | None = None


class FlagRule(Frozen):
    """Rows that carry a mark: the record's ``flag_arr`` holds ``flag``."""

    flag: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    column: Name
    equals: tuple[str, ...] = Field(min_length=1)
    table: Name | None = None


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


class ReferenceList(Frozen):
    """A table of the source that says what the ids of another one mean: rows that are ``where`` give ``value`` for ``key``."""

    table: Name
    key: Name
    value: Name
    where: Condition | None = None


class EventCode(Coded):
    """A coded column of an event, which may hold ids of a reference list: ``codes`` then knows the list's words."""

    through: ReferenceList | None = None


class AliasRows(Frozen):
    """Rows of a table that hangs on the node, each with another name of the person."""

    table: Name
    name: NameColumns
    date_of_birth: BirthDate | None = None


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
    key_rule: Literal["all", "first"] = Field(default="all", description="all: they name it together; first: the first filled one does.")
    main_first: tuple[Name, ...] = Field(default=(), description="Among rows of one key the main one has the largest of these.")
    person_key: Name | None = None
    name: NameColumns
    aliases: tuple[AliasRows, ...] = ()
    date_of_birth: BirthDate | None = None
    sex: Coded | None = None
    role: Name | None = None
    case_key: Name | None = Field(default=None, description="Column of the source's own key of the case.")
    postcodes: tuple[Values, ...] = ()
    postcode_placeholders: tuple[str, ...] = ("NF11NF", "NF11FA", "AA11AA", "XX11XX")
    address: tuple[Values, ...] = ()
    address_dates: dict[Name, AddressDates] = Field(default={}, description="Table of addresses to the columns of their days.")
    known_ids: dict[str, tuple[Values, ...]] = Field(default={}, description="Kind of a further number of the person to where it stands.")
    flags: tuple[FlagRule, ...] = ()
    pnc: tuple[Values, ...] = ()
    cro: tuple[Values, ...] = ()
    sentence_dates: tuple[Values, ...] = ()
    other: dict[Name, OtherValue] = Field(default={})
    link_status: tuple[StatusRule, ...] = ()

    @model_validator(mode="after")
    def _coming_of_age_is_a_day(self) -> Self:
        if (told := self.other.get("of_age_on")) and told.clean != "date_text":
            raise ValueError("other of_age_on is a day, on which the person was of age: clean must be date_text")
        return self


class AttributeConfig(Frozen):
    """What ``payload.record_attribute`` takes from the node's main row, beside sex, birth year and role of the record."""

    ethnicity: Coded | None = None
    ethnicity_officer: Name | None = Field(default=None, description="Column of what an officer noted; kept as received, never mapped.")
    area: Area | None = None


class Episode(Frozen):
    """What ties events together that tables tell apart, as the admission and the release of one stay."""

    kind: Name
    columns: Names = Field(min_length=1, description="Columns that name it within the source and kind.")


class EventConfig(Frozen):
    """Rows of one table that become one kind of event, or several told apart by a code."""

    table: Name
    key: tuple[Name, ...] = Field(default=(), description="Native key of the event; the table's own by default.")
    where: Condition | None = None
    type: str | EventCode
    date: EventDate | None = None
    end_date: EventDate | None = None
    outcome: EventCode | None = None
    outcome_instead: Names = Field(default=(), description="Columns that stand in for an empty outcome, in their order.")
    offence: Name | None = None
    offence_digits: int | None = Field(default=None, ge=1, description="Digits of a numeric offence code; leading zeros are put back.")
    offence_groups: Name | None = Field(default=None, description="List of this file's codes from offence code to offence group.")
    area: Area | None = None
    case_ref: Names = Field(default=(), description="Columns of the case reference; the first filled one counts.")
    lower_ref: Names = Field(default=(), description="Columns of the lower court's case reference; the first filled one counts.")
    episode: Episode | None = Field(default=None, description="What the event belongs to: a stay, an order, a requirement.")
    measures: dict[Literal["result_rank", "custody_days", "amount"], Name] = Field(
        default={}, description="Severity of a result (1 the most severe), days of custody, pounds: the columns that hold them."
    )


class Gate(Frozen):
    """How far a snapshot may differ from the newest one before it without being held."""

    largest_drop: float = Field(default=0.2, ge=0, le=1, description="Share of the node table's rows that may be missing.")
    largest_shift: dict[Name, float] = Field(
        default={}, description="Column of the landed node table to the total variation distance (0 to 1) that its values may move."
    )


class SourceConfig(Frozen):
    """Everything docketlink knows about one source."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    about: str
    tables: dict[Name, TableConfig] = Field(min_length=1)
    codes: dict[Name, Codes] = Field(default={})
    extracts: Literal["full", "appended"] = Field(
        default="full", description="Whether each extract is a full copy, or holds only what is new or changed since the one before."
    )
    gate: Gate = Gate()
    record: RecordConfig
    system: Literal["courts", "prison", "probation", "assessment", "family", "civil", "other"] = Field(
        default="other", description="The kind of system, by which contacts of people are counted."
    )
    tier: Literal["lower", "upper", "both"] | None = Field(
        default=None, description="Of courts whose cases go on elsewhere: lower sends them up, upper takes them, both holds the two courts."
    )
    attributes: AttributeConfig = AttributeConfig()
    events: tuple[EventConfig, ...] = ()
    coverage: Coverage | None = Field(default=None, description="Months and areas that the source covers; not in the calendar when none.")

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

    def period_of(self, table: Name) -> EventDate | None:
        """The date that places a landed row of the table in a month, or None."""
        stated = self.tables[table].period
        own = self.tables[table].kept_columns()  # events may be dated by columns taken along from other tables
        dates = (event.date for event in self.events if event.table == table and event.date)
        return stated or next((dated for dated in dates if dated.column in own), None)

    def area_of(self, table: Name) -> AreaColumns | None:
        """Where a landed row of the table names a court or establishment, or None."""
        of_record = [self.attributes.area] if table == self.record.table else []
        named = [self.tables[table].area, *(event.area for event in self.events if event.table == table), *of_record]
        return next((area for area in named if area and {*area.columns} <= {*self.tables[table].kept_columns()}), None)

    def _dangling(self) -> Iterator[str]:
        for table_name, table in self.tables.items():
            own = {*table.columns, *table.standing_columns()}
            yield from (f"table {table_name}: {fault}" for fault in table.name_faults())
            yield from json_faults(table_name, table)
            yield from latest_faults(table_name, self.tables)
            yield from taken_faults(table_name, self.tables)
            named = [*table.native_key, *table.drop, *filter(None, [table.truth])]
            named += [table.soft_delete.column] if table.soft_delete else []
            named += [*table.belongs_to.on] if table.belongs_to else []
            if table.items and not any(name.startswith(table.items.prefix) for name in table.kept_columns()):
                yield f"table {table_name}: no column begins with '{table.items.prefix}'"
            named += [*(table.area.columns if table.area else ()), *([table.period.column] if table.period else [])]
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
        yield from folder_faults(self.tables)
        yield from rule_faults(self.tables, self.codes)
        yield from self.coverage.faults() if self.coverage else ()
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
            kept = self.tables[name].standing_columns()
            yield from (f"table {name} keeps no column '{c}'" for c in columns if c is not None and c not in kept)

        r = self.record
        yield from missing(
            None, *r.key, *r.main_first, r.person_key, r.case_key, r.role, *r.name.forenames, r.name.surname, r.name.full, r.name.title
        )
        if r.date_of_birth:
            yield from missing(None, r.date_of_birth.column, r.date_of_birth.reference)
        for alias in r.aliases:
            yield from missing(alias.table, *alias.name.forenames, alias.name.surname, alias.name.full, alias.name.title)
            if alias.date_of_birth:
                yield from missing(alias.table, alias.date_of_birth.column, alias.date_of_birth.reference)
            if alias.table == r.table or not self._hangs_on_node(alias.table):
                yield f"aliases: table {alias.table} has no belongs_to path to {r.table}"
        for table, dates in r.address_dates.items():
            yield from missing(table, *(day.column for day in (dates.begins, dates.ends) if day))
        for flag in r.flags:
            yield from missing(flag.table, flag.column)
        known = [value for values in r.known_ids.values() for value in values]
        for values in (*r.postcodes, *r.address, *r.pnc, *r.cro, *r.sentence_dates, *known):
            yield from missing(values.table, values.column, values.where.column if values.where else None)
            if values.table and values.table != r.table and not self._hangs_on_node(values.table):
                yield f"table {values.table} has no belongs_to path to {r.table}"
        for other in r.other.values():
            yield from missing(None, other.column)
        for rule in r.link_status:
            yield from missing(None, rule.when.column)
        if self.attributes.ethnicity:
            yield from missing(None, self.attributes.ethnicity.column)
        yield from missing(None, *(self.attributes.area.columns if self.attributes.area else ()), self.attributes.ethnicity_officer)
        judged = self.tables.get(self.node_landing)  # as it landed, before any table is derived of it
        kept = judged.kept_columns() if judged else {}
        yield from (f"gate: table {self.node_landing} keeps no column '{c}'" for c in self.gate.largest_shift if c not in kept)
        for event in self.events:
            coded = [event.type.column] if isinstance(event.type, Coded) else []
            yield from missing(
                event.table, *event.key, event.where.column if event.where else None, *coded, event.date.column if event.date else None,
                event.offence, *(event.area.columns if event.area else ()), *event.case_ref, *event.outcome_instead,
                *event.lower_ref, *(event.episode.columns if event.episode else ()), *event.measures.values(),
                event.end_date.column if event.end_date else None, event.outcome.column if event.outcome else None,
            )  # fmt: skip
            for code in (event.type, event.outcome):
                if isinstance(code, EventCode) and (found := code.through):
                    yield from missing(found.table, found.key, found.value, found.where.column if found.where else None)
            if event.offence_groups and event.offence_groups not in self.codes:
                yield f"codes has no list '{event.offence_groups}'"
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
