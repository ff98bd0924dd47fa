"""Panels: a row for each person and month or year, with state, days and contacts, and whether anybody was looking."""

from datetime import date
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.events import CHARGE_TYPES, RESULT_TYPES, is_of_person
from docketlink.contracts.research import PERSON_MONTH, PERSON_YEAR
from docketlink.transforms.arrow import through
from docketlink.transforms.kernel_coverage import NO_AREA, SYSTEMS_WATCHED, Watched
from docketlink.transforms.kernel_panel import (
    CASE_EVENT,
    DEATH,
    EVENT,
    IS_CHARGE,
    IS_RESULT,
    SPELL,
    STATES,
    SYSTEMS,
    Unit,
    panel_batches,
    panel_schema,
)
from docketlink.transforms.observation import coverage_cells, days_since_1970
from docketlink.transforms.person_event import deaths

_STATE_OF_TYPE = {"recall": "recall", "remand": "remand", "civil_custody": "other_custody", "immigration": "other_custody",
                  "licence": "licence", "supervision": "supervision", "requirement": "supervision"}  # fmt: skip


def panel_facts(person_event: DataFrame, person_spell: DataFrame, observed: DataFrame, area: DataFrame) -> DataFrame:
    """``person_id, kind, first, last, code, key, area``: events, spells and deaths, each person's in one partition and together.

    Both panels are made of it. Events whose date cannot be right (``flag_arr``) and undated ones do not count; companies and local
    authorities have no rows. ``observed`` is ``observation_end`` of each source, ``area`` holds ``area_code, area`` of ``Watched``. The
    only shuffle of the panels.
    """
    other = _spell_facts(person_spell).unionByName(_death_facts(person_event)).withColumn("area", F.lit(NO_AREA))
    facts = _event_facts(person_event, observed, area).unionByName(other)
    return facts.repartition("person_id").sortWithinPartitions("person_id")


def person_months(facts: DataFrame, watched: Watched, last_day: date) -> DataFrame:
    """``research.person_month``: every person from the month of the first event to that of ``last_day``, without a hole.

    ``facts`` are ``panel_facts``, ``watched`` is made of ``covered_areas``. The months are made on executors.
    """
    return PERSON_MONTH.conform(_panel(facts, watched, last_day, "month").select(*PERSON_MONTH.columns))


def person_years(facts: DataFrame, watched: Watched, last_day: date) -> DataFrame:
    """``research.person_year``, as ``person_months``; a year is covered when each of its months is."""
    return PERSON_YEAR.conform(_panel(facts, watched, last_day, "year").select(*PERSON_YEAR.columns))


def covered_areas(coverage_calendar: DataFrame, system_of: DataFrame) -> DataFrame:
    """``system, area_code, month_arr, first``: the months in which any source of a system covers an area; '' is the country.

    Of courts, prison and probation. ``system_of`` is ``source, system``; ``first`` is the first month that the calendar knows of the
    system and area. A month that it does not know is not covered.
    """
    cell = coverage_cells(coverage_calendar, system_of, SYSTEMS_WATCHED)
    month = cell.groupBy("system", "area_code", "month").agg(F.bool_or(F.col("coverage") != "none").alias("is_covered"))
    covered = F.array_sort(F.collect_list(F.when(F.col("is_covered"), F.col("month"))))
    return month.groupBy("system", "area_code").agg(covered.alias("month_arr"), F.min("month").alias("first"))


def _panel(facts: DataFrame, watched: Watched, last_day: date, unit: Unit) -> DataFrame:
    kernel = partial(panel_batches, unit=unit, last_day=(last_day - date(1970, 1, 1)).days, watched=watched)
    return through(facts, kernel, panel_schema(unit))


def _event_facts(event: DataFrame, observed: DataFrame, area: DataFrame) -> DataFrame:
    kind = F.col("event_type")
    is_sound = F.col("event_date").isNotNull() & (F.size("flag_arr") == 0)
    dated = event.where(is_sound & is_of_person(F.col("link_status"))).join(F.broadcast(observed), "source", how="left")
    dated = dated.join(F.broadcast(area), "area_code", how="left")
    is_case = (F.col("event_system") == "courts") & ~kind.isin(*CHARGE_TYPES)
    bits = F.when(kind.isin(*CHARGE_TYPES), IS_CHARGE).when(kind.isin(*RESULT_TYPES), IS_RESULT).otherwise(0)
    return dated.select(
        "person_id",
        F.when(is_case, CASE_EVENT).otherwise(EVENT).alias("kind"),
        days_since_1970(F.col("event_date")).alias("first"),
        days_since_1970(F.coalesce("observation_end", "event_date")).alias("last"),
        (_position("event_system", SYSTEMS) + bits).alias("code"),
        F.xxhash64("record_id").alias("key"),
        F.coalesce("area", F.lit(NO_AREA)).alias("area"),
    )


def _spell_facts(spell: DataFrame) -> DataFrame:
    status, kind = F.col("legal_status"), F.col("spell_type")
    state = F.when(status.isin("indeterminate", "sentenced"), status)
    for name, named in _STATE_OF_TYPE.items():
        state = state.when(kind == name, named)
    return spell.withColumn("state", state.otherwise("other_custody")).select(
        "person_id", F.lit(SPELL).alias("kind"), days_since_1970(F.col("start_date")).alias("first"),
        days_since_1970(F.col("last_day")).alias("last"), _position("state", STATES).alias("code"), F.lit(0).cast("long").alias("key"),
    )  # fmt: skip


def _death_facts(event: DataFrame) -> DataFrame:
    day = days_since_1970(F.col("death_date"))
    return deaths(event).select(
        "person_id", F.lit(DEATH).alias("kind"), day.alias("first"), day.alias("last"), F.lit(0).alias("code"),
        F.lit(0).cast("long").alias("key"),
    )  # fmt: skip


def _position(column: str, values: tuple[str, ...]) -> Column:
    return (F.array_position(F.array(*map(F.lit, values)), F.col(column)) - 1).cast("int")
