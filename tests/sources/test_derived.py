"""FamilyMan's and CaseMan's tables as people and contacts: literal rows, and the synthetic court's own against its truth."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pytest
from docketlink.config.load import load_source
from docketlink.config.source import SourceConfig
from docketlink.sources.derived import with_derived
from docketlink.synthetic.kernels import generate_block
from docketlink.synthetic.parameters import Plan
from docketlink.transforms.nodes import record_keyed
from docketlink.transforms.standing import standing
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tests.transforms.conftest import readable_tokens

CONF = Path(__file__).parents[2] / "conf" / "sources"
Rows = Mapping[str, Sequence[Mapping[str, str]]]

FAMILY: Rows = {
    "cases": [{"case_number": "NE19C02909"}],
    "case_fields": [{"case_number": "NE19C02909", "field_model": "FM2C_DI", "value": "2019-05-01"}],
    "roles": [
        {"role": "1", "case_number": "NE19C02909", "party": "1", "role_model": "APLC", "delete_flag": "N"},
        {"role": "2", "case_number": "NE19C02909", "party": "2", "role_model": "RSPC", "delete_flag": "N", "representative_role": "6"},
        {"role": "3", "case_number": "NE19C02909", "party": "3", "role_model": "CHLDC", "delete_flag": "N", "address": "9"},
        {"role": "4", "case_number": "NE19C02909", "party": "4", "role_model": "CHLDC", "delete_flag": "N"},
        {"role": "5", "case_number": "NE19C02909", "party": "4", "role_model": "CHLDC", "delete_flag": "Y"},
        {"role": "6", "case_number": "NE19C02909", "party": "6", "role_model": "SOLR", "delete_flag": "N"},
    ],
    "role_fields": [
        {"role": "1", "field_model": "APLC_RC", "value": "Local Authority"},
        {"role": "2", "field_model": "RSPC_RC", "value": "--"},
    ],
    "parties": [
        {"party": "1", "person_family_name": "Newcastle City Council"},
        {"party": "2", "person_given_first_name": "Ann", "person_family_name": "Lee", "gender": "2", "address": "8"},
        {"party": "3", "person_given_first_name": "BABY", "person_family_name": "Lee", "gender": "1", "address": "8"},
        {"party": "4", "person_given_first_name": "Tom", "person_family_name": "Lee", "gender": "1", "address": "8"},
        {"party": "6", "company": "Falcon LLP"},
    ],
    "addresses": [{"address": "8", "address_1": "1 High Street", "postcode": "NE1 1AA"}, {"address": "9", "postcode": "NE2 2BB"}],
    "events": [
        {"event": "10", "case_number": "NE19C02909", "event_model": "U22", "entry_date": "2019-05-02", "error": "N"},
        {"event": "11", "case_number": "NE19C02909", "event_model": "C43", "receipt_date": "2019-07-01", "error": "N"},
        {"event": "12", "case_number": "NE19C02909", "event_model": "C43", "receipt_date": "2019-07-01", "error": "Y"},
        {"event": "13", "case_number": "NE19C02909", "event_model": "C6", "receipt_date": "2019-06-01", "error": "N"},
        {"event": "14", "case_number": "NE19C02909", "event_model": "C6", "receipt_date": "2019-06-01", "error": "N"},
    ],
    "event_fields": [
        {"event": "10", "field_model": "U22_AT", "value": "CRO, SO ,,CRO"},
        {"event": "11", "field_model": "C43_5", "value": "CNT"},
        {"event": "11", "field_model": "C43_CH", "value": " 4 ,5,"},
    ],
    "hearings": [
        {"event": "13", "hearing_date": "2019-06-20"},
        {"event": "14", "hearing_date": "2019-06-27", "vacated_flag": "Y"},
    ],
}

CIVIL: Rows = {
    "cases": [{"case_number": "2QA09811", "admin_crt_code": "335", "claim_type": "SPEC", "date_of_issue": "2013-02-01"}],
    "case_party_roles": [
        {"case_number": "2QA09811", "case_party_no": "1", "party_id": "1", "party_role_code": "CLAIMANT"},
        {"case_number": "2QA09811", "case_party_no": "1", "party_id": "2", "party_role_code": "DEFENDANT"},
        {"case_number": "2QA09811", "case_party_no": "1", "party_id": "3", "party_role_code": "SOLICITOR"},
        {"case_number": "2QA09811", "case_party_no": "2", "party_id": "4", "party_role_code": "DEFENDANT"},
    ],
    "parties": [
        {"party_id": "1", "person_requested_name": "MERIDIAN"},
        {"party_id": "2", "person_requested_name": "MR JOHN & MRS MARY   SMITH"},
        {"party_id": "3", "person_requested_name": "LAW LLP"},
        {"party_id": "4", "person_requested_name": "Falcon Foods Limited"},
    ],
    "coded_parties": [{"code": "1000", "party_id": "1", "person_requested_name": "MERIDIAN"}],
    "given_addresses": [
        {
            "address_id": "1", "case_number": "2QA09811", "case_party_no": "1", "party_role_code": "DEFENDANT", "postcode": "AB1 1AA",
            "address_type_code": "SERVICE", "valid_from": "2010-01-01", "valid_to": "2012-01-01",
        },
        {
            "address_id": "2", "case_number": "2QA09811", "case_party_no": "1", "party_role_code": "DEFENDANT", "postcode": "AB2 2BB",
            "address_type_code": "SERVICE", "valid_from": "2012-01-01",
        },
    ],
    "case_events": [
        {"case_number": "2QA09811", "event_seq": "1", "std_event_id": "1", "event_date": "2013-02-01", "deleted_flag": "N"},
        {"case_number": "2QA09811", "event_seq": "2", "std_event_id": "38", "event_date": "2013-02-02", "deleted_flag": "Y"},
    ],
    "judgments": [{"case_number": "2QA09811", "judg_seq": "1", "judgment_date": "2013-04-01", "status": "SATISFIED"}],
    "warrants": [],
    "pcol_claim": [{"claim_no": "2QA09811"}],
    "pcol_party": [
        {"claim_no": "2QA09811", "party_no": "1", "role": "CLAIMANT", "surname": "Meridian Bank PLC"},
        {"claim_no": "2QA09811", "party_no": "1", "role": "DEFENDANT", "title": "Mr", "forename": "John", "surname": "Smith"},
    ],
}  # fmt: skip


@lru_cache(maxsize=2)
def source(name: str) -> SourceConfig:
    return load_source(CONF / f"{name}.yml")


def keyed(spark: SparkSession, name: str, tables: Mapping[str, pa.Table]) -> dict[str, DataFrame]:
    raw = {
        table: spark.createDataFrame(tables[table]).withColumns(
            {"source_file": F.lit("part-0"), "ordinal": F.monotonically_increasing_id()}
        )
        for table in source(name).landed
    }
    nodes = source(name).tables[source(name).record.table].columns
    return record_keyed(standing(with_derived(raw, source(name)), source(name)), source(name), readable_tokens, of_node=nodes)


def literal(name: str, rows: Rows) -> dict[str, pa.Table]:
    return {
        table: pa.table({column: pa.array([row.get(column) for row in rows[table]], pa.string()) for column in config.columns})
        for table, config in source(name).landed.items()
    }


def test_a_family_role_is_a_person_a_council_or_somebody_who_represents(spark: SparkSession) -> None:
    people = keyed(spark, "family_familyman", literal("family_familyman", FAMILY))["person"]
    columns = ("role", "side", "kind", "represented", "relationship", "postcode", "issued", "record_deleted")
    rows = sorted(tuple(row) for row in people.select(*columns).collect())
    assert rows == [
        ("1", "applicant", "local_authority", "N", "Local Authority", None, "2019-05-01", False),
        ("2", "respondent", "person", "Y", None, "NE1 1AA", "2019-05-01", False),
        ("3", "child", "person", "N", None, "NE2 2BB", "2019-05-01", False),
        ("4", "child", "person", "N", None, "NE1 1AA", "2019-05-01", False),
        ("5", "child", "person", "N", None, "NE1 1AA", "2019-05-01", True),
        ("6", "other", "organisation", "N", None, None, "2019-05-01", False),
    ]


def test_an_event_concerns_live_adults_and_the_children_it_lists_or_all(spark: SparkSession) -> None:
    contact = keyed(spark, "family_familyman", literal("family_familyman", FAMILY))["contact"]
    rows = sorted(tuple(row) for row in contact.select("event", "role", "order_type", "contact_date").collect())
    everyone = ("1", "2", "3", "4")
    assert rows == sorted(
        [
            *(("10", role, order, "2019-05-02") for role in everyone for order in ("public CRO", "public SO")),
            *(("11", role, "public CNT", "2019-07-01") for role in ("1", "2", "4")),
            *(("13", role, "public", "2019-06-20") for role in everyone),
        ]
    )


def test_a_civil_party_is_each_person_of_its_row_at_the_current_address(spark: SparkSession) -> None:
    people = keyed(spark, "civil_caseman", literal("civil_caseman", CIVIL))["person"]
    columns = (
        "party_role_code",
        "case_party_no",
        "person_no",
        "kind",
        "joint",
        "forenames",
        "surname",
        "full_name",
        "postcode",
        "admin_crt_code",
    )
    rows = sorted((tuple(row) for row in people.select(*columns).collect()), key=str)
    assert rows == [
        ("CLAIMANT", "1", "1", "organisation", "N", None, None, "MERIDIAN", None, "335"),
        ("DEFENDANT", "1", "1", "person", "Y", "MR JOHN", "SMITH", None, "AB2 2BB", "335"),
        ("DEFENDANT", "1", "2", "person", "Y", "MRS MARY", "SMITH", None, "AB2 2BB", "335"),
        ("DEFENDANT", "2", "1", "organisation", "N", None, None, "Falcon Foods Limited", None, "335"),
        ("PCOL CLAIMANT", "1", "1", "organisation", "N", None, None, "Meridian Bank PLC", None, "335"),
        ("PCOL DEFENDANT", "1", "1", "person", "N", "John", "Smith", None, None, "335"),
    ]


def test_whoever_is_sued_was_of_age_when_the_claim_was_issued_and_nothing_is_said_of_others(spark: SparkSession) -> None:
    people = keyed(spark, "civil_caseman", literal("civil_caseman", CIVIL))["person"]
    told = {(r.party_role_code, r.case_party_no, r.person_no): r.of_age_on for r in people.collect()}
    issued = CIVIL["cases"][0]["date_of_issue"]
    assert issued
    sued = {("DEFENDANT", "1", "1"), ("DEFENDANT", "1", "2"), ("PCOL DEFENDANT", "1", "1")}
    assert told == {party: issued if party in sued else None for party in told}


def test_what_happens_in_a_claim_happens_once_to_each_of_its_people(spark: SparkSession) -> None:
    contact = keyed(spark, "civil_caseman", literal("civil_caseman", CIVIL))["contact"]
    rows = sorted(
        tuple(row) for row in contact.select("party_role_code", "case_party_no", "person_no", "kind", "number", "outcome").collect()
    )
    people = (("CLAIMANT", "1", "1"), ("DEFENDANT", "1", "1"), ("DEFENDANT", "1", "2"), ("DEFENDANT", "2", "1"))
    happened = (("claim", "1", "SPEC"), ("event", "1", "1"), ("judgment", "1", "SATISFIED"))
    assert rows == sorted((*person, *what) for person in people for what in happened)


@pytest.mark.parametrize("name", ["family_familyman", "civil_caseman"])
def test_the_synthetic_courts_people_are_the_nodes_of_its_truth(spark: SparkSession, name: str) -> None:
    made = generate_block(Plan(3, 300, "2026-01-05"), 0)
    frames = keyed(spark, name, {table: made[f"{name}.{table}"] for table in source(name).landed})
    person = [row.record_id for row in frames["person"].where("kind = 'person' and not record_deleted").select("record_id").collect()]
    truth = {*readable_tokens("record", [row["record_key"] for row in made["truth"].to_pylist() if row["source"] == name])}
    assert len(person) == len(set(person))
    assert truth <= set(person)
    # A company that says nowhere that it is one is taken for a person; nothing else is.
    assert len(set(person) - truth) <= (0 if name == "family_familyman" else 0.03 * len(person))
    assert frames["contact"].count() > len(person)
