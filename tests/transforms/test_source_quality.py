"""What is counted of a source's columns, and that every record is accounted for by month and area."""

from datetime import date
from typing import Any

import pytest
from docketlink.transforms.source_quality import cell_counts, reconciliation, source_quality
from pyspark.sql import DataFrame, SparkSession

from tests.transforms.conftest import COURTS, PRISON, MakeRaw

DAY = date(2026, 1, 5)
REJECTED = "`table` string, source_file string, ordinal long, rule string, `column` string, month string, area_code string"
ROWS = [
    {"row_id": "1", "heard": "2024-05-01", "court": "B1", "dob": "1980-02-01", "pcode": "N16 8PH", "pnc": "81/34U", "sex": "M"},
    {"row_id": "2", "heard": "2024-06-01", "court": "B1", "dob": "1900-01-01", "pcode": "NF1 1NF", "pnc": "81/34X", "sex": "male"},
    {"row_id": "3", "heard": "2025-06-01", "court": "B2", "dob": "1980-13-01", "pcode": "nowhere", "pnc": " ", "sex": ""},
    {"row_id": "4", "heard": "1900-01-01", "court": None, "dob": None, "result": "Fine", "sex": "ns"},
    {"row_id": "5", "heard": "soon", "court": " B1 ", "dob": "2025-01-01", "result": "jail", "ethnicity": "ZZ"},
]
SET_ASIDE = [
    ("row", "a", 6, "TYPE", "dob", "2024-05", "B1"),
    ("row", "a", 6, "PATTERN", "dob", "2024-05", "B1"),
    ("row", "a", 6, "TYPE", "heard", "2024-05", "B1"),
    ("row", "a", 7, "COLUMN_COUNT", "", "unknown", "unknown"),
]


@pytest.fixture
def rejected(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(SET_ASIDE, REJECTED)


COUNTS = ("rows", "missing", "placeholder", "invalid", "unmapped", "set_aside")


def told(frame: DataFrame, *by: str) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Column and year, or what else ``by`` names, to rows, missing, placeholder, invalid, unmapped, set aside."""
    rows = frame.collect()
    assert len({(row.table, row.column, row.year, row.area_code) for row in rows}) == len(rows)
    sums: dict[tuple[str, ...], tuple[int, ...]] = {}
    for row in rows:
        key = tuple(row[name] for name in by or ("column", "year"))
        sums[key] = tuple(a + row[name] for a, name in zip(sums.get(key, (0,) * 6), COUNTS, strict=True))
    return sums


def test_values_are_counted_by_column_and_year(make_raw: MakeRaw, rejected: DataFrame) -> None:
    found = told(source_quality(cell_counts(make_raw(COURTS, {"row": ROWS}), COURTS, DAY), rejected, COURTS, DAY))
    expected: dict[tuple[str, ...], tuple[int, ...]] = {
        ("dob", "2024"): (2, 0, 1, 0, 0, 1),  # one record set aside, however many reasons
        ("dob", "2025"): (1, 0, 0, 1, 0, 0),
        ("dob", "unknown"): (2, 1, 0, 1, 0, 0),  # an age of one year is out of range
        ("heard", "2024"): (2, 0, 0, 0, 0, 1),
        ("heard", "unknown"): (2, 0, 1, 1, 0, 0),
        ("pcode", "2024"): (2, 0, 1, 0, 0, 0),
        ("pcode", "2025"): (1, 0, 0, 1, 0, 0),
        ("pnc", "2024"): (2, 0, 0, 1, 0, 0),
        ("pnc", "2025"): (1, 1, 0, 0, 0, 0),
        ("sex", "2024"): (2, 0, 0, 0, 1, 0),
        ("sex", "unknown"): (2, 1, 0, 0, 0, 0),
        ("result", "unknown"): (2, 0, 0, 0, 1, 0),
        ("ethnicity", "unknown"): (2, 1, 0, 0, 1, 0),
        ("", "unknown"): (0, 0, 0, 0, 0, 1),
    }
    assert {key: found[key] for key in expected} == expected
    assert {column for column, _ in found} == {*COURTS.tables["row"].columns, ""}


def test_values_are_counted_by_area_as_well(make_raw: MakeRaw, rejected: DataFrame) -> None:
    found = told(
        source_quality(cell_counts(make_raw(COURTS, {"row": ROWS}), COURTS, DAY), rejected, COURTS, DAY), "column", "year", "area_code"
    )
    assert {key: counts for key, counts in found.items() if key[0] == "dob"} == {
        ("dob", "2024", "B1"): (2, 0, 1, 0, 0, 1),
        ("dob", "2025", "B2"): (1, 0, 0, 1, 0, 0),
        ("dob", "unknown", "B1"): (1, 0, 0, 1, 0, 0),
        ("dob", "unknown", "unknown"): (1, 1, 0, 0, 0, 0),
    }
    assert found["", "unknown", "unknown"] == (0, 0, 0, 0, 0, 1)


def test_a_value_that_any_list_of_its_column_knows_is_mapped(make_raw: MakeRaw, rejected: DataFrame) -> None:
    movements = [
        {"offender_book_id": "1", "seq": str(i), "moved": "2024-01-01", "code": code} for i, code in enumerate(["ADM", "rel", "?"])
    ]
    identifiers = [
        {"root_offender_id": "1", "seq": "1", "identifier_type": "PNC", "identifier": "nothing"},
        {"root_offender_id": "1", "seq": "2", "identifier_type": "CRO", "identifier": "65656/91H"},
        {"root_offender_id": "1", "seq": "3", "identifier_type": "NINO", "identifier": "not judged"},
    ]
    raw = make_raw(PRISON, {"movements": movements, "identifiers": identifiers})
    found = told(source_quality(cell_counts(raw, PRISON, DAY), rejected.where("false"), PRISON, DAY))
    assert found["code", "2024"] == (3, 0, 0, 0, 1, 0)
    assert found["identifier", "unknown"] == (3, 0, 0, 1, 0, 0)


def test_received_is_accepted_and_set_aside_for_every_month_and_area(make_raw: MakeRaw, rejected: DataFrame) -> None:
    rows: list[Any] = reconciliation(cell_counts(make_raw(COURTS, {"row": ROWS}), COURTS, DAY), rejected, COURTS, DAY).collect()
    assert {(r.month, r.area_code): (r.received, r.accepted, r.set_aside) for r in rows} == {
        ("2024-05", "B1"): (2, 1, 1),
        ("2024-06", "B1"): (1, 1, 0),
        ("2025-06", "B2"): (1, 1, 0),
        ("unknown", "B1"): (1, 1, 0),
        ("unknown", "unknown"): (2, 1, 1),
    }
