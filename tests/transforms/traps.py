"""Literal extracts of the eight systems, each dirty in the ways that the domain reference documents; every node is named by its trap."""

import json
from typing import Any

Row = dict[str, str | None]
Extract = dict[str, list[Row]]

_DEFENDANT: Row = {
    "caseNo": "0160003298", "courtCode": "B10JQ", "cId": "100000001", "forename1": "John", "surname": "Smith", "defendantDob": "05/03/1980",
    "defendantSex": "M", "line1": "12 High St", "line2": "Leeds", "pcode": "LS1 4AP", "pnc": "02/73319Z", "cro": "65656/91H",
    "first_hearing_date": "2015-05-01", "final_result_date": "2015-05-20", "ho_offence_code": "801", "ethnicity_self_defined": "W1",
}  # fmt: skip


def _defendants(**changed: Row) -> list[Row]:
    return [{**_DEFENDANT, "row_id": name, **changes} for name, changes in changed.items()]


MAGISTRATES: Extract = {
    "hocas_flatfile": _defendants(
        plain={"jsas_result_group_desc": "  Immediate   CUSTODY ", "offence_date": "2015-06-01"},
        rekeyed={"caseNo": "160003298"},
        other_court={"courtCode": "B20AB", "forename1": "Ann", "surname": "Lee", "defendantDob": "01/02/1970", "pnc": None, "cro": None},
        closed_court={"courtCode": " B99ZZ "},
        organisation={"defendantType": "O", "forename1": None, "surname": "Falcon Foods Ltd", "defendantDob": None},
        title={"forename1": "Mr John"},
        two_names={"forename1": "John Robert"},
        not_entered={"forename1": "NOT ENTERED"},
        names_swapped={"forename1": "Smith", "surname": "John"},
        printed={"forename1": None, "surname": " ", "defendantName": "Ms Zoë O'Neill"},
        no_dob={"defendantDob": " "},
        dob_placeholder={"defendantDob": "01/01/1900"},
        dob_short={"defendantDob": "05/03/80"},
        dob_swapped={"defendantDob": "03/05/1980"},
        age_contradicts={"defendantAge": "61"},
        strange_sex={"defendantSex": "U"},
        unspecified_sex={"defendantSex": "ns"},
        lines_swapped={"line1": "Leeds", "line2": None, "line4": "12 High St"},
        no_fixed_abode={"line1": "NFA", "line2": None, "pcode": "NF1 1NF"},
        bad_numbers={"pnc": "02/73319A", "cro": "000000/00Z"},
        strange_ethnicity={"ethnicity_self_defined": "Q7"},
        no_real_date={"first_hearing_date": "1900-01-01", "final_result_date": None},
    ),
    "hocas_offence": [
        {"row_id": "plain", "seq": "1", "offence_date": "2015-06-01", "ho_offence_code": "00801", "jsas_result_group_desc": "Fine"},
        {"row_id": "plain", "seq": "2", "offence_date": "1900-01-01", "ho_offence_code": "04600", "jsas_result_group_desc": "Bound over"},
    ],
}

LONG = "Wolfeschlegelsteinhausenbergerdorff"  # 35 characters, where the field ends
_ON_CASE: Row = {"case_id": "1", "defendant_id": "1", "date_of_committal": "2015-05-20 00:00:00.000", "ptiurn": "01MP1097424"}

