"""Probation and assessments from literal extracts: other names in a table of their own, lists that decode, numbers that stand in, items."""

from datetime import date
from pathlib import Path

import pytest
from docketlink.config.load import load_source
from docketlink.errors import ConfigError
from docketlink.transforms.items import item_of, items

from tests.transforms.conftest import MakeRaw, Rows, attributes_of, events_of, readable_tokens, records_of

CONF = Path(__file__).parents[2] / "conf" / "sources"
PROBATION, ASSESSMENTS = (load_source(CONF / f"{name}.yml") for name in ("probation_delius", "assess_oasys"))
SNAPSHOT = date(2026, 1, 5)


def rows_of(area: str, *rows: dict[str, str | None]) -> list[dict[str, str | None]]:
    return [{"partition_area_id": area, "soft_deleted": "0", **row} for row in rows]


SUPERVISED: Rows = {
    "offender": [
        *rows_of(
            "6",
            {"offender_id": "1", "crn": "X000001", "forename": "MIG_ERROR_Ann", "middleName": "May", "surname": "Lee",
             "dateOfBirth": "1900-01-01", "gender": "F", "pnc": "02/73319Z", "noms_number": " a1234aa ", "ethnicity": "Refusal"},
            {"offender_id": "2", "crn": "X000002", "forename": "Tom", "surname": "DUPLICATE_Low", "gender": "X", "soft_deleted": "1"},
        ),
        *rows_of("7", {"offender_id": "1", "crn": "X000003", "forename": "Jo", "surname": "Kay", "dateOfBirth": "1980-05-06"}),
    ],
    "alias": rows_of(
        "6",
        {"alias_id": "1", "crn": "X000001", "forename": "Annie", "surname": "Hill", "dateOfBirth": "1985-02-03"},
        {"alias_id": "2", "crn": "X000001", "forename": "Anna", "surname": "Lee", "dateOfBirth": "1986-02-03"},
        {"alias_id": "3", "crn": "X000001", "forename": "Gone", "surname": "Gone", "dateOfBirth": "1960-02-03", "soft_deleted": "1"},
    ),
    "offender_address": rows_of("6", {"address_id": "1", "crn": "X000001", "addressNumber": "2", "streetName": "Low Rd"}),
    "additional_identifier": rows_of(
        "6",
        {"additional_identifier_id": "1", "crn": "X000001", "type": "APNC", "value": "81/34U"},
        {"additional_identifier_id": "2", "crn": "X000001", "type": "ASN", "value": "81/34U"},
    ),
    "event": [
        *rows_of(
            "6",
            {"row_id": "1", "crn": "X000001", "referral_date": "2020-01-01", "disposal_id": "4", "disposal_date": "2020-02-01",
             "disposal_type_description": "Community Order", "mo_code": "00801"},
            {"row_id": "2", "crn": "X000001", "referral_date": "2021-01-01", "disposal_type_description": "Pre-sentence report"},
            {"row_id": "3", "crn": "X000001", "referral_date": "2022-01-01", "disposal_id": "7", "disposal_date": "2022-01-01",
             "disposal_type_description": "Adult Custody", "soft_deleted": "1"},
            {"row_id": "4", "crn": "X000002", "referral_date": "2022-01-01", "disposal_type_description": "Pre-sentence report"},
        ),
        *rows_of("7", {"row_id": "5", "crn": "X000003", "referral_date": "2023-01-01", "disposal_id": "4", "disposal_date": "2023-01-01",
                       "disposal_type_description": "Adult Custody"}),
    ],
    "rqmnt": rows_of(
        "6",
        {"rqmnt_id": "1", "disposal_id": "4", "commencement_date": "2020-02-02", "termination_date": "2020-12-01",
         "rqmnt_type_main_category_code": "W", "rqmnt_termination_reason_id": "2000"},
        {"rqmnt_id": "2", "disposal_id": "4", "commencement_date": "2020-02-02", "rqmnt_type_main_category_code": "C"},
        {"rqmnt_id": "3", "disposal_id": "4", "commencement_date": "2020-02-02", "termination_date": "2020-12-01",
         "rqmnt_type_main_category_code": "C", "rqmnt_termination_reason_id": "3000"},
        {"rqmnt_id": "4", "disposal_id": "7", "commencement_date": "2022-02-02", "rqmnt_type_main_category_code": "C"},
    ),
    "recall": rows_of("7", {"recall_id": "1", "disposal_id": "4", "recall_date": "2023-05-05", "recall_reason_id": "4001"}),
    "standard_reference_list": rows_of(
        "0",
        {"standard_reference_list_id": "2000", "code_set_name": "REQUIREMENT TERMINATION REASON",
         "code_description": "Requirement Completed"},
        {"standard_reference_list_id": "3000", "code_set_name": "UNITS", "code_description": "Died"},
        {"standard_reference_list_id": "4001", "code_set_name": "RECALL REASON", "code_description": "Failed to reside"},
    ),
}  # fmt: skip

ASSESSED: Rows = {
    "oasys_assessments_metadata": [
        {"assessment_id": "1", "crn": "X000001", "prison_number": "A1234AA", "forename": "Ann", "surname": "Lee", "dob": "1985-02-03",
         "date_completed": "2020-01-01", "assessment_type": "Layer 1"},
        {"assessment_id": "2", "crn": "X000001", "forename": "Ann", "surname": "Hill", "dob": "1985-02-03", "date_completed": "2021-01-01"},
        {"assessment_id": "3", "crn": " ", "prison_number": "A1234AA", "forename": "Ann", "surname": "Lee", "date_completed": "2022-01-01"},
        {"assessment_id": "4", "forename": "No", "surname": "Number", "date_completed": "2022-01-01"},
    ],
    "oasys_assessments_details_core_risk": [
        {"assessment_id": "1", "question_3_3": "M", "question_5_tot": "4", "question_10_7_histpsych": "YES"},
        {"assessment_id": "3", "question_3_3": " 2 ", "question_10_7_v2_histpsych": "NO", "question_8_1_heroin_weekly": ""},
    ],
}  # fmt: skip


