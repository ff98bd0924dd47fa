"""Headlines from literal events: what linkage gets wrong shows, and journeys are counted by case-defendant."""

from datetime import date

import pytest
from docketlink import quality
from docketlink.contracts.research import HEADLINE
from docketlink.quality.headlines import custody_time, headline_rates, headlines, journey_metrics
from docketlink.quality.questions import court_cases
from pyspark.sql import DataFrame, SparkSession

from tests.transforms.people import person_event_of


def contact(record: str, person: str, day: str, system: str = "courts", kind: str = "hearing", high: str | None = None) -> dict:
    return {"event_id": f"{record}{day}{kind}", "record_id": record, "person_id": person, "person_id_high": high or person,
            "source": system, "event_system": system, "event_type": kind, "event_date": day}  # fmt: skip


EVENTS = [
    contact("m1", "a", "2020-01-01"), contact("m2", "a", "2020-07-01", high="a2"),  # one person, torn apart at high
    contact("m3", "b", "2020-01-01"), contact("f1", "x", "2019-01-01", "family", "family_application"),  # one person, never joined
    contact("m4", "c", "2020-01-01"), contact("f2", "c", "2021-01-01", "family", "family_application"),
    contact("m5", "d", "2020-01-01"),  # without a true person: nowhere
    contact("p1", "a", "2020-02-01", "prison", "prison_admission"), contact("p1", "a", "2020-03-01", "prison", "prison_release"),
]  # fmt: skip
TRUTH = [("m1", "A"), ("m2", "A"), ("p1", "A"), ("m3", "B"), ("f1", "B"), ("m4", "C"), ("f2", "C")]


def test_headlines_at_every_level(spark: SparkSession) -> None:
    truth = spark.createDataFrame(TRUTH, "record_id string, true_person_id string")
    frame = headlines(person_event_of(spark, EVENTS), truth)
    found = {(row["headline"], row["level"]): (round(row["value"], 4), row["people"]) for row in HEADLINE.conform(frame).collect()}
    assert [found["court_repeat", level] for level in ("true", "high", "medium", "low")] == [
        (0.3333, 3),
        (0.0, 4),
        (0.3333, 3),
        (0.3333, 3),
    ]
    assert [found["court_return_1y", level] for level in ("true", "high", "medium")] == [(0.3333, 3), (0.0, 4), (0.3333, 3)]
    assert [found["family_at_court", level] for level in ("true", "medium")] == [(1.0, 2), (0.5, 2)]
    assert [found["family_before_court", level] for level in ("true", "medium")] == [(0.5, 2), (0.0, 1)]
    assert [found["release_return_1y", level] for level in ("true", "high")] == [(1.0, 1), (0.0, 1)]


def test_a_record_without_enough_identity_counts_for_true_people_alone(spark: SparkSession) -> None:
    """Nobody can tell whether they came back: they are no people who did not."""
    thin = [contact("m8", "e", "2020-01-01") | {"link_status": "insufficient_evidence"},
            contact("m9", "g", "2020-05-01") | {"link_status": "insufficient_evidence"}]  # fmt: skip
    truth = spark.createDataFrame([*TRUTH, ("m8", "E"), ("m9", "E")], "record_id string, true_person_id string")
    rows = headlines(person_event_of(spark, EVENTS + thin), truth).where("headline = 'court_repeat'").collect()
    assert {row["level"]: (row["value"], row["people"]) for row in rows if row["level"] in ("true", "medium")} == {
        "true": (0.5, 4),
        "medium": (pytest.approx(1 / 3), 3),
    }
    assert court_cases(person_event_of(spark, EVENTS + thin)).where("person_id IN ('e', 'g')").isEmpty()


