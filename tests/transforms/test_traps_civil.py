"""Traps of the family and civil courts: literal extracts through the real sources of conf and the tables derived of them."""

from datetime import date
from functools import reduce
from pathlib import Path

import pytest
from docketlink.config.load import load_source
from docketlink.config.source import SourceConfig
from docketlink.sources.derived import with_derived
from pyspark.sql import DataFrame, Row, SparkSession

from tests.transforms.conftest import Rows, events_of, raw_of, records_of

CONF = Path(__file__).parents[2] / "conf" / "sources"
SNAPSHOT = date(2026, 1, 5)


def _role(name: str, case: str, model: str, **more: str) -> dict[str, str | None]:
    return {"role": name, "case_number": case, "party": name, "role_model": model, "delete_flag": "N", **more}


FAMILY: Rows = {
    "roles": [
        _role("council", "NE19C02909", "APLC"),
        _role("mother", "NE19C02909", "RSPC"),
        _role("father", "NE19C02909", "RSPC"),
        _role("BABY_ROLE", "NE19C02909", "CHLDC"),
        _role("DELETED_ROLE", "NE19C02909", "CHLDC", delete_flag="Y"),
        _role("solicitor", "NE19C02909", "SOLR"),
        _role("confined", "FD19C40001", "RSPC"),
        _role("applicant_in_private_law", "NE19P00001", "APLC"),
    ],
    "parties": [
        {"party": "council", "person_family_name": "Newcastle City Council"},
        {"party": "mother", "person_given_first_name": "Ann Mary", "person_family_name": "Lee-Jones", "gender": "2", "address": "1"},
        {"party": "father", "person_given_first_name": "UNKNOWN", "person_family_name": "Roe", "gender": "9", "address": "2"},
        {"party": "BABY_ROLE", "person_given_first_name": "BABY", "person_family_name": "Lee", "dob": "2019-05-01", "gender": "1",
         "address": "1"},
        {"party": "DELETED_ROLE", "person_given_first_name": "Tom", "person_family_name": "Lee", "gender": "1"},
        {"party": "solicitor", "company": "Falcon LLP"},
        {"party": "confined", "person_given_first_name": "Bob", "person_family_name": "Ray", "gender": "1", "dob": "1900-01-01"},
        {"party": "applicant_in_private_law", "person_given_first_name": "Jo", "person_family_name": "Low", "gender": "0"},
    ],
    "addresses": [{"address": "1", "address_1": "1 High Street", "postcode": "NE1 1AA"}, {"address": "2"}],  # the second is confidential
    "case_fields": [{"case_number": case, "field_model": "FM2C_DI", "value": "2019-05-01"} for case in ("NE19C02909", "FD19C40001")],
    "events": [
        {"event": "1", "case_number": "NE19C02909", "event_model": "C43", "entry_date": "2019-07-02", "receipt_date": "2019-07-01",
         "error": "N"},
        {"event": "2", "case_number": "NE19C02909", "event_model": "C43", "entry_date": "2019-08-02", "error": "N"},
        {"event": "3", "case_number": "NE19C02909", "event_model": "C43", "entry_date": "2019-09-02", "error": "Y"},
        {"event": "4", "case_number": "FD19C40001", "event_model": "C21", "receipt_date": "2019-07-01", "error": "N"},
    ],
    "event_fields": [{"event": "1", "field_model": "C43_CH", "value": " DELETED_ROLE ,, BABY_ROLE"}],
}  # fmt: skip


def _party(number: str, role: str, name: str) -> dict[str, str | None]:
    return {"case_number": "2QA09811", "case_party_no": number, "party_role_code": role, "party_id": f"{role}{number}", "name": name}


_PARTIES = [
    _party("1", "CLAIMANT", "MERIDIAN"),  # a coded creditor: nothing of its name says that it is no person
    _party("2", "CLAIMANT", "Falcon Housing Association"),
    _party("1", "DEFENDANT", "MR JOHN PAUL        VAN DYKE"),
    _party("2", "DEFENDANT", "MR A & MRS B   STONE"),
    _party("3", "DEFENDANT", "Jo Low"),
    _party("1", "SOLICITOR", "LAW LLP"),
]
_SERVED = {"case_number": "2QA09811", "party_role_code": "DEFENDANT", "address_type_code": "SERVICE"}