def test_names_and_dates_of_birth_of_an_alias_table_reach_the_record(make_raw: MakeRaw) -> None:
    raw = make_raw(PROBATION, SUPERVISED)
    frame = records_of(raw, PROBATION, SNAPSHOT)
    record = {row["record_id"].split("/")[1]: row for row in frame.collect()}
    ann = record["X000001"]
    assert (ann["first_and_last_name_std"], ann["name_2_std"]) == ("ANN LEE", "MAY")
    assert set(ann["last_name_std_arr"]) == {"LEE", "HILL"}
    assert {"ANN", "ANNIE", "ANNA"} <= set(ann["forename_std_arr"])
    assert (ann["dob_std"], list(ann["dob_arr"])) == ("1985-02-03", ["1985-02-03", "1986-02-03"])  # the earliest of an alias
    assert list(ann["pnc_arr"]) == ["1981/0000034U", "2002/0073319Z"]
    assert list(ann["sentence_date_arr"]) == ["2020-02-01"]
    assert (ann["address_line_std"], ann["sex_std"], ann["other_map"]) == ("2 LOW RD", "F", {"crn": "X000001", "noms_number": "A1234AA"})
    assert {key: row["link_status"] for key, row in record.items()} == {"X000001": "linkable", "X000002": "deleted", "X000003": "linkable"}
    attributes = attributes_of(raw, PROBATION, SNAPSHOT).collect()
    band = {row["record_id"].split("/")[1]: (row["birth_year_band"], row["ethnicity"]) for row in attributes}
    assert band["X000001"][0] is not None
    assert band["X000001"][1] == "NS"


def test_ids_are_read_through_the_reference_list_and_withdrawn_rows_are_no_events(make_raw: MakeRaw) -> None:
    found = events_of(make_raw(PROBATION, SUPERVISED), PROBATION).collect()
    told = ((r["record_id"][-1], r["event_type"], str(r["event_date"]), r["outcome_code"], r["outcome_code_raw"]) for r in found)
    assert sorted(told, key=str) == sorted(
        [
            ("1", "probation_referral", "2020-01-01", None, None),
            ("1", "probation_referral", "2021-01-01", None, None),
            ("1", "probation_disposal", "2020-02-01", "community", "Community Order"),  # the report alone is none
            ("1", "requirement_start", "2020-02-02", "W", "W"),
            ("1", "requirement_start", "2020-02-02", "C", "C"),
            ("1", "requirement_start", "2020-02-02", "C", "C"),
            ("1", "requirement_end", "2020-12-01", "completed", "2000"),
            ("1", "requirement_end", "2020-12-01", None, "3000"),  # an id of another list
            ("3", "probation_referral", "2023-01-01", None, None),
            ("3", "probation_disposal", "2023-01-01", "custody", "Adult Custody"),
            ("3", "recall", "2023-05-05", "failed_to_reside", "4001"),  # disposal 4 of area 7, not of area 6
        ],
        key=str,
    )


def test_the_first_number_that_is_there_names_the_node(make_raw: MakeRaw) -> None:
    raw = make_raw(ASSESSMENTS, ASSESSED)
    frame = records_of(raw, ASSESSMENTS, SNAPSHOT)
    record = {row["record_id"].split("/")[1]: row for row in frame.collect()}
    assert set(record) == {"X000001", "A1234AA"}
    assert record["X000001"]["last_name_std"] == "HILL"  # of the latest assessment
    assert set(record["X000001"]["last_name_std_arr"]) == {"LEE", "HILL"}
    event = events_of(raw, ASSESSMENTS).collect()
    assert sorted((r["record_id"].split("/")[1], str(r["event_date"]), r["outcome_code"]) for r in event if r["outcome_code"]) == [
        ("X000001", "2020-01-01", "layer_1")
    ]
    assert len(event) == 3


def test_questions_become_rows_with_the_version_of_their_wording(make_raw: MakeRaw) -> None:
    raw = make_raw(ASSESSMENTS, ASSESSED)
    found = items(raw, ASSESSMENTS, "oasys_assessments_details_core_risk", tokens=readable_tokens).drop("record_id").collect()
    assert sorted(map(tuple, found)) == [
        ("1", "10_7_histpsych", 1, "YES", "YES"),
        ("1", "3_3", 1, None, "M"),
        ("1", "5_tot", 1, "4", "4"),
        ("3", "10_7_histpsych", 2, "NO", "NO"),
        ("3", "3_3", 1, "2", "2"),
    ]
    with pytest.raises(ConfigError, match="declares no items"):
        items(raw, ASSESSMENTS, "drug_lookup", tokens=readable_tokens)


def test_the_version_of_a_wording_is_read_from_the_columns_name() -> None:
    assert item_of("question_10_7_v2_histpsych", "question_") == ("10_7_histpsych", 2)
    assert item_of("question_8_7_v10", "question_") == ("8_7", 10)
    assert item_of("question_8_7_vital", "question_") == ("8_7_vital", 1)
