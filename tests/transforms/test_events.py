"""Events of records and of people from literal extracts."""

from datetime import date

import pytest
from docketlink.config.source import SourceConfig
from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.records import COURT_EVENT
from docketlink.errors import ConfigError
from docketlink.transforms.person_event import event_account, person_events, principal_events
from pyspark.sql import SparkSession

from tests.transforms.conftest import COURTS, PRISON, MakeRaw, Rows, events_of
from tests.transforms.test_person_record import PRISON_ROWS

ROWS: Rows = {
    "row": [
        {
            "row_id": "1", "case_no": "0160/32981", "heard": "2024-05-01", "result": " IMMEDIATE  custody", "result_date": "2024-06-02",
            "offence": "04600", "court": "B10JQ",
        },
        {"row_id": "2", "heard": "2024-05", "result": "Bound over", "result_date": None},
        {"row_id": "3", "withdrawn": "Y", "heard": "2024-05-01", "result": "Fine"},
        {"row_id": "4", "heard": " "},
    ]
}  # fmt: skip


def test_a_flat_row_gives_an_event_for_whatever_it_says_happened(make_raw: MakeRaw) -> None:
    frame = events_of(make_raw(COURTS, ROWS), COURTS)
    assert COURT_EVENT.conform(frame).columns == frame.columns
    event = {row["event_id"]: tuple(row)[1:] for row in frame.collect()}
    assert event == {
        "event:courts/1/row/hearing": (
            "record:courts/1", "courts", "hearing", None, date(2024, 5, 1), "day", None, None, None, None, None, None, "B10JQ",
            "case:16032981", *[None] * 5,
        ),
        "event:courts/1/row/case_result": (
            "record:courts/1", "courts", "case_result", None, date(2024, 6, 2), "day", None, "CUSTODY", "IMMEDIATE  custody", "04600",
            "04600", None, "B10JQ", "case:16032981", *[None] * 5,
        ),
        "event:courts/2/row/hearing": ("record:courts/2", "courts", "hearing", None, None, "month", *[None] * 13),
        "event:courts/2/row/case_result": (
            "record:courts/2", "courts", "case_result", None, None, "unknown", None, "OTHER", "Bound over", *[None] * 10,
        ),
    }  # fmt: skip


def test_events_of_long_tables_reach_their_record_and_withdrawn_ones_do_not(make_raw: MakeRaw) -> None:
    raw = make_raw(PRISON, PRISON_ROWS)
    event = {r["event_id"]: r for r in events_of(raw, PRISON).collect()}
    # an open booking is no release; B3 is withdrawn, B4 hangs on nobody, B5 on a withdrawn person
    assert {key: (r["record_id"], r["event_type"], r["event_type_raw"], r["event_date_precision"]) for key, r in event.items()} == {
        "event:prison/B1/bookings/prison_release": ("record:prison/R1", "prison_release", None, "day"),
        "event:prison/B1/1/movements/prison_admission": ("record:prison/R1", "prison_admission", "ADM", "day"),
        "event:prison/B1/2/movements/prison_release": ("record:prison/R1", "prison_release", "rel", "month"),
        "event:prison/B1/3/movements/other": ("record:prison/R1", "other", "XYZ", "unknown"),
    }
    assert event["event:prison/B1/3/movements/other"]["event_date"] is None  # 1900-01-01 is what systems write for none
    shuffled = {name: frame.repartition(3) for name, frame in raw.items()}
    again = events_of(shuffled, PRISON).collect()
    assert {r["event_id"]: r for r in again} == event
    assert len(again) == len(event)


def test_a_source_without_events_gives_an_empty_table(make_raw: MakeRaw) -> None:
    silent = COURTS.model_copy(update={"events": ()})
    frame = events_of(make_raw(COURTS, ROWS), silent)
    assert frame.columns == [*COURT_EVENT.columns]
    assert frame.count() == 0


def test_two_declarations_of_one_event_are_refused(make_raw: MakeRaw) -> None:
    doubled = COURTS.model_copy(update={"events": (*COURTS.events, COURTS.events[0])})
    with pytest.raises(ConfigError, match="'hearing' 2 times"):
        events_of(make_raw(COURTS, ROWS), doubled)