CIVIL: Rows = {
    "cases": [{"case_number": "2QA09811", "admin_crt_code": "335", "claim_type": "SPEC", "date_of_issue": "2013-02-01"}],
    "case_party_roles": _PARTIES,
    "parties": [{"party_id": party["party_id"], "person_requested_name": party["name"]} for party in _PARTIES],
    "coded_parties": [{"code": "1000", "party_id": "CLAIMANT1", "person_requested_name": "MERIDIAN"}],
    "given_addresses": [
        {**_SERVED, "address_id": "1", "case_party_no": "1", "address_line1": "1 Old Rd", "postcode": "AB1 1AA", "valid_to": "2012-01-01"},
        {**_SERVED, "address_id": "2", "case_party_no": "1", "address_line1": "2 New Rd", "postcode": "AB2 2BB"},
        {**_SERVED, "address_id": "3", "case_party_no": "2", "address_line1": "3 Low Rd", "postcode": "AB3 3CC"},
    ],
    "case_events": [
        {"case_number": "2QA09811", "event_seq": "1", "std_event_id": "38", "event_date": "2013-03-01", "deleted_flag": "Y"},
        {"case_number": "2QA09811", "event_seq": "2", "std_event_id": "160", "event_date": "2013-03-02"},
    ],
    "judgments": [{"case_number": "2QA09811", "judg_seq": "1", "judgment_date": "2013-04-01", "status": "SET ASIDE"}],
    "pcol_claim": [{"claim_no": "2QA09811", "issue_date": "2013-02-01"}],
    "pcol_party": [{"claim_no": "2QA09811", "party_no": "1", "role": "DEFENDANT", "forename": "John Paul", "surname": "Van Dyke"}],
}

Sources = dict[str, tuple[SourceConfig, dict[str, DataFrame]]]


@pytest.fixture(scope="module")
def raw(spark: SparkSession) -> Sources:
    found = {}
    for name, rows in (("family_familyman", FAMILY), ("civil_caseman", CIVIL)):
        source = load_source(CONF / f"{name}.yml")
        found[name] = (source, with_derived(raw_of(spark, source, rows), source))
    return found


@pytest.fixture(scope="module")
def record(raw: Sources) -> dict[str, Row]:
    """Native key, its parts joined by slashes, to the person record."""
    made = [records_of(r, source, SNAPSHOT) for source, r in raw.values()]
    rows = reduce(DataFrame.unionByName, made).collect()
    assert len({row.record_id for row in rows}) == len(rows)
    return {row.record_id.partition("/")[2].removeprefix("2QA09811/"): row for row in rows}


@pytest.fixture(scope="module")
def events(raw: Sources) -> list[Row]:
    return reduce(DataFrame.unionByName, [events_of(r, source) for source, r in raw.values()]).collect()


def of(events: list[Row], key: str) -> list[tuple[str, str, str | None]]:
    return sorted((row.event_type, str(row.event_date), row.outcome_code) for row in events if row.record_id.endswith(f"/{key}"))


def test_the_day_on_which_a_defendant_was_of_age_stands_beside_the_record(record: dict[str, Row]) -> None:
    told = {key: (row.other_map or {}).get("of_age_on") for key, row in record.items() if row.source == "civil_caseman"}
    assert {day for key, day in told.items() if "DEFENDANT" in key} == {"2013-02-01"}
    assert {day for key, day in told.items() if "DEFENDANT" not in key} == {None}


def test_roles_of_a_family_case_are_people_councils_firms_or_withdrawn(record: dict[str, Row]) -> None:
    family = {key: row.link_status for key, row in record.items() if row.source == "family_familyman"}
    assert family == {
        "council": "local_authority",
        "mother": "linkable",
        "father": "linkable",
        "BABY_ROLE": "linkable",
        "DELETED_ROLE": "deleted",
        "solicitor": "organisation",
        "confined": "linkable",
        "applicant_in_private_law": "linkable",  # without a sex, but in no C case
    }