CROWN: Extract = {
    "xhb_case": [
        {"case_id": "1", "case_number": "20150001", "case_type": "T", "court_id": "401", "magistrates_case_ref": " 16/000 3298",
         "received_date": "2015-06-10 00:00:00.000", "transferred_case": "Y"},
        {"case_id": "2", "case_number": "20150001", "case_type": "T", "court_id": "402", "magistrates_case_ref": "0160003298",
         "received_date": "2015-08-01 00:00:00.000", "linked_case_id": "1"},
    ],
    "xhb_address": [{"address_id": "1", "address_1": "Flat 12, The Old Brewery, Low R", "postcode": "LS1 4AP"}],
    "xhb_defendant": [
        {"defendant_id": "1", "address_id": "1", "first_name": "John", "surname": LONG, "date_of_birth": "1980-03-05 00:00:00.000",
         "gender": "1", "ethnic_appearance_code": "3", "ethnicity_self_defined": None},
        {"defendant_id": "2", "first_name": "John", "surname": LONG, "date_of_birth": "1980-03-05 00:00:00.000", "gender": "2"},
        {"defendant_id": "3", "surname": "Falcon Foods Ltd", "is_company": "Y", "gender": "9"},
        {"defendant_id": "4", "first_name": "X", "surname": "Y", "gender": "9"},
    ],
    "xhb_defendant_on_case": [
        {**_ON_CASE, "defendant_on_case_id": "first", "pnc_id": "020073319Z"},
        {**_ON_CASE, "defendant_on_case_id": "transferred", "case_id": "2", "defendant_id": "2"},
        {**_ON_CASE, "defendant_on_case_id": "company", "defendant_id": "3"},
        {**_ON_CASE, "defendant_on_case_id": "masked", "defendant_id": "4", "is_masked": "Y", "masked_name": "Witness Grey"},
        {**_ON_CASE, "defendant_on_case_id": "withdrawn", "obs_ind": "Y"},
    ],
    "xhb_defendant_on_offence": [
        {"defendant_on_offence_id": "1", "defendant_on_case_id": "transferred", "final_offence_ho_code": "00801"},
        {"defendant_on_offence_id": "2", "defendant_on_case_id": "transferred", "final_offence_ho_code": "04600", "obs_ind": "Y"},
    ],
    "xhb_disposal": [
        {"disposal2_id": "1", "defendant_on_offence_id": "1", "result_code": "IMP", "disposal_date": "2015-09-01 00:00:00.000"},
        {"disposal2_id": "2", "defendant_on_offence_id": "1", "result_code": "FINE", "disposal_date": "2015-09-01 00:00:00.000"},
        {"disposal2_id": "3", "defendant_on_offence_id": "2", "result_code": "IMP", "disposal_date": "2014-09-01 00:00:00.000"},
    ],
}  # fmt: skip

Names = dict[str, Any]


def _person(first: str, last: str, **more: Any) -> Names:
    return {"personDetails": {"firstName": first, "lastName": last, "dateOfBirth": "1990-02-03", **more}}


def _result(id_: str, label: str, shared: str, **more: Any) -> Names:
    return {"judicialResultId": id_, "label": label, "category": "FINAL", "orderedDate": "2022-01-05", "isDeleted": False,
            "lastSharedDateTime": shared, **more}  # fmt: skip


def _message(hearing: str, urn: str | None, *defendants: Names, days: tuple[str, ...] = ("2022-01-05",)) -> str:
    case = {"id": f"case of {hearing}", "prosecutionCaseIdentifier": {"caseURN": urn}, "defendants": [*defendants]}
    sat = [{"sittingDay": f"{day}T10:00:00.000Z"} for day in days]
    return json.dumps({"hearing": {"id": hearing, "jurisdictionType": "MAGISTRATES", "courtCentre": {"code": "B10JQ00"},
                                   "hearingDays": sat, "prosecutionCases": [case]}})  # fmt: skip


def _told(first: str, plea: Names, *results: Names) -> Names:
    """The state of one defendant as a message tells it."""
    offence = {"id": "O1", "offenceCode": "TH68010", "chargeDate": "2021-12-01", **plea, "judicialResults": [*results]}
    return {"id": "migrated", "masterDefendantId": "M1", "pncId": "", "personDefendant": _person(first, "Smith", gender="NOT_KNOWN"),
            "aliases": [{"firstName": "Jack", "lastName": "Hill"}], "offences": [offence]}  # fmt: skip


_BOTH_PLEAS = {"plea": {"pleaValue": "GUILTY"}, "indicatedPlea": {"indicatedPleaValue": "INDICATED_NOT_GUILTY"}}

MESSAGES = [
    _message("H1", "01MP1097424", _told("Jon", {}, _result("R1", "Fine", "2022-01-05T12:00:00.000Z"))),
    _message(
        "H1",
        "01MP1097424",
        _told(
            "John",
            _BOTH_PLEAS,
            _result("R1", "Fine", "2022-01-06T12:00:00.000Z", isDeleted=True),
            _result("R2", "Imprisonment", "2022-01-07T12:00:00.000Z"),
        ),
        days=("2022-01-06", "2022-01-05"),
    ),
    _message("H1", "01MP1097424", _told("Joe", {}, _result("R0", "Fine", "2022-01-04T12:00:00.000Z"))),  # arrives last, was sent before
    _message(
        "H2",
        None,
        {
            "id": "wrong_master",
            "masterDefendantId": "M1",
            "personDefendant": _person("Bob", "Roe", gender="MALE", dateOfBirth="2012-02-01"),
        },
        {"id": "organisation", "legalEntityDefendant": {"organisation": {"name": "Falcon Foods Ltd"}}},
    ),
]

