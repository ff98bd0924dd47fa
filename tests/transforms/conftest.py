"""Two small sources: one flat table like a magistrates' extract, one of several tables like a prison's."""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import pytest
from docketlink.config.source import SourceConfig
from docketlink.transforms.court_event import court_events
from docketlink.transforms.nodes import orphans
from docketlink.transforms.person_record import crowded_postcodes, nodes, person_records, record_attributes
from docketlink.transforms.standing import standing
from pyspark import cloudpickle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def _columns(*names: str, **typed: dict[str, Any]) -> dict[str, Any]:
    return {**{name: {"about": name} for name in names}, **{name: {"about": name, **given} for name, given in typed.items()}}


COURTS = SourceConfig.model_validate(
    {
        "source": "courts",
        "about": "one flat table",
        "tables": {
            "row": {
                "about": "a defendant in a case",
                "columns": _columns(
                    "row_id",
                    "kind",
                    "withdrawn",
                    "forename",
                    "surname",
                    "full_name",
                    "dob",
                    "sex",
                    "line1",
                    "line2",
                    "pcode",
                    "pnc",
                    "cro",
                    "ethnicity",
                    "court",
                    "case_no",
                    "heard",
                    "result",
                    "result_date",
                    "offence",
                    "person",
                ),
                "native_key": ["row_id"],
                "soft_delete": {"column": "withdrawn", "equals": ["Y"]},
            }
        },
        "codes": {
            "sex": {"M": "M", "F": "F", "NS": "NS"},
            "ethnicity": {"W1": "W1", "A1": "A1"},
            "result": {"Fine": "FINE", "immediate custody": "CUSTODY"},
        },
        "record": {
            "table": "row",
            "key": ["row_id"],
            "person_key": "person",
            "name": {"forenames": ["forename"], "surname": "surname", "full": "full_name"},
            "date_of_birth": {"column": "dob", "formats": ["yyyy-MM-dd", "dd/MM/yyyy", "dd/MM/yy"], "reference": "heard"},
            "sex": {"column": "sex", "codes": "sex", "unmapped": "N"},
            "postcodes": [{"column": "pcode"}],
            "address": [{"column": "line1"}, {"column": "line2"}],
            "pnc": [{"column": "pnc"}],
            "cro": [{"column": "cro"}],
            "other": {"town": {"column": "line2", "clean": "words"}, "case": {"column": "case_no", "clean": "digits"}},
            "link_status": [{"status": "organisation", "when": {"column": "kind", "equals": ["O"]}}],
        },
        "attributes": {"ethnicity": {"column": "ethnicity", "codes": "ethnicity", "unmapped": "UN"}, "area": "court"},
        "events": [
            {"table": "row", "type": "hearing", "date": {"column": "heard"}, "area": "court", "case_ref": "case_no"},
            {
                "table": "row",
                "type": "case_result",
                "date": {"column": "result_date"},
                "outcome": {"column": "result", "codes": "result", "unmapped": "OTHER"},
                "offence": "offence",
                "area": "court",
                "case_ref": "case_no",
            },
        ],
    }
)

