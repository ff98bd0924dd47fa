"""Journeys from literal events."""

from docketlink.contracts.research import CASE_JOURNEY
from docketlink.transforms.case_journey import case_journeys
from pyspark.sql import SparkSession

from tests.transforms.people import person_event_of


def below(record: str, person: str, case: str, result: str, outcome: str = "committed_trial", group: str = "THEFT") -> list[dict]:
    row = {"record_id": record, "person_id": person, "source": "mags", "event_system": "courts", "case_ref_token": case}
    return [
        {**row, "event_id": f"{record}h", "event_type": "hearing", "event_date": "2020-02-29"},
        {**row, "event_id": f"{record}c", "event_type": "charge", "event_date": "2020-01-30", "case_ref_token": None},
        {**row, "event_id": f"{record}r", "event_type": "committal", "event_date": result, "outcome_code": outcome, "offence_group": group,
         "is_principal": True},
    ]  # fmt: skip


def above(record: str, person: str, case: str | None, sent: str | None, received: str, kind: str = "trial") -> list[dict]:
    row = {"record_id": record, "person_id": person, "source": "crown", "event_system": "courts"}
    sent_up = [{**row, "event_id": f"{record}s", "event_type": "committal", "event_date": sent, "case_ref_token": case}] if sent else []
    return [
        *sent_up,
        {**row, "event_id": f"{record}a", "event_type": "crown_receipt", "event_date": received, "outcome_code": kind,
         "lower_ref_token": case},
        {**row, "event_id": f"{record}d", "event_type": "disposal", "event_date": "2020-09-01", "outcome_code": "custody",
         "is_principal": True, "offence_group": "THEFT"},
    ]  # fmt: skip


EVENTS = [
    *below("m1", "p1", "k1", "2020-03-10"), *above("c1", "p1", "k1", "2020-03-10", "2020-03-20"),  # case and person
    *below("m2", "p2", "k1", "2020-03-10"), *above("c2", "x2", "k1", "2020-03-10", "2020-03-20"),  # the co-defendant, not linked
    *below("m3", "p3", "k3", "2020-03-10"), *above("c3", "p3", None, "2020-03-10", "2020-03-20"),  # no reference
    *below("m4", "p4", "k4", "2020-03-10"), *above("c4", "p9", "k4", "2019-01-01", "2019-01-05"),  # a wrong digit met another case
    *below("m5", "p5", "k5", "2020-03-10", "fine"), *above("c5", "p5", "k5", None, "2020-04-01", "appeal"),
    *below("m6", "p6", "k6", "2020-03-10", "fine"),
    *below("m7", "p7", "k7", "2020-03-10"), *below("m8", "p8", "k7", "2020-03-10"),  # two who cannot be told apart
    *above("c7", "x7", "k7", "2020-03-10", "2020-03-20"),
]  # fmt: skip


def test_journeys_follow_references_then_people_and_days_and_refuse_what_is_ambiguous(spark: SparkSession) -> None:
    attribute = spark.createDataFrame([("m1", "M", "1980-1984")], "record_id string, sex string, birth_year_band string")
    frame = case_journeys(person_event_of(spark, EVENTS), attribute, lower=["mags"], upper=["crown"])
    found = {row["magistrates_record_id"]: row for row in CASE_JOURNEY.conform(frame).collect()}
    assert {key: (row["crown_record_id"], row["rule"], row["case_defendants"]) for key, row in found.items()} == {
        "m1": ("c1", "case_and_person", 2),
        "m2": ("c2", "case_and_date", 2),
        "m3": ("c3", "person_and_date", 1),
        "m4": (None, "none", 1),
        "m5": ("c5", "case_and_person", 1),
        "m7": (None, "none", 2),
        "m8": (None, "none", 2),
    }
    first = found["m1"]
    days = [first[f"days_{name}"] for name in ("offence_to_hearing", "hearing_to_committal", "committal_to_receipt", "receipt_to_disposal")]
    assert days == [30, 10, 10, 165]


def test_a_case_that_goes_up_within_its_system_is_one_record_and_what_follows_the_committal_is_the_crown_courts(
    spark: SparkSession,
) -> None:
    def platform(record: str, person: str, *told: tuple[str, str, str | None]) -> list[dict]:
        row = {"record_id": record, "person_id": person, "source": "platform", "event_system": "courts", "case_ref_token": "k1"}
        return [
            {**row, "event_id": f"{record}{n}", "event_type": kind, "event_date": day, "outcome_code": outcome, "offence_group": "THEFT"}
            for n, (kind, day, outcome) in enumerate(told)
        ]

    first = (("charge", "2022-01-30", None), ("hearing", "2022-02-01", None))
    sent = ("committal", "2022-03-01", "committed_trial")
    events = [
        *platform("done", "p1", *first, sent, ("hearing", "2022-03-22", None)),
        *platform(
            "done", "p1", *[("charge", "2022-01-31", None)] * 4, ("disposal", "2022-02-01", "fine"), ("disposal", "2022-09-01", "custody")
        ),
        *platform("open", "p2", *first, sent, ("hearing", "2022-03-22", None)),
        *platform("waiting", "p3", *first, sent),
        *platform("below", "p4", *first, ("disposal", "2022-02-01", "fine")),
    ]  # fmt: skip
    attribute = spark.createDataFrame([], "record_id string, sex string, birth_year_band string")
    made = case_journeys(person_event_of(spark, events), attribute, lower=["mags"], upper=["crown"], both=["platform"])
    found = {row["magistrates_record_id"]: row for row in CASE_JOURNEY.conform(made).collect()}
    columns = ("crown_record_id", "crown_person_id", "rule", "crown_case_type", "crown_outcome", "case_defendants", "case_defendants_sent")
    assert {key: tuple(row[name] for name in columns) for key, row in found.items()} == {
        "done": ("done", "p1", "same_record", "trial", "custody", 4, 3),
        "open": ("open", "p2", "same_record", "trial", None, 4, 3),
        "waiting": (None, None, "none", None, None, 4, 3),
    }
    done = found["done"]
    assert [str(done[name]) for name in ("offence_date", "committal_date", "disposal_date")] == ["2022-01-30", "2022-03-01", "2022-09-01"]
    assert (done["magistrates_outcome"], done["offence_group"], done["received_date"], done["score"]) == (
        "committed_trial",
        "THEFT",
        None,
        None,
    )