def test_who_has_no_forename_yet_or_a_placeholder_has_none_and_a_strange_gender_is_not_known(record: dict[str, Row]) -> None:
    assert [record[key].name_1_std for key in ("mother", "father", "BABY_ROLE")] == ["ANN", None, None]
    assert [record[key].sex_std for key in ("mother", "father", "BABY_ROLE")] == ["F", "N", "M"]
    assert (record["mother"].last_name_std, record["mother"].last_name_std_arr) == ("JONES", ["JONES", "LEEJONES"])


def test_a_child_of_no_age_may_be_born_on_the_day_of_issue_and_a_placeholder_is_no_birthday(record: dict[str, Row]) -> None:
    assert (record["BABY_ROLE"].dob_std, record["confined"].dob_std, record["confined"].dob_reason) == (
        "2019-05-01",
        None,
        "DOB_PLACEHOLDER",
    )


def test_a_confidential_address_is_none_and_who_then_has_too_little_is_not_linked_but_kept(record: dict[str, Row]) -> None:
    assert (record["father"].postcode_arr, record["father"].address_line_std) == (None, None)
    assert {key: record[key].linkability for key in ("mother", "father", "BABY_ROLE", "confined")} == {
        "mother": "sufficient",
        "father": "insufficient",
        "BABY_ROLE": "sufficient",
        "confined": "insufficient",
    }


def test_events_in_error_are_none_and_the_day_of_receipt_counts_before_that_of_entry(events: list[Row]) -> None:
    assert of(events, "mother") == [("family_order", "2019-07-01", "public C43"), ("family_order", "2019-08-02", "public C43")]


def test_listed_children_that_were_deleted_have_no_event_and_unlisted_ones_all_that_list_nobody(events: list[Row]) -> None:
    assert of(events, "BABY_ROLE") == [("family_order", "2019-07-01", "public C43"), ("family_order", "2019-08-02", "public C43")]
    assert of(events, "DELETED_ROLE") == of(events, "solicitor") == []


def test_deprivation_of_liberty_is_no_public_law_though_numbered_as_if(events: list[Row]) -> None:
    assert of(events, "confined") == [("family_order", "2019-07-01", "liberty C21")]


def test_one_field_names_people_and_organisations(record: dict[str, Row]) -> None:
    civil = {key: row for key, row in record.items() if row.source == "civil_caseman"}
    assert {key: row.link_status for key, row in civil.items()} == {
        "CLAIMANT/1/1": "organisation",
        "CLAIMANT/2/1": "organisation",
        "DEFENDANT/1/1": "linkable",
        "DEFENDANT/2/1": "linkable",
        "DEFENDANT/2/2": "linkable",
        "DEFENDANT/3/1": "linkable",
        "PCOL DEFENDANT/1/1": "linkable",
    }  # no solicitor, and two people in a row are two records
    names = {key: (row.name_1_std, row.name_2_std, row.last_name_std) for key, row in civil.items() if row.link_status == "linkable"}
    assert names["DEFENDANT/1/1"] == names["PCOL DEFENDANT/1/1"] == ("JOHN", "PAUL", "DYKE")
    assert {names["DEFENDANT/2/1"], names["DEFENDANT/2/2"]} == {(None, None, "STONE")}
    assert names["DEFENDANT/3/1"] == ("JO", None, "LOW")


def test_the_current_address_for_service_carries_the_link_where_there_is_no_date_of_birth(record: dict[str, Row]) -> None:
    served, unserved = record["DEFENDANT/1/1"], record["DEFENDANT/3/1"]
    assert (served.postcode_arr, served.address_line_std, served.dob_std, served.sex_std) == (["AB22BB"], "2 NEW RD", None, None)
    assert record["DEFENDANT/2/1"].postcode_arr == record["DEFENDANT/2/2"].postcode_arr == ["AB33CC"]
    assert (served.linkability, unserved.linkability) == ("sufficient", "insufficient")


def test_a_claim_that_stands_in_two_registers_happens_once_and_a_deleted_event_never(events: list[Row]) -> None:
    happened = [("civil_claim", "2013-02-01", "SPEC"), ("civil_event", "2013-03-02", "160"), ("civil_judgment", "2013-04-01", "SET ASIDE")]
    assert of(events, "DEFENDANT/1/1") == of(events, "DEFENDANT/2/2") == happened
    assert [row for row in events if "PCOL" in row.record_id] == []