PRISON = SourceConfig.model_validate(
    {
        "source": "prison",
        "about": "offenders with alias rows and long tables",
        "tables": {
            "offenders": {
                "about": "a name of an offender",
                "columns": _columns(
                    "root_offender_id",
                    "last_name",
                    "first_name",
                    "sex_code",
                    "race",
                    offender_id={"type": "digits"},
                    birth_date={"type": "date"},
                    latest={"type": "digits"},
                    gone={},
                ),
                "native_key": ["offender_id"],
                "soft_delete": {"column": "gone", "equals": ["1"]},
            },
            "identifiers": {
                "about": "a register number",
                "columns": _columns("root_offender_id", "identifier_type", "identifier", "seq"),
                "native_key": ["root_offender_id", "seq"],
                "belongs_to": {"table": "offenders", "on": {"root_offender_id": "root_offender_id"}},
            },
            "addresses": {
                "about": "an address",
                "columns": _columns("root_offender_id", "postal_code", "full_address", "seq"),
                "native_key": ["root_offender_id", "seq"],
                "belongs_to": {"table": "offenders", "on": {"root_offender_id": "root_offender_id"}},
            },
            "bookings": {
                "about": "a stay",
                "columns": _columns("offender_book_id", "offender_id", "begins", "ends", "prison", "gone"),
                "native_key": ["offender_book_id"],
                "soft_delete": {"column": "gone", "equals": ["1"]},
                "belongs_to": {"table": "offenders", "on": {"offender_id": "offender_id"}},
            },
            "sentences": {
                "about": "a sentence",
                "columns": _columns("offender_book_id", "seq", sentence_date={"type": "date"}),
                "native_key": ["offender_book_id", "seq"],
                "belongs_to": {"table": "bookings", "on": {"offender_book_id": "offender_book_id"}},
            },
            "movements": {
                "about": "a movement",
                "columns": _columns("offender_book_id", "seq", "moved", "code"),
                "native_key": ["offender_book_id", "seq"],
                "belongs_to": {"table": "bookings", "on": {"offender_book_id": "offender_book_id"}},
            },
        },
        "codes": {"sex": {"M": "M", "F": "F"}, "movement": {"ADM": "prison_admission", "REL": "prison_release"}},
        "record": {
            "table": "offenders",
            "key": ["root_offender_id"],
            "main_first": ["latest"],
            "name": {"forenames": ["first_name"], "surname": "last_name"},
            "date_of_birth": {"column": "birth_date"},
            "sex": {"column": "sex_code", "codes": "sex"},
            "postcodes": [{"table": "addresses", "column": "postal_code"}],
            "address": [{"table": "addresses", "column": "full_address"}],
            "pnc": [{"table": "identifiers", "column": "identifier", "where": {"column": "identifier_type", "equals": ["PNC"]}}],
            "cro": [{"table": "identifiers", "column": "identifier", "where": {"column": "identifier_type", "equals": ["CRO"]}}],
            "sentence_dates": [{"table": "sentences", "column": "sentence_date"}],
        },
        "attributes": {"ethnicity": {"column": "race"}},
        "events": [
            {"table": "bookings", "type": "prison_release", "date": {"column": "ends"}, "area": "prison"},
            {"table": "movements", "type": {"column": "code", "codes": "movement"}, "date": {"column": "moved"}},
        ],
    }
)

Rows = Mapping[str, Sequence[Mapping[str, str | None]]]
MakeRaw = Callable[[SourceConfig, Rows], dict[str, DataFrame]]


def raw_of(spark: SparkSession, source: SourceConfig, rows: Rows) -> dict[str, DataFrame]:
    """Raw frames of a source from literal rows; columns left out are NULL."""
    frames = {}
    for name, table in source.tables.items():
        columns = [*table.kept_columns()]
        schema = ", ".join(["source_file string", "ordinal bigint", *(f"`{c}` string" for c in columns)])
        values = [("part-0", i + 1, *(row.get(c) for c in columns)) for i, row in enumerate(rows.get(name, ()))]
        frames[name] = spark.createDataFrame(values, schema).withColumn("snapshot_date", F.lit("2026-01-05").cast("date"))
    return frames


@pytest.fixture
def make_raw(spark: SparkSession) -> MakeRaw:
    """``raw_of`` in the shared session."""
    return partial(raw_of, spark)


def readable_tokens(domain: str, texts: Sequence[str | None]) -> list[str | None]:
    """Tokens that a test can read: domain, then the text with its separators as slashes."""
    return [f"{domain}:{text.replace(chr(31), '/')}" if text and text.strip() else None for text in texts]


cloudpickle.register_pickle_by_value(sys.modules[__name__])  # Python workers cannot import the tests


def standardised(raw: Mapping[str, DataFrame], source: SourceConfig, snapshot_date: date) -> DataFrame:
    """What jobs/standardise_records.py makes of a source: its nodes, of which records and attributes are columns."""
    stands = standing(raw, source)
    crowded = crowded_postcodes(stands, source, snapshot_date=snapshot_date, tokens=readable_tokens).collect()
    return nodes(stands, source, snapshot_date=snapshot_date, tokens=readable_tokens, hot_postcodes={row.postcode for row in crowded})


def records_of(raw: Mapping[str, DataFrame], source: SourceConfig, snapshot_date: date) -> DataFrame:
    """``identity.person_record`` of a source."""
    return person_records(standardised(raw, source, snapshot_date), source, snapshot_date=snapshot_date)


def attributes_of(raw: Mapping[str, DataFrame], source: SourceConfig, snapshot_date: date) -> DataFrame:
    """``payload.record_attribute`` of a source."""
    return record_attributes(standardised(raw, source, snapshot_date), source)


def events_of(raw: Mapping[str, DataFrame], source: SourceConfig) -> DataFrame:
    """``payload.court_event`` of a source."""
    return court_events(standing(raw, source), source, tokens=readable_tokens)


def orphans_of(raw: Mapping[str, DataFrame], source: SourceConfig) -> DataFrame:
    """Rows that belong to no node."""
    return orphans(standing(raw, source), source, readable_tokens)
