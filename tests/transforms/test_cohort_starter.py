"""Cohorts from literal events, and designs that cannot be."""

from datetime import date

import pytest
from docketlink.config.cohort import CohortConfig
from docketlink.contracts.research import COHORT_STARTER
from docketlink.transforms.cohort_starter import cohort_starters
from pydantic import ValidationError
from pyspark.sql import SparkSession

from tests.transforms.people import person_event_of

DESIGN = {
    "design": "returns", "about": "Test.", "first": "2020-01-01", "last": "2020-06-30", "enter": {"systems": ["courts"],
    "event_types": ["case_result"]}, "returns": {"systems": ["courts", "prison"]}, "washout_days": 365, "gap_days": 30,
}  # fmt: skip


def court(person: str, day: str, kind: str = "case_result", **more: object) -> dict:
    return {"event_id": f"{person}{day}{kind}", "person_id": person, "source": "mags", "event_system": "courts", "event_type": kind,
            "event_date": day, "area_code": "B1", "offence_group": "THEFT", **more}  # fmt: skip


EVENTS = [
    court("a", "2020-02-29"), court("a", "2020-03-10"), court("a", "2020-08-01", "hearing"), court("a", "2020-08-01", "charge"),
    court("b", "2019-06-01"), court("b", "2020-03-01"),  # not washed out
    court("c", "2020-05-05", flag_arr=["AFTER_DEATH"]), court("d", "2019-12-31"),  # no members
    court("e", "2020-06-30"), court("e", "2021-05-01", "hearing"),  # back after the last day on which prisons were observed
]  # fmt: skip


def test_members_returns_and_what_was_covered(spark: SparkSession) -> None:
    months = [date(2018 + n // 12, n % 12 + 1, 1) for n in range(48)]
    holes = {date(2020, 5, 1): "none", date(2020, 6, 1): "partial"}
    calendar = spark.createDataFrame(
        [("mags", "B1", m, holes.get(m, "full")) for m in months], "source string, area_code string, month date, coverage string"
    )
    observed = spark.createDataFrame([("mags", date(2021, 12, 31)), ("jail", date(2020, 12, 15))], "source string, observation_end date")
    system_of = spark.createDataFrame([("mags", "courts"), ("jail", "prison")], "source string, system string")
    frame = cohort_starters(person_event_of(spark, EVENTS), calendar, observed, system_of, CohortConfig.model_validate(DESIGN))
    told = ("first_date", "washout_ok", "next_date", "return_count", "days_at_risk", "is_censored", "days_uncovered", "coverage_mask")
    assert {row["person_id"]: tuple(row[name] for name in told) for row in COHORT_STARTER.conform(frame).collect()} == {
        "a": (date(2020, 2, 29), True, date(2020, 8, 1), 1, 154, False, 31, "FFFNPFFFFFF"),
        "b": (date(2020, 3, 1), False, None, 0, 289, True, 31, "FFNPFFFFFF"),
        "e": (date(2020, 6, 30), True, None, 0, 168, True, 0, "PFFFFFF"),
    }


@pytest.mark.parametrize(
    ("source", "mask", "days"),
    [("mags", "NNFFFFFFFNN", 1 + 31 + 30 + 15), ("other", "N" * 11, 291)],  # of the second no system of return is known at all
)
def test_months_that_the_calendar_does_not_know_are_not_covered(spark: SparkSession, source: str, mask: str, days: int) -> None:
    months = [(source, "B2", date(2020, n, 1), "full") for n in range(4, 11)]
    calendar = spark.createDataFrame(months, "source string, area_code string, month date, coverage string")
    observed = spark.createDataFrame([("mags", date(2021, 12, 31)), ("jail", date(2020, 12, 15))], "source string, observation_end date")
    system_of = spark.createDataFrame([("mags", "courts"), ("jail", "prison"), ("other", "family")], "source string, system string")
    frame = cohort_starters(person_event_of(spark, EVENTS[:4]), calendar, observed, system_of, CohortConfig.model_validate(DESIGN))
    (row,) = COHORT_STARTER.conform(frame).collect()
    assert (row.coverage_mask, row.days_uncovered, row.is_washout_observed) == (mask, days, False)


@pytest.mark.parametrize("wrong", [{"wash": 1}, {"last": "2019-01-01"}, {"enter": {"systems": ["court"]}}, {"first": "2020-13-01"}])
def test_a_design_that_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        CohortConfig.model_validate({**DESIGN, **wrong})
