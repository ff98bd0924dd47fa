"""Rows that later ones supersede, and columns taken along, from literal extracts."""

from datetime import date
from typing import Any

import pytest
from docketlink.config.source import SourceConfig
from docketlink.transforms.standing import standing
from pyspark.sql import DataFrame, SparkSession

from tests.transforms.conftest import orphans_of, records_of

TEXT = {"about": "x"}
LINES: dict[str, Any] = {"about": "x", "format": {"kind": "jsonl"}, "folder": "event", "native_key": ["source_file", "ordinal"]}
SOURCE = SourceConfig.model_validate(
    {
        "source": "platform",
        "about": "Messages about hearings, and a table of places.",
        "tables": {
            "message": {
                **LINES,
                "latest": [{"per": ["hearing"], "by": ["shared"]}],
                "columns": {"line": {**TEXT, "header": "$line", "type": "digits"}, "hearing": TEXT, "shared": TEXT},
            },
            "person": {
                **LINES,
                "rows": "people[]",
                "latest": [{"per": ["hearing"], "by": ["shared"], "among": "message"}, {"per": ["person"], "by": ["day"]}],
                "takes": [
                    {"table": "house", "on": {"house": "house"}, "columns": ["street", "postcode"]},
                    {"table": "street", "on": {"street": "street"}, "columns": ["town"]},
                ],
                "columns": {
                    "line": {**TEXT, "header": "$line", "type": "digits"},
                    "hearing": TEXT,
                    "person": TEXT,
                    "day": TEXT,
                    "name": TEXT,
                    "house": TEXT,
                    "company": TEXT,
                },
            },
            "alias": {
                **LINES,
                "rows": "people[].aliases[]",
                "belongs_to": {"table": "person", "on": {"person": "person"}},
                "latest": [{"per": ["hearing"], "among": "message", "by": ["shared"]}],
                "columns": {"line": {**TEXT, "header": "$line", "type": "digits"}, "hearing": TEXT, "person": TEXT, "name": TEXT},
            },
            "house": {"about": "x", "native_key": ["house"], "columns": {"house": TEXT, "street": TEXT, "postcode": TEXT}},
            "street": {"about": "x", "native_key": ["street"], "columns": {"street": TEXT, "town": TEXT}},
        },
        "record": {
            "table": "person",
            "key": ["person"],
            "name": {"full": "name"},
            "aliases": [{"table": "alias", "name": {"full": "name"}}],
            "postcodes": [{"column": "postcode"}],
            "address": [{"column": "street"}, {"column": "town"}],
            "link_status": [{"status": "organisation", "when": {"column": "company", "equals": ["*"]}}],
        },
    }
)
MESSAGE = [  # file, line, hearing, shared
    ("a", 1, "H1", "2022-01-02"),
    ("a", 2, "H1", None),  # arrives late: an earlier state without results
    ("a", 9, "H2", "2022-02-01"),
    ("a", 10, "H2", "2022-02-01"),  # of equals the last to arrive counts, and 10 comes after 9
    ("b", 1, "H3", "2022-03-01"),  # a later state in which nobody is left
    ("a", 12, "H3", "2022-02-01"),
]
PERSON = [  # file, line, hearing, person, day, name, house, company
    ("a", 1, "H1", "P1", "2022-01-01", "Ann Lee", "1", None),
    ("a", 2, "H1", "P1", "2022-01-01", "Anne Lie", "1", None),
    ("a", 2, "H1", "P2", "2022-01-01", "Bob Roe", "1", None),
    ("a", 10, "H2", "P1", "2022-02-01", "Ann Lee", "2", None),
    ("a", 10, "H2", "P3", "2022-02-01", None, "9", "Acme Ltd"),
    ("a", 9, "H2", "P4", "2022-02-01", "Di Fox", None, None),
    ("a", 12, "H3", "P5", "2022-02-01", "Ed Kay", "2", None),
]
ALIAS = [("a", 1, "H1", "P1", "Ann Moss"), ("a", 2, "H1", "P1", "Ann Wrong"), ("a", 10, "H2", "P1", "Ann Reed")]


@pytest.fixture(scope="module")
def raw(spark: SparkSession) -> dict[str, DataFrame]:
    def frame(rows: list[tuple[Any, ...]], *names: str) -> DataFrame:
        schema = ", ".join(["source_file string", "ordinal bigint", *(f"{name} string" for name in names)])
        return spark.createDataFrame([(row[0], n, *(None if v is None else str(v) for v in row[1:])) for n, row in enumerate(rows)], schema)

    return {
        "message": frame(MESSAGE, "line", "hearing", "shared"),
        "person": frame(PERSON, "line", "hearing", "person", "day", "name", "house", "company"),
        "alias": frame(ALIAS, "line", "hearing", "person", "name"),
        "house": frame([("h", "1", "S1", "LS1 4AP"), ("h", " 2 ", "S2", "B1 1AA")], "house", "street", "postcode"),
        "street": frame([("s", "S1", "Leeds")], "street", "town"),
    }


def test_the_latest_message_of_a_hearing_stands_and_of_its_people_the_latest_row(raw: dict[str, DataFrame]) -> None:
    stood = standing(raw, SOURCE)
    assert sorted((row.source_file, row.line) for row in stood["message"].collect()) == [("a", "1"), ("a", "10"), ("b", "1")]
    people = sorted((row.person, row.line, row.street, row.postcode, row.town) for row in stood["person"].collect())
    assert people == [("P1", "10", "S2", "B1 1AA", None), ("P3", "10", None, None, None)]


def test_records_take_columns_along_aliases_of_standing_messages_and_any_company_as_an_organisation(raw: dict[str, DataFrame]) -> None:
    made = records_of(raw, SOURCE, date(2026, 1, 5)).collect()
    records = {row.record_id.split("/")[-1]: row for row in made}
    assert {*records} == {"P1", "P3"}
    assert records["P1"].postcode_arr == ["B11AA"]
    assert records["P1"].address_line_std == "S2"
    assert records["P1"].last_name_std_arr == ["LEE", "MOSS", "REED"]
    assert (records["P1"].link_status, records["P3"].link_status) == ("linkable", "organisation")
    assert orphans_of(raw, SOURCE).where("table <> 'message'").count() == 0
