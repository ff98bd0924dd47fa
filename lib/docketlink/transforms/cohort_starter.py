"""Cohorts: a person's first contact in a window, what came before and after it, and whether anybody was looking."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.events import is_of_person
from docketlink.config.cohort import CohortConfig, Contacts
from docketlink.contracts.research import COHORT_STARTER
from docketlink.transforms.kernel_coverage import ANYWHERE
from docketlink.transforms.observation import coverage_cells

_ENTRY = ("event_date", "day_order", "event_id", "event_system", "event_type", "offence_group", "area_code", "birth_year_band")
_LETTERS = ("N", "M", "P", "F")  # none, migrating, partial, full: the later, the better
_NONE = _LETTERS[0]
_COVERAGE = {"none": 0, "migrating": 1, "partial": 2, "full": 3}


def cohort_starters(
    person_event: DataFrame, coverage_calendar: DataFrame, observed: DataFrame, system_of: DataFrame, design: CohortConfig
) -> DataFrame:
    """``research.cohort_starter`` of one design: one row for each person with a contact in its window.

    Contacts without a complete day, or on one that cannot be right, count nowhere, nor do those of companies and local authorities.
    ``observed`` is ``observation_end`` of each source, ``system_of`` is ``source, system``. A return is seen up to the earliest day up to
    which all systems of return are observed. The mask is that of the area of entry where a system of return has it, else of the whole
    country.
    """
    is_sound = F.col("event_date").isNotNull() & (F.size("flag_arr") == 0)
    dated = person_event.where(is_sound & is_of_person(F.col("link_status")))
    entry = dated.where(_is(design.enter))
    in_window = entry.where(F.col("event_date").between(_day(design.first), _day(design.last)))
    first = in_window.groupBy("person_id").agg(F.min(F.struct(*_ENTRY)).alias("first"))
    enters, returns = _is(design.enter), _is(design.returns)
    contact = dated.where(enters | returns).select(
        "person_id", "event_date", F.col("event_system").alias("system"), enters.alias("enters"), returns.alias("returns")
    )
    end = _end(observed, system_of, design.returns)
    after = (F.col("event_date") > F.date_add("first.event_date", design.gap_days)) & (F.col("event_date") <= F.col("observation_end"))
    before = F.col("enters") & (F.col("event_date") < F.col("first.event_date"))
    washed = before & (F.col("event_date") >= F.date_sub("first.event_date", design.washout_days))
    known = first.crossJoin(F.broadcast(end)).where(F.col("first.event_date") <= F.col("observation_end"))
    told = (
        known.join(contact, "person_id", how="inner")
        .groupBy("person_id", "first", "observation_end")
        .agg(
            (F.count_if(washed) == 0).alias("washout_ok"),
            F.min(F.when(F.col("returns") & after, F.struct("event_date", "system"))).alias("next"),
            F.count_distinct(F.when(F.col("returns") & after, F.col("event_date"))).cast("int").alias("return_count"),
        )
    )
    masks = _masks(coverage_calendar, system_of, design.returns)
    own = masks.select(F.col("area_code").alias("first_area"), F.col("covered").alias("covered_there"))
    nation = _of_nation(masks).select(F.col("covered").alias("covered_all"), F.col("since").alias("covered_since"))
    entered = _of_nation(_masks(coverage_calendar, system_of, design.enter))
    entered = entered.select(F.col("covered").alias("covered_entry"), F.col("since").alias("entry_since"))
    placed = (
        told.withColumn("first_area", F.col("first.area_code"))
        .join(F.broadcast(own), "first_area", how="left")
        .join(F.broadcast(nation), F.lit(True), how="left")
        .join(F.broadcast(entered), F.lit(True), how="left")
    )
    # the mask is a column of its own first: within the expression of days it would be made again for each month
    return COHORT_STARTER.conform(
        placed.withColumns(_covered(design)).withColumn("days_uncovered", _days_uncovered()).select(*_columns(design))
    )


def _is(contacts: Contacts) -> Column:
    holds = F.col("event_system").isin(*contacts.systems)
    for column, values in (
        ("event_type", contacts.event_types), ("outcome_code", contacts.outcomes), ("offence_group", contacts.offence_groups)
    ):  # fmt: skip
        if values:
            holds = holds & F.coalesce(F.col(column).isin(*values), F.lit(False))
    return holds


def _day(text: str) -> Column:
    return F.lit(date.fromisoformat(text))


def _end(observed: DataFrame, system_of: DataFrame, contacts: Contacts) -> DataFrame:
    """One row: of each system the day up to which a source of it is observed, and of these days the earliest."""
    of_system = observed.join(F.broadcast(system_of.where(F.col("system").isin(*contacts.systems))), "source", how="inner")
    latest = of_system.groupBy("system").agg(F.max("observation_end").alias("observation_end"))
    return latest.agg(F.min("observation_end").alias("observation_end")).where(F.col("observation_end").isNotNull())


def _masks(coverage_calendar: DataFrame, system_of: DataFrame, contacts: Contacts) -> DataFrame:
    """``area_code, since, covered``: a letter a month from ``since`` on, the best coverage among the sources of the systems.

    The nation's is under ''. All begin and end with the calendar of the systems.
    """
    rank = F.create_map(*(F.lit(part) for pair in _COVERAGE.items() for part in pair))[F.col("coverage")]
    cell = coverage_cells(coverage_calendar, system_of, contacts.systems)
    best = cell.groupBy("area_code", "month").agg(F.max(rank).alias("rank"))
    known = best.groupBy("area_code").agg(F.map_from_entries(F.collect_list(F.struct("month", "rank"))).alias("rank_of"))
    span = best.agg(F.min("month").alias("since"), F.max("month").alias("until")).where(F.col("since").isNotNull())
    months = F.sequence("since", "until", F.expr("INTERVAL 1 MONTH"))
    letters = F.transform(months, lambda m: F.get(F.array(*map(F.lit, _LETTERS)), F.coalesce(F.try_element_at("rank_of", m), F.lit(0))))
    return known.crossJoin(F.broadcast(span)).select("area_code", "since", F.array_join(letters, "").alias("covered"))


def _of_nation(masks: DataFrame) -> DataFrame:
    return masks.where(F.col("area_code") == ANYWHERE)


def _months_from(first: Column, last: Column) -> Column:
    return (F.year(last) - F.year(first)) * 12 + F.month(last) - F.month(first)


def _stretch(covered: Column, since: Column, first: Column, last: Column) -> Column:
    """The letters of ``covered``, which begins with ``since``, from the month of ``first`` to that of ``last``; N where it has none."""
    size, skipped = _months_from(first, last) + 1, _months_from(F.coalesce(since, first), first)
    before = F.repeat(F.lit(_NONE), F.least(size, F.greatest(-skipped, F.lit(0))))
    inside = F.substring(F.coalesce(covered, F.lit("")), F.greatest(skipped, F.lit(0)) + 1, size - F.length(before))
    return F.rpad(F.concat(before, inside), size, _NONE)


def _covered(design: CohortConfig) -> dict[str, Column]:
    first, end = F.col("first.event_date"), F.col("observation_end")
    mask = _stretch(F.coalesce("covered_there", "covered_all"), F.col("covered_since"), first, end)
    washout = _stretch(F.col("covered_entry"), F.col("entry_since"), F.date_sub(first, design.washout_days), first)

    return {"coverage_mask": mask, "is_washout_observed": ~F.contains(washout, F.lit(_NONE))}


def _days_uncovered() -> Column:
    first, end, mask = F.col("first.event_date"), F.col("observation_end"), F.col("coverage_mask")

    def uncovered(i: Column) -> Column:
        month = F.add_months(F.trunc(first, "month"), i)
        days = F.datediff(F.least(F.last_day(month), end), F.greatest(month, first)) + 1
        return F.when(F.substring(mask, i + 1, F.lit(1)) == _NONE, days).otherwise(0)

    months = F.sequence(F.lit(0), F.length(mask) - 1)
    days = F.aggregate(F.transform(months, uncovered), F.lit(0), lambda sum_, each: sum_ + each)
    return F.when(F.contains(mask, F.lit(_NONE)), days).otherwise(0)


def _columns(design: CohortConfig) -> list[Column]:
    first, following, end = F.col("first.event_date"), F.col("next.event_date"), F.col("observation_end")
    return [
        F.lit(design.design).alias("design"),
        F.col("person_id"),
        F.col("first.event_id").alias("first_event_id"),
        first.alias("first_date"),
        F.col("first.event_system").alias("first_system"),
        F.col("first.event_type").alias("first_event_type"),
        F.col("first.offence_group").alias("first_offence_group"),
        F.col("first.area_code").alias("first_area_code"),
        F.col("first.birth_year_band").alias("birth_year_band"),
        F.col("washout_ok"),
        F.col("is_washout_observed"),
        following.alias("next_date"),
        F.col("next.system").alias("next_system"),
        F.col("return_count"),
        F.datediff(following, first).alias("days_to_next"),
        end.alias("observation_end"),
        F.datediff(F.coalesce(following, end), first).alias("days_at_risk"),
        following.isNull().alias("is_censored"),
        F.col("days_uncovered"),
        F.col("coverage_mask"),
    ]