def test_rates_of_another_spine_need_no_other_events(spark: SparkSession) -> None:
    """Who is whom comes from the spine alone; records that it does not hold count for nobody."""
    events = person_event_of(spark, EVENTS)
    rows = [(e["record_id"], e["person_id_high"], e["person_id"], e["person_id"], "linked") for e in EVENTS]
    persons = "record_id string, person_id_high string, person_id string, person_id_low string, link_status string"
    same = spark.createDataFrame(sorted({*rows}), persons)
    torn = spark.createDataFrame(
        sorted({(r, high, "m2" if r == "m2" else mid, low, status) for r, high, mid, low, status in rows if r != "m5"}), persons
    )

    def court_repeat(spine: DataFrame) -> dict[str, tuple[float, int]]:
        rates = headline_rates(events, spine).where("headline = 'court_repeat'").collect()
        return {row["level"]: (round(row["value"], 4), row["people"]) for row in rates}

    assert court_repeat(same) == {"high": (0.0, 5), "medium": (0.25, 4), "low": (0.25, 4)}
    assert court_repeat(torn) == {"high": (0.0, 4), "medium": (0.0, 4), "low": (0.3333, 3)}


def test_with_everybody_labelled_the_corrected_figure_is_the_true_one(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a person is two true people, of whom any group of the sample would see a part."""
    monkeypatch.setattr(quality.headlines, "_SAMPLED", 100)
    mistaken = [
        contact("m6", "z", "2020-01-01"), contact("f6", "z", "2019-06-01", "family", "family_application"),
        contact("f7", "y", "2018-01-01", "family", "family_application"), contact("m7", "q", "2018-03-01"),
    ]  # fmt: skip
    truth = spark.createDataFrame([*TRUTH, ("m6", "E"), ("f6", "F"), ("f7", "G"), ("m7", "G")], "record_id string, true_person_id string")
    rows = headlines(person_event_of(spark, EVENTS + mistaken), truth).collect()
    found = {(row["headline"], row["level"]): row["value"] for row in rows}
    assert found["family_at_court", "medium"] != found["family_at_court", "true"]
    for name in ("family_at_court", "family_before_court"):
        assert found[name, "corrected"] == pytest.approx(found[name, "true"])


def test_journeys_are_right_or_missed_by_case_defendant(spark: SparkSession) -> None:
    event = person_event_of(spark, [contact(r, "a", "2020-01-01", "courts", "crown_receipt") for r in ("c1", "c2", "c3")])
    journey = spark.createDataFrame([("m1", "c1"), ("m2", "c3"), ("m4", None)], "magistrates_record_id string, crown_record_id string")
    links = [
        ("committed", "m1", "c1"),
        ("committed", "m2", "c2"),
        ("committed", "m3", "c3"),
        ("committed", "m1", "transferred"),
        ("migrated", "m9", "c9"),
    ]
    truth = spark.createDataFrame(links, "kind string, magistrates_record_id string, record_id string")
    found = {row["headline"]: (row["value"], row["people"]) for row in journey_metrics(journey, truth, event).collect()}
    assert found == {"journey_precision": (0.5, 2), "journey_recall": (1 / 3, 3)}


def test_time_inside_counts_each_day_once(spark: SparkSession) -> None:
    lives = [
        ("A", "prison_admission", "2015-03-01"), ("A", "prison_admission", "2015-03-10"), ("A", "prison_release", "2015-03-20"),
        ("A", "prison_release", "2015-03-31"), ("B", "prison_admission", "2019-12-31"), ("C", "prison_admission", "2014-01-01"),
        ("C", "prison_release", "2014-02-01"),
    ]  # fmt: skip
    life = spark.createDataFrame(
        [(p, k, date.fromisoformat(d)) for p, k, d in lives], "true_person_id string, kind string, event_date date"
    )
    spells = [
        ("a", "sentenced", "2015-03-01", "2015-03-31"),
        ("a", None, "2015-04-01", "2015-09-01"),
        ("b", "remand", "2019-12-31", "2020-02-01"),
    ]
    spell = spark.createDataFrame(
        [(p, s, date.fromisoformat(i), date.fromisoformat(o)) for p, s, i, o in spells],
        "person_id string, legal_status string, start_date date, last_day date",
    )
    found = {row["level"]: (row["value"], row["people"]) for row in custody_time(spell, life).collect()}
    assert found == {"true": (32 / (2 * 1826), 2), "medium": (32 / (2 * 1826), 2)}
