"""Person spells: stretches of custody and supervision, from the events that open and close them. docs/longitudinal.md has the rules."""

from typing import NamedTuple

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from docketlink.columns.events import day_order
from docketlink.contracts.research import PERSON_SPELL, SPELL_SET_ASIDE
from docketlink.transforms.arrow import through
from docketlink.transforms.kernel_spells import SEVERITY, SPELL, spell_batches
from docketlink.transforms.observation import days_since_1970
from docketlink.transforms.person_event import deaths

_CLOSES = {"licence_start": "licence_end", "supervision_start": "supervision_end", "requirement_start": "requirement_end"}
_KIND = {opens: opens.removesuffix("_start") for opens in _CLOSES}
_STATUS, _ADMISSION, _RELEASE = "legal_status", "prison_admission", "prison_release"
_RECORDED = ("person_id", "event_id", "kind", "start_day", "last_day", "is_open", "end_reason", "flag_arr", "legal_status_raw",
             "area_code", "source")  # fmt: skip


class Spells(NamedTuple):
    """``research.person_spell`` and, beside it, ``research.spell_set_aside``."""

    person_spell: DataFrame
    set_aside: DataFrame


def person_spells(person_event: DataFrame, observed: DataFrame) -> Spells:
    """The spells of every person; ``observed`` is ``observation_end`` of each source.

    Every event that opens a spell is in ``resolved_from`` of exactly one spell or set aside with a reason. One shuffle by person.
    """
    opening = recorded_spells(person_event, observed)
    made = opening.where("reason IS NULL").select(*_RECORDED)
    resolved = through(made.repartition("person_id").sortWithinPartitions("person_id"), spell_batches, SPELL)
    aside = opening.where("reason IS NOT NULL").select(
        "event_id", "person_id", F.col("spell_type"), F.col("event_date").alias("start_date"), "end_date", "reason"
    )
    return Spells(PERSON_SPELL.conform(resolved), SPELL_SET_ASIDE.conform(aside))


def recorded_spells(person_event: DataFrame, observed: DataFrame) -> DataFrame:
    """One row for each event that opens a spell: what kernel_spells takes, and ``reason`` where it can be none.

    A legal status, or the first admission of a stay that has none, opens custody; the start of a licence, of supervision or of a
    requirement opens that. It ends as recorded, at the release from the stay, or at the expected end where that is past and nothing
    else is known; at death at the latest.
    """
    opens, closes = (_STATUS, _ADMISSION, *_CLOSES), (_RELEASE, *_CLOSES.values())
    told = person_event.where(F.col("event_type").isin(*opens, *closes)).withColumn("stay", F.coalesce("episode_token", "event_id"))
    episode = Window.partitionBy("person_id", "source", "stay")
    kind, day = F.col("event_type"), F.col("event_date")
    # A status lasts up to the day before the next one of its stay, which is where many sources write its end.
    after = F.lead("event_date").over(Window.partitionBy("person_id", "source", "stay", "event_type").orderBy("event_date", "event_id"))
    stay = told.withColumns(
        {
            "next_status": F.when((kind == _STATUS) & (after > day), F.date_sub(after, 1)),
            "closed": F.max(F.when(kind.isin(*closes), day)).over(episode),
            "has_status": F.max(kind == _STATUS).over(episode),
            "admission": F.row_number().over(episode.orderBy(kind != _ADMISSION, day.asc_nulls_last(), day_order(kind), "event_id")),
        }
    )
    is_bare = (kind == _ADMISSION) & ~F.col("has_status") & (F.col("admission") == 1)
    opening = stay.where((kind == _STATUS) | is_bare | kind.isin(*_CLOSES))
    known = opening.join(F.broadcast(observed), "source", how="left").join(deaths(person_event), "person_id", how="left")
    return known.withColumns(_kinds()).withColumns(_ends()).withColumns(_lasting()).withColumns(_days())


def _kinds() -> dict[str, Column]:
    kind, status = F.col("event_type"), F.col("outcome_code")
    mapped = F.coalesce(*(F.when(kind == opens, F.lit(name)) for opens, name in _KIND.items()))
    status_kind = F.when(status.isin(*SEVERITY), status).otherwise("unknown")
    spell_type = (
        F.when(kind.isin(*_CLOSES), mapped)
        .when((kind == _STATUS) & status.isin("remand", "unsentenced"), "remand")
        .when((kind == _STATUS) & (status == "recall"), "recall")
        .when((kind == _STATUS) & (status == "civil"), "civil_custody")
        .when((kind == _STATUS) & (status == "immigration"), "immigration")
        .otherwise("custody")
    )
    return {
        "kind": F.when(kind == _STATUS, status_kind).when(kind == _ADMISSION, "unknown").otherwise(mapped),
        "spell_type": spell_type,
        "legal_status_raw": F.when(kind == _STATUS, F.col("outcome_code_raw")),
        "limit": F.coalesce("observation_end", F.col("event_date")),
    }


def _ends() -> dict[str, Column]:
    """``ended`` and how it is known. An end that is only expected counts when it is past: orders whose end nobody wrote down do end."""
    day, is_order = F.col("event_date"), F.col("event_type").isin(*_CLOSES)
    closed = F.when((F.col("closed") >= day) | is_order, F.col("closed"))
    expected = F.when(is_order & F.col("closed").isNull() & (F.col("end_date") <= F.col("limit")), F.col("end_date"))
    own = F.when(~is_order, F.least("end_date", closed, "next_status"))
    return {
        "ended": F.coalesce(F.when(is_order, closed), own, expected),
        "is_expected": expected.isNotNull(),
    }


def _lasting() -> dict[str, Column]:
    day, ended, death = F.col("event_date"), F.col("ended"), F.col("death_date")
    backwards = ended < day
    last = F.when(backwards, day).otherwise(F.least(F.coalesce(ended, F.col("limit")), F.col("limit")))
    dies = death.isNotNull() & (death >= day) & (death < last)
    is_open = F.coalesce(backwards, F.lit(False)) | ended.isNull() | (ended > F.col("limit"))
    return {
        "last_date": F.when(dies, death).otherwise(last),
        "is_open": is_open & ~F.coalesce(dies, F.lit(False)),
        "end_reason": F.when(dies, "died")
        .when(backwards, "unknown")
        .when(is_open, "open")
        .when(F.col("is_expected"), "expected")
        .otherwise("recorded"),
        "reason": F.when(day.isNull(), "NO_START")
        .when(F.array_contains("flag_arr", "BEFORE_BIRTH"), "BEFORE_BIRTH")
        .when(day > F.col("limit"), "AFTER_SNAPSHOT")
        .when(F.array_contains("flag_arr", "AFTER_DEATH"), "AFTER_DEATH"),
        "flag_arr": F.array_compact(
            F.array(
                F.when(backwards, F.lit("END_BEFORE_START")),
                F.when(F.col("is_expected"), F.lit("END_EXPECTED")),
                F.when(F.col("kind") == "unknown", F.lit("NO_STATUS")),
            )
        ),
    }


def _days() -> dict[str, Column]:
    return {"start_day": days_since_1970(F.col("event_date")), "last_day": days_since_1970(F.col("last_date"))}
