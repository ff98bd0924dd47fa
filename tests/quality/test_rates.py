"""Survival curves and rates: who is in the denominator."""

from datetime import date, timedelta

import numpy as np
import pytest
from docketlink.quality.rates import kaplan_meier, rate_per_person_year, return_rate, survival_counts
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

START = date(2020, 1, 1)


def test_the_curve_of_a_textbook() -> None:
    # times 6+, 6, 6, 6, 7, 9+, 10: the placebo group's first steps by hand
    curve = kaplan_meier([6, 7, 9, 10], [3, 1, 0, 1], [1, 0, 1, 0])
    assert curve.day.tolist() == [6, 7, 10]
    assert curve.at_risk.tolist() == [7, 3, 1]
    assert curve.share == pytest.approx([4 / 7, 4 / 7 * 2 / 3, 0])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 5), st.integers(0, 5)), max_size=30, unique_by=lambda row: row[0]))
def test_a_curve_falls_within_its_interval_and_without_censoring_is_the_plain_share(rows: list[tuple[int, int, int]]) -> None:
    days, returned, censored = ([row[n] for row in rows] for n in range(3))
    curve = kaplan_meier(days, returned, censored)
    assert np.all(np.diff(curve.share) <= 0)
    assert np.all((curve.low <= curve.share + 1e-12) & (curve.share <= curve.high + 1e-12))
    plain = kaplan_meier(days, returned, [0] * len(rows))
    total = sum(returned)
    gone = [sum(n for d, n in zip(days, returned, strict=True) if d <= day) for day in plain.day]
    assert plain.share == pytest.approx([1 - n / total for n in gone])


def test_a_rate_leaves_out_whoever_was_not_seen_long_enough_and_days_inside(spark: SparkSession) -> None:
    rows = [
        ("a", START, START + timedelta(100), START + timedelta(800), True, 100, "FF"),
        ("b", START, None, START + timedelta(800), True, None, "F" * 20 + "N"),
        ("c", START, START + timedelta(50), START + timedelta(60), True, 50, "FF"),  # came back, but was not seen for a year
        ("d", START, None, START + timedelta(800), True, None, "FFNF"),  # a month without coverage
        ("e", START, None, START + timedelta(800), False, None, "FF"),
    ]
    cohort = spark.createDataFrame(
        [(*row, row[5] or (row[3] - START).days, row[5] is None) for row in rows],
        "person_id string, first_date date, next_date date, observation_end date, washout_ok boolean, days_to_next int, "
        "coverage_mask string, days_at_risk int, is_censored boolean",
    )
    rate = return_rate(cohort, 365).first()
    assert rate is not None
    assert (rate["people"], rate["returned"], rate["rate"]) == (2, 1, 0.5)
    assert rate["low"] == pytest.approx(0.0945, abs=1e-3)
    counts = {row["days"]: (row["returned"], row["censored"]) for row in survival_counts(cohort).collect()}
    assert counts == {100: (1, 0), 50: (1, 0), 800: (0, 2)}
    panel = spark.createDataFrame(
        [(2020, True, "none", 366, 0, 2), (2020, True, "sentenced", 366, 366, 5), (2020, False, "unobserved", 366, 0, 0)],
        "year int, is_observed boolean, state string, days_observed int, days_custody int, charge_count int",
    )
    found = rate_per_person_year(panel, "charge_count", "year").first()
    assert found is not None
    assert (found["events"], found["rate"]) == (2, pytest.approx(2 / (366 / 365.25)))