PRISON: Extract = {
    "offenders": [
        {"offender_id": "1", "root_offender_id": "aliases", "offender_id_display": "A1234AA", "first_name": "John", "last_name": LONG,
         "birth_date": "1980-03-05", "sex_code": "Male", "race_code": "White: Irish", "create_date": "2020-01-01"},
        {"offender_id": "2", "root_offender_id": "aliases", "offender_id_display": "A1234AA", "first_name": "Jack", "last_name": "Hill",
         "birth_date": "1981-03-05", "sex_code": "F", "create_date": "2010-01-01"},
        {"offender_id": "3", "root_offender_id": "second_number", "offender_id_display": "A9999ZZ", "first_name": "John", "last_name": LONG,
         "birth_date": "1980-03-05", "sex_code": "Not Recorded", "race_code": "Martian", "create_date": "2021-01-01"},
    ],
    "offender_identifiers": [
        {"root_offender_id": "aliases", "identifier_type": "PNC", "identifier": "02/73319Z"},
        {"root_offender_id": "aliases", "identifier_type": "PNC", "identifier": "81/34U"},
        {"root_offender_id": "aliases", "identifier_type": "NINO", "identifier": "65656/91H"},
    ],
    "offender_addresses": [{"address_id": "1", "root_offender_id": "aliases", "postal_code": "LS1 4AP", "full_address": "2 Low Rd"}],
    "offender_bookings": [
        {"offender_book_id": "1", "offender_id": "1", "booking_begin_date": "2020-01-01", "booking_end_date": "2020-06-01"},
        {"offender_book_id": "2", "offender_id": "2", "booking_begin_date": "2020-03-01"},
    ],
    "offender_external_movements": [
        {"offender_book_id": "1", "movement_seq": "1", "movement_date": "2020-06-01", "movement_type": "REL", "direction_code": "OUT"},
        {"offender_book_id": "2", "movement_seq": "1", "movement_date": "2020-03-01", "movement_type": "adm", "direction_code": "IN"},
        {"offender_book_id": "2", "movement_seq": "2", "movement_date": "2020-04-01", "movement_type": "ZZZ", "direction_code": "OUT"},
    ],
    "offender_sentences": [
        {"offender_book_id": "1", "sentence_seq": "1", "start_date": "2020-01-02", "sentence_date": "2020-01-02", "recall_flag": "N"},
        {"offender_book_id": "2", "sentence_seq": "1", "start_date": "1970-01-01", "sentence_date": "1970-01-01", "recall_flag": "Y"},
        {"offender_book_id": "2", "sentence_seq": "2", "start_date": "2020-03-02", "sentence_date": "2019-12-02", "recall_flag": "N"},
    ],
}  # fmt: skip


def _of_area(area: str, *rows: Row) -> list[Row]:
    return [{"partition_area_id": area, "soft_deleted": "0", **row} for row in rows]


PROBATION: Extract = {
    "offender": [
        *_of_area(
            "6",
            {"offender_id": "1", "crn": "X000001", "forename": "MIG_ERROR_Tom", "middleName": "NO_SHOW_William",
             "surname": "DUPLICATE_Brown", "dateOfBirth": "1970-01-01", "ethnicity": "Z_Dummy Ethnicity 04/05"},
            {"offender_id": "2", "crn": "X000002", "forename": "Tom", "surname": "Brown", "dateOfBirth": "1980-05-06", "gender": "?"},
        ),
        *_of_area("7", {"offender_id": "1", "crn": "X000003", "forename": "Ann", "surname": "Lee", "soft_deleted": "1"}),
    ],
    "offender_address": _of_area(
        "6",
        {"address_id": "1", "crn": "X000001", "postcode": "NF1 1NF", "noFixedAbode": "Y"},
        {"address_id": "2", "crn": "X000001", "postcode": "LS1 4AP", "streetName": "Low Rd", "endDateTime": "2010-01-01 00:00:00.000"},
        {"address_id": "3", "crn": "X000001", "postcode": "B1 1AA", "streetName": "High St"},
    ),
    "event": _of_area(
        "6",
        {"row_id": "1", "event_id": "9", "crn": "X000001", "referral_date": "2020-01-01", "age_at_offence": "-7", "disposal_id": "1",
         "disposal_type_description": "Community Order", "disposal_date": "2020-02-01"},
        {"row_id": "2", "event_id": "9", "crn": "X000001", "referral_date": "2021-01-01", "age_at_offence": "204"},
    ),
    "rqmnt": _of_area(
        "6", *({"rqmnt_id": str(n), "disposal_id": "1", "commencement_date": "2020-02-02"} for n in range(1, 4))
    ),
}  # fmt: skip
