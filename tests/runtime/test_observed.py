"""From the calendar to what panels ask: which systems cover which areas in which months."""

from datetime import date

import numpy as np
from docketlink.runtime.observed import watched
from docketlink.transforms.kernel_coverage import SYSTEMS_WATCHED
from docketlink.transforms.person_panel import covered_areas
from pyspark.sql import SparkSession

CALENDAR = "source string, area_code string, month date, coverage string"
SYSTEM_OF = [("old_courts", "courts"), ("new_courts", "courts"), ("jails", "prison"), ("county", "civil")]


def test_an_area_is_covered_while_any_source_of_the_system_has_it(spark: SparkSession) -> None:
    rows = [
        ("old_courts", "A", date(2023, 11, 1), "full"), ("old_courts", "A", date(2023, 12, 1), "none"),
        ("new_courts", "A", date(2023, 12, 1), "migrating"), ("old_courts", "B", date(2023, 12, 1), "none"),
        ("new_courts", "B", date(2024, 1, 1), "partial"), ("jails", "A", date(2024, 1, 1), "full"),
        ("county", "C", date(2023, 1, 1), "full"),
    ]  # fmt: skip
    system_of = spark.createDataFrame(SYSTEM_OF, "source string, system string")
    found = watched(covered_areas(spark.createDataFrame(rows, CALENDAR), system_of), date(2024, 2, 9))
    assert found.areas == {"A": 1, "B": 2}
    courts, prison, probation = (SYSTEMS_WATCHED.index(system) for system in ("courts", "prison", "probation"))
    assert found.months.tolist()[courts] == [
        [True, True, True, False],  # the country, from November to February
        [True, True, False, False],
        [False, False, True, False],
    ]
    assert found.months.tolist()[prison] == [[False, False, True, False]] * 3  # B is not known to the system, so the country tells
    assert not found.months[probation].any()
    assert found.years.tolist()[courts][0] == [True, False]
    assert found.covers(courts, np.array([2, 2, 0]), np.array([2024 * 12, 1990 * 12, 2030 * 12]), "month").tolist() == [True, False, False]


def test_without_a_calendar_nothing_is_covered(spark: SparkSession) -> None:
    system_of = spark.createDataFrame(SYSTEM_OF, "source string, system string")
    found = watched(covered_areas(spark.createDataFrame([], CALENDAR), system_of), date(2024, 2, 9))
    assert (found.areas, found.months.any(), found.months.shape) == ({}, False, (3, 1, 1))
