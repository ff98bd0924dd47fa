"""Person events: what happened to a person, from what happened to their records."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.events import PRINCIPAL_AMONG, day_order, result_order
from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.records import COURT_EVENT
from docketlink.contracts.research import EVENT_ACCOUNT

NO_SPINE_ROW = "no_spine_row"
DIED = "died"  # outcome of an event that tells the death of the person
_PERSON = ("person_id", "person_id_high", "person_id_low", "link_status", "weakest_link_weight")


def person_events(
    court_event: DataFrame,
    person_spine: DataFrame,
    person_lineage: DataFrame,
    record_attribute: DataFrame,
    received_file: DataFrame,
    systems: Mapping[str, str],
) -> DataFrame:
    """``research.person_event``: one row for each court event whose record has a row in the spine, no more and no fewer.

    The keys of spine and attributes are ``record_id`` (audited in their writes), so the joins are many-to-one and cannot multiply an
    event. ``systems`` gives each source its kind of system. Dates that cannot be right stay, with a flag beside them.
    """
    since = person_lineage.where("threshold = 'medium'").groupBy("record_id").agg(F.max("spine_version").alias("spine_version"))
    band = record_attribute.select("record_id", "birth_year_band")
    # all that is known of a record first: events are many and wide, and cross the shuffle once
    person = person_spine.select("record_id", *_PERSON)
    for known in (since, band, principal_events(court_event)):
        person = person.join(known, "record_id", how="left")
    # sources tell few deaths: broadcast, so that people cross no shuffle for them
    died = F.broadcast(deaths(court_event.join(person_spine.select("record_id", "person_id"), "record_id", how="inner")))
    event = COURT_EVENT.conform(court_event).join(person.join(died, "person_id", how="left"), "record_id", how="inner")
    latest = received_file.groupBy("source").agg(F.max("snapshot_date").alias("_snapshot"))
    dated = event.join(F.broadcast(latest), "source", how="left")
    kind = F.create_map(*(F.lit(text) for pair in sorted(systems.items()) for text in pair))
    added = {
        "event_system": F.coalesce(F.try_element_at(kind, F.col("source")), F.lit("other")) if systems else F.lit("other"),
        "event_year": F.year("event_date"),
        "event_month": F.month("event_date"),
        "day_order": day_order(F.col("event_type")),
        "is_principal": F.coalesce(F.col("event_id") == F.col("principal_event_id"), F.lit(False)),
        "flag_arr": _flags(),
    }
    return PERSON_EVENT.conform(dated.withColumns(added).select(*PERSON_EVENT.columns))


def deaths(event: DataFrame) -> DataFrame:
    """``person_id, death_date``: the earliest day on which a source says that the person died; nobody else has a row."""
    told = event.where((F.col("outcome_code") == DIED) & F.col("event_date").isNotNull())
    return told.groupBy("person_id").agg(F.min("event_date").alias("death_date"))


def principal_events(event: DataFrame) -> DataFrame:
    """``record_id, principal_event_id``: of the results of each record that has any the principal one, the least by ``result_order``."""
    results = event.where(F.col("event_type").isin(*PRINCIPAL_AMONG))
    return results.groupBy("record_id").agg(F.min_by("event_id", result_order()).alias("principal_event_id"))


def event_account(court_event: DataFrame, person_spine: DataFrame) -> DataFrame:
    """``quality.event_account``: of each source the payload events by how their records came to a person, or that they did not."""
    status = person_spine.select("record_id", F.col("link_status").alias("reason"))
    of_record = court_event.groupBy("record_id", "source").agg(  # a tenth of the rows for the join
        F.count(F.lit(1)).alias("events"), F.count_if(F.col("event_date").isNull()).alias("undated")
    )
    told = of_record.join(status, "record_id", how="left").withColumn("reason", F.coalesce("reason", F.lit(NO_SPINE_ROW)))
    counted = told.groupBy("source", "reason").agg(F.sum("events").alias("events"), F.sum("undated").alias("undated"))
    linked = F.when(F.col("reason") == NO_SPINE_ROW, F.lit(0).cast("long")).otherwise(F.col("events"))
    return EVENT_ACCOUNT.conform(counted.withColumn("in_person_event", linked))


def _flags() -> Column:
    day = F.col("event_date")
    born_from = F.expr("try_cast(substring(birth_year_band, 1, 4) AS int)")
    flags = {
        "AFTER_DEATH": day > F.col("death_date"),
        "AFTER_SNAPSHOT": day > F.col("_snapshot"),
        "BEFORE_BIRTH": F.year(day) < born_from,
    }
    return F.array_compact(F.array(*(F.when(holds, F.lit(name)) for name, holds in flags.items())))