def test_an_event_names_its_stay_the_lower_case_and_how_severe_it_is(make_raw: MakeRaw) -> None:
    said = {
        "table": "row",
        "type": "disposal",
        "date": {"column": "heard"},
        "lower_ref": "case_no",
        "episode": {"kind": "case", "columns": "court"},
        "measures": {"result_rank": "offence", "custody_days": "line1", "amount": "line2"},
    }
    source = SourceConfig.model_validate({**COURTS.model_dump(), "events": [said]})
    rows: Rows = {
        "row": [{"row_id": "1", "heard": "2024-02-29", "case_no": "01/2", "court": "B1", "offence": "2.0", "line1": "x", "line2": "75"}]
    }
    event = events_of(make_raw(source, rows), source).first()
    assert event is not None
    assert tuple(event)[-5:] == ("case:12", "case:episode/courts/case/B1", 2, None, 75)
    assert event["event_date"] == date(2024, 2, 29)


def test_the_principal_result_is_the_first_of_the_published_order_with_missing_values_last(spark: SparkSession) -> None:
    columns = "record_id string, event_id string, event_type string, result_rank int, custody_days int, amount long, offence_code string"
    told = [
        ("by rank", "b1", "disposal", 2, 900, 9, "A"), ("by rank", "b2", "disposal", 1, 1, 1, "Z"),
        ("by rank", "b3", "disposal", None, 990, 9, "A"),
        ("by days", "c1", "committal", 1, 30, 9, "A"), ("by days", "c2", "case_result", 1, 31, 1, "B"),
        ("by days", "c3", "disposal", 1, None, 99, "A"),
        ("by amount", "d1", "disposal", None, None, 5, "A"), ("by amount", "d2", "disposal", None, None, 6, "B"),
        ("by offence", "e2", "disposal", 1, 1, 1, "B"), ("by offence", "e1", "disposal", 1, 1, 1, "C"),
        ("by offence", "e0", "disposal", 1, 1, 1, None),
        ("by id", "f2", "disposal", None, None, None, None), ("by id", "f1", "disposal", None, None, None, None),
        ("no result", "g1", "hearing", 1, 1, 1, "A"), ("no result", "g2", "ancillary_result", 1, 1, 1, "A"),
    ]  # fmt: skip
    found = principal_events(spark.createDataFrame(told, columns)).collect()
    assert {row.record_id: row.principal_event_id for row in found} == {
        "by rank": "b2", "by days": "c2", "by amount": "d2", "by offence": "e2", "by id": "f1",
    }  # fmt: skip


def test_a_person_has_every_event_of_their_records_once(spark: SparkSession, make_raw: MakeRaw) -> None:
    court_event = events_of(make_raw(COURTS, ROWS), COURTS)
    people = [
        ("record:courts/1", "courts", "p1", "p1", "p1", "linked", 9.0, 7.5, 2, "sufficient"),
        ("record:prison/9", "prison", "p1", "p1", "p1", "linked", 9.0, 7.5, 2, "sufficient"),
        ("record:courts/2", "courts", "p2", "p2", "p1", "single", None, None, 1, "insufficient"),
    ]
    columns = (
        "record_id string, source string, person_id string, person_id_high string, person_id_low string, link_status string, "
        "best_match_weight double, weakest_link_weight double, cluster_size bigint, linkability string"
    )
    spine = spark.createDataFrame(people, columns)
    lineage = spark.createDataFrame(
        [("record:courts/1", "medium", 3), ("record:courts/1", "low", 4)], "record_id string, threshold string, spine_version bigint"
    )
    attribute = spark.createDataFrame([("record:courts/1", "2030-2034")], "record_id string, birth_year_band string")
    received = spark.createDataFrame([("courts", date(2024, 5, 20))], "source string, snapshot_date date")
    frame = person_events(court_event, spine, lineage, attribute, received, {"courts": "courts"})
    assert PERSON_EVENT.conform(frame).columns == frame.columns
    got = {r["event_id"]: r for r in frame.collect()}
    told = ("person_id", "event_year", "event_month", "weakest_link_weight", "day_order", "is_principal", "flag_arr", "spine_version")
    assert {key: tuple(r[name] for name in told) for key, r in got.items()} == {
        "event:courts/1/row/hearing": ("p1", 2024, 5, 7.5, 2, False, ["BEFORE_BIRTH"], 3),
        "event:courts/1/row/case_result": ("p1", 2024, 6, 7.5, 5, True, ["AFTER_SNAPSHOT", "BEFORE_BIRTH"], 3),
        "event:courts/2/row/hearing": ("p2", None, None, None, 2, False, [], None),
        "event:courts/2/row/case_result": ("p2", None, None, None, 5, True, [], None),
    }
    account = event_account(court_event, spine.where("record_id <> 'record:courts/2'")).collect()
    assert {r["reason"]: (r["events"], r["undated"], r["in_person_event"]) for r in account} == {
        "linked": (2, 0, 2),
        "no_spine_row": (2, 2, 0),
    }
