"""One source: what its files look like and what their columns mean. ``conf/sources/<source>.yml`` holds one of these."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from docketlink.config.base import Frozen
from docketlink.config.coverage import Coverage
from docketlink.config.event import EventCode, EventConfig
from docketlink.config.nested import folder_faults, json_faults, latest_faults, taken_faults
from docketlink.config.record import AttributeConfig, Coded, RecordConfig
from docketlink.config.rules import rule_faults
from docketlink.config.table import AreaColumns, EventDate, Name, TableConfig

Codes = dict[str, str]


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
