"""Spells from literal events: what opens, closes, censors, and what is set aside."""

from datetime import date

from docketlink.contracts.research import PERSON_SPELL, SPELL_SET_ASIDE
from docketlink.transforms.person_spell import person_spells
from pyspark.sql import SparkSession

from tests.transforms.people import person_event_of

EVENTS = [
    # a: on remand, sentenced on the day that the remand ends, a visit outside, released
    {"event_id": "a1", "person_id": "a", "episode_token": "s1", "event_type": "legal_status", "outcome_code": "remand",
     "event_date": "2020-02-01", "end_date": "2020-02-29"},
    {"event_id": "a2", "person_id": "a", "episode_token": "s1", "event_type": "legal_status", "outcome_code": "sentenced",
     "event_date": "2020-02-29"},
    {"event_id": "a3", "person_id": "a", "episode_token": "s1", "event_type": "temporary_absence", "event_date": "2020-03-01"},
    {"event_id": "a4", "person_id": "a", "episode_token": "s1", "event_type": "prison_release", "event_date": "2020-04-01"},
    {"event_id": "a5", "person_id": "a", "episode_token": "l1", "event_type": "licence_start", "event_date": "2020-04-01",
     "end_date": "2020-06-30"},
    # b: a stay without a status and without an end; a requirement that ended in death; one that ended before it began
    {"event_id": "b1", "person_id": "b", "episode_token": "s2", "event_type": "prison_admission", "event_date": "2023-12-01"},
    {"event_id": "b2", "person_id": "b", "episode_token": "s2", "event_type": "prison_admission", "event_date": "2023-12-05"},
    {"event_id": "c1", "person_id": "c", "episode_token": "q1", "event_type": "requirement_start", "event_date": "2021-01-01"},
    {"event_id": "c2", "person_id": "c", "episode_token": "q1", "event_type": "requirement_end", "event_date": "2021-03-01",
     "outcome_code": "died"},
    {"event_id": "c3", "person_id": "c", "episode_token": "s3", "event_type": "legal_status", "outcome_code": "indeterminate",
     "event_date": "2021-02-01"},
    {"event_id": "d1", "person_id": "d", "episode_token": "u1", "event_type": "supervision_start", "event_date": "2021-05-01"},
    {"event_id": "d2", "person_id": "d", "episode_token": "u1", "event_type": "supervision_end", "event_date": "2021-04-01"},
    # what can be no spell: no day (a month alone), after the snapshot, before birth, after death
    {"event_id": "e1", "person_id": "e", "event_type": "licence_start", "event_date_precision": "month"},
    {"event_id": "e2", "person_id": "e", "event_type": "licence_start", "event_date": "2024-02-29"},
    {"event_id": "e3", "person_id": "e", "event_type": "legal_status", "event_date": "1950-01-01", "flag_arr": ["BEFORE_BIRTH"]},
    {"event_id": "c4", "person_id": "c", "event_type": "licence_start", "event_date": "2021-03-02", "flag_arr": ["AFTER_DEATH"]},
]  # fmt: skip


def test_spells_open_close_and_are_censored_and_nothing_is_lost(spark: SparkSession) -> None:
    observed = spark.createDataFrame([("prison", date(2024, 1, 31))], "source string, observation_end date")
    made = person_spells(person_event_of(spark, EVENTS), observed)
    spells = [row.asDict() for row in PERSON_SPELL.conform(made.person_spell).collect()]
    told = ("spell_type", "legal_status", "start_date", "end_date", "end_reason", "censor_date", "days", "flag_arr")
    assert {tuple(s["resolved_from"]): tuple(s[name] for name in told) for s in spells} == {
        ("a1",): ("remand", "remand", date(2020, 2, 1), date(2020, 2, 28), "recorded", None, 28, []),
        ("a2",): ("custody", "sentenced", date(2020, 2, 29), date(2020, 4, 1), "recorded", None, 33, []),
        ("a5",): ("licence", None, date(2020, 4, 1), date(2020, 6, 30), "expected", None, 91, ["END_EXPECTED"]),
        ("b1",): ("custody", "unknown", date(2023, 12, 1), None, "open", date(2024, 1, 31), 62, ["NO_STATUS"]),
        ("c1",): ("requirement", None, date(2021, 1, 1), date(2021, 3, 1), "recorded", None, 60, []),
        ("c3",): ("custody", "indeterminate", date(2021, 2, 1), date(2021, 3, 1), "died", None, 29, []),
        ("d1",): ("supervision", None, date(2021, 5, 1), None, "unknown", date(2021, 5, 1), 1, ["END_BEFORE_START"]),
    }
    aside = {row["event_id"]: row["reason"] for row in SPELL_SET_ASIDE.conform(made.set_aside).collect()}
    assert aside == {"e1": "NO_START", "e2": "AFTER_SNAPSHOT", "e3": "BEFORE_BIRTH", "c4": "AFTER_DEATH"}


def test_a_correction_and_a_new_link_change_the_rows_of_their_people_alone(spark: SparkSession) -> None:
    observed = spark.createDataFrame([("prison", date(2024, 1, 31))], "source string, observation_end date")
    corrected = [{**e, "event_date": "2020-04-08"} if e["event_id"] == "a4" else e for e in EVENTS if e["event_id"] != "d2"]
    linked = [{**e, "person_id": "a"} if e["person_id"] == "b" else e for e in corrected]
    before, after = (
        {(row["person_id"], *row["resolved_from"]): row for row in person_spells(person_event_of(spark, events), observed)[0].collect()}
        for events in (EVENTS, linked)
    )
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed == {("a", "a2"), ("b", "b1"), ("a", "b1"), ("d", "d1")}
    assert before["b", "b1"]["spell_id"] == after["a", "b1"]["spell_id"]  # a spell stays itself when its person changes
