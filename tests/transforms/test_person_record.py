"""Person records from literal extracts."""

from datetime import date
from typing import Any

from docketlink.config.source import SourceConfig
from docketlink.contracts.records import PERSON_RECORD, RECORD_ATTRIBUTE
from docketlink.transforms.person_record import CROWD
from pyspark.sql import DataFrame, Row

from tests.transforms.conftest import COURTS, PRISON, MakeRaw, Rows, attributes_of, orphans_of, records_of

SNAPSHOT = date(2026, 1, 5)

COURT_ROWS: Rows = {
    "row": [
        {
            "row_id": "1", "kind": "P", "forename": "Mr John Robert", "surname": "Smith-Jones", "dob": "05/03/80", "sex": "m",
            "line1": "12, High St.", "line2": "Leeds", "pcode": "ls1 4ap", "pnc": "02/73319Z", "cro": "65656/91H", "ethnicity": "W1",
            "court": "B10JQ", "case_no": "0160/32981", "heard": "2024-05-01", "person": " 77 ",
        },
        {"row_id": "2", "full_name": "Ms Zoë O'Neill", "dob": "1970-01-01", "sex": "7", "pcode": "NF1 1NF", "pnc": "02/73319A"},
        {"row_id": "3", "kind": "O", "surname": "Acme Ltd"},
        {"row_id": "4", "withdrawn": "Y", "kind": "O", "forename": "Ann", "surname": "Lee", "dob": "1990-06-01"},
        {"row_id": "5", "forename": "UNKNOWN", "surname": "Brown", "ethnicity": "Q7", "cro": "85227/65G"},
        {"row_id": " "},
    ]
}  # fmt: skip

PRISON_ROWS: Rows = {
    "offenders": [
        {"offender_id": "9", "root_offender_id": "R1", "last_name": "SMITH", "first_name": "JOHN", "birth_date": "1980-03-05",
         "latest": "9"},
        {"offender_id": "10", "root_offender_id": "R1", "last_name": "BROWN", "first_name": "JACK", "latest": "10", "race": "x"},
        {"offender_id": "11", "root_offender_id": "R1", "last_name": "GREEN", "first_name": "JIM", "birth_date": "1979-01-01",
         "latest": "99", "gone": "1"},
        {"offender_id": "12", "root_offender_id": "R2", "last_name": "KHAN", "first_name": "SARA", "birth_date": "1990-01-01"},
        {"offender_id": "13", "root_offender_id": "R3", "last_name": "LOWE", "first_name": "TOM", "latest": "13", "gone": "1"},
    ],
    "identifiers": [
        {"root_offender_id": "R1", "seq": "1", "identifier_type": "PNC", "identifier": "2002/0073319Z"},
        {"root_offender_id": "R1", "seq": "2", "identifier_type": "PNC", "identifier": "81/34U"},
        {"root_offender_id": "R1", "seq": "3", "identifier_type": "PNC", "identifier": "8134U"},
        {"root_offender_id": "R1", "seq": "4", "identifier_type": "CRO", "identifier": "SF05/482703J"},
        {"root_offender_id": "R1", "seq": "5", "identifier_type": "NINO", "identifier": "65656/91H"},
        {"root_offender_id": "R2", "seq": "1", "identifier_type": "PNC", "identifier": "nonsense"},
        {"root_offender_id": "R9", "seq": "1", "identifier_type": "PNC", "identifier": "81/34U"},
    ],
    "addresses": [
        {"root_offender_id": "R1", "seq": "1", "postal_code": "LS1 4AP", "full_address": "2 Low Rd"},
        {"root_offender_id": "R1", "seq": "2", "postal_code": "B1 1AA", "full_address": "1 Low Rd"},
        {"root_offender_id": "R2", "seq": "1", "postal_code": "XX1 1XX"},
    ],
    "bookings": [
        {"offender_book_id": "B1", "offender_id": "9", "begins": "2020-01-01", "ends": "2021-01-01", "prison": "LEI"},
        {"offender_book_id": "B2", "offender_id": "10", "begins": "2022-01-01", "prison": "LEI"},
        {"offender_book_id": "B3", "offender_id": "11", "begins": "2022-01-01", "prison": "LEI", "gone": "1"},
        {"offender_book_id": "B4", "offender_id": "404", "begins": "2022-01-01", "prison": "LEI"},
        {"offender_book_id": "B5", "offender_id": "13", "begins": "2022-01-01", "ends": "2023-01-01", "prison": "LEI"},
    ],
    "sentences": [
        {"offender_book_id": "B1", "seq": "1", "sentence_date": "2020-02-02"},
        {"offender_book_id": "B1", "seq": "2", "sentence_date": "1970-01-01"},
        {"offender_book_id": "B2", "seq": "1", "sentence_date": "2019-02-02"},
        {"offender_book_id": "B2", "seq": "2", "sentence_date": "2020-02-02"},
        {"offender_book_id": "B3", "seq": "1", "sentence_date": "2018-02-02"},
        {"offender_book_id": "B4", "seq": "1", "sentence_date": "2018-02-02"},
    ],
    "movements": [
        {"offender_book_id": "B1", "seq": "1", "moved": "2020-01-01", "code": "ADM"},
        {"offender_book_id": "B1", "seq": "2", "moved": "2020-12", "code": "rel"},
        {"offender_book_id": "B1", "seq": "3", "moved": "1900-01-01", "code": "XYZ"},
        {"offender_book_id": "B1", "seq": "4"},
        {"offender_book_id": "B3", "seq": "1", "moved": "2020-01-01", "code": "ADM"},
        {"offender_book_id": "B5", "seq": "1", "moved": "2020-01-01", "code": "ADM"},
    ],
}  # fmt: skip


def _standardised(raw: dict[str, DataFrame], source: SourceConfig) -> DataFrame:
    return records_of(raw, source, SNAPSHOT)


def _by_id(frame: DataFrame) -> dict[str, Row]:
    return {row["record_id"].rsplit("/", 1)[-1]: row for row in frame.collect()}


def _only(row: Row, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def test_a_flat_row_is_a_record_with_every_rule_applied(make_raw: MakeRaw) -> None:
    frame = _standardised(make_raw(COURTS, COURT_ROWS), COURTS)
    assert PERSON_RECORD.conform(frame).columns == frame.columns
    record = _by_id(frame)
    assert sorted(record) == ["1", "2", "3", "4", "5"]  # the row without a key names no node
    first = record["1"].asDict()
    version = first.pop("record_version")
    assert len(version) == 64
    assert first == {
        "record_id": "record:courts/1", "source": "courts", "native_person_key": "77", "native_case_key": None, "role_code": None,
        "name_1_std": "JOHN", "name_2_std": "ROBERT", "name_3_std": "SMITH", "last_name_std": "JONES",
        "first_and_last_name_std": "JOHN JONES", "forename_std_arr": ["JOHN"], "last_name_std_arr": ["JONES", "SMITHJONES"],
        "name_token_arr": ["JOHN", "JONES", "ROBERT", "SMITH"], "dob_std": "1980-03-05", "dob_reason": None, "dob_arr": ["1980-03-05"],
        "sex_std": "M", "postcode_arr": ["LS14AP"], "postcode_outcode_arr": ["LS1"], "postcode_uncommon": "LS14AP",
        "address_line_std": "12 HIGH ST LEEDS", "pnc_arr": ["2002/0073319Z"], "pnc_single": "2002/0073319Z",
        "cro_arr": ["065656/91H"], "cro_single": "065656/91H", "sentence_date_arr": None,
        "other_map": {"case": "016032981", "town": "LEEDS"}, "reason_arr": None, "link_status": "linkable",
        "linkability": "sufficient", "snapshot_date": SNAPSHOT, "full_name_arr": ["JOHN ROBERT SMITH JONES"],
        "address_arr": [Row(line="12 HIGH ST LEEDS", postcode="LS14AP", from_date=None, to_date=None)], "known_id_arr": None,
        "flag_arr": None, "usable_arr": ["name", "date_of_birth", "place", "register"],
    }  # fmt: skip
    assert _only(record["2"], "name_1_std", "last_name_std", "dob_std", "dob_reason", "sex_std", "postcode_arr", "postcode_uncommon") == {
        "name_1_std": "ZOE", "last_name_std": "ONEILL", "dob_std": None, "dob_reason": "DOB_PLACEHOLDER", "sex_std": "N",
        "postcode_arr": None, "postcode_uncommon": None,
    }  # fmt: skip
    assert record["2"]["reason_arr"] == ["PNC_CHECK", "POSTCODE_PLACEHOLDER"]
    assert {key: row["link_status"] for key, row in record.items()} == {
        "1": "linkable", "2": "linkable", "3": "organisation", "4": "deleted", "5": "linkable",
    }  # fmt: skip
    assert {key: row["linkability"] for key, row in record.items()} == {
        "1": "sufficient", "2": "insufficient", "3": "insufficient", "4": "sufficient", "5": "insufficient",
    }  # fmt: skip
    assert record["2"]["other_map"] is None
    assert len({row["record_version"] for row in record.values()}) == 5


def test_alias_rows_and_long_tables_gather_into_one_record_without_fan_out(make_raw: MakeRaw) -> None:
    record = _by_id(_standardised(make_raw(PRISON, PRISON_ROWS), PRISON))
    assert sorted(record) == ["R1", "R2", "R3"]
    names = (
        "name_1_std", "last_name_std", "forename_std_arr", "last_name_std_arr", "dob_std", "dob_reason", "dob_arr", "postcode_arr",
        "postcode_outcode_arr", "postcode_uncommon", "address_line_std", "pnc_arr", "pnc_single", "cro_arr", "sentence_date_arr",
        "reason_arr", "link_status", "linkability", "other_map",
    )  # fmt: skip
    # 10 is larger than 9 as a number; the withdrawn third name of a living person says nothing
    assert _only(record["R1"], *names) == {
        "name_1_std": "JACK", "last_name_std": "BROWN", "forename_std_arr": ["JACK", "JOHN"], "last_name_std_arr": ["BROWN", "SMITH"],
        "dob_std": "1980-03-05", "dob_reason": None, "dob_arr": ["1980-03-05"], "postcode_arr": ["B11AA", "LS14AP"],
        "postcode_outcode_arr": ["B1", "LS1"], "postcode_uncommon": "B11AA", "address_line_std": "1 LOW RD",
        "pnc_arr": ["1981/0000034U", "2002/0073319Z"], "pnc_single": "1981/0000034U", "cro_arr": ["SF05/482703J"],
        "sentence_date_arr": ["2019-02-02", "2020-02-02"], "reason_arr": None, "link_status": "linkable", "linkability": "sufficient",
        "other_map": None,
    }  # fmt: skip
    assert _only(record["R2"], "dob_std", "dob_reason", "pnc_arr", "reason_arr") == {
        "dob_std": "1990-01-01", "dob_reason": "DOB_JAN1", "pnc_arr": None, "reason_arr": ["PNC_FORMAT", "POSTCODE_PLACEHOLDER"],
    }  # fmt: skip
    assert record["R3"]["link_status"] == "deleted"


def test_rows_without_a_node_are_kept_out_and_listed(make_raw: MakeRaw) -> None:
    assert [tuple(r) for r in orphans_of(make_raw(COURTS, COURT_ROWS), COURTS).collect()] == [("row", "part-0", 6)]
    listed = orphans_of(make_raw(PRISON, PRISON_ROWS), PRISON).orderBy("table", "ordinal").collect()
    assert [tuple(r) for r in listed] == [("bookings", "part-0", 4), ("identifiers", "part-0", 7), ("sentences", "part-0", 6)]


def test_shuffled_rows_in_other_partitions_give_the_same_records(make_raw: MakeRaw) -> None:
    straight = make_raw(PRISON, PRISON_ROWS)
    backwards = make_raw(PRISON, {name: rows[::-1] for name, rows in PRISON_ROWS.items()})
    shuffled = {name: frame.repartition(3) for name, frame in backwards.items()}
    assert _by_id(_standardised(straight, PRISON)) == _by_id(_standardised(shuffled, PRISON))


def test_a_record_has_one_version_until_something_comparable_changes(make_raw: MakeRaw) -> None:
    base = COURT_ROWS["row"][0]
    payload = {**base, "row_id": "payload", "ethnicity": "A1", "result": "Fine", "court": "B20"}
    spelling = {**base, "row_id": "spelling", "forename": " mr JOHN  robert", "pcode": "LS14AP", "pnc": "2002/0073319Z"}
    moved = {**base, "row_id": "moved", "pcode": "B1 1AA"}
    version = {
        k: r["record_version"]
        for k, r in _by_id(_standardised(make_raw(COURTS, {"row": [base, payload, spelling, moved]}), COURTS)).items()
    }
    assert version["1"] == version["payload"] == version["spelling"] != version["moved"]


def test_a_postcode_of_more_people_than_the_limit_is_not_blocked_on(make_raw: MakeRaw) -> None:
    def row(i: int, pcode: str, person: int) -> dict[str, str | None]:
        return {"row_id": f"{pcode}-{i}", "forename": f"N{chr(65 + person % 26)}{chr(65 + person // 26)}X", "surname": "Lee",
                "dob": "1980-05-05", "pcode": pcode}  # fmt: skip

    rows = [row(i, "LS1 4AP", i) for i in range(CROWD + 1)]
    rows += [row(i, "B1 1AA", i % CROWD) for i in range(CROWD + 5)]  # more records, but only as many people as the limit
    frame = _standardised(make_raw(COURTS, {"row": rows}), COURTS)
    assert {(r["p"], r["u"]) for r in frame.selectExpr("postcode_arr[0] p", "postcode_uncommon u").collect()} == {
        ("LS14AP", None),
        ("B11AA", "B11AA"),
    }
    prison = {
        "offenders": [
            {"offender_id": f"{i}", "root_offender_id": f"{i}", "last_name": "LEE", "first_name": f"N{chr(65 + i % 26)}{chr(65 + i // 26)}"}
            for i in range(CROWD + 1)
        ],
        "addresses": [{"root_offender_id": f"{i}", "seq": "1", "postal_code": "B1 1AA"} for i in range(CROWD + 1)]
        + [{"root_offender_id": "7", "seq": "2", "postal_code": "LS1 4AP"}],
    }
    several = _by_id(_standardised(make_raw(PRISON, prison), PRISON))
    assert {key: row["postcode_uncommon"] for key, row in several.items() if row["postcode_uncommon"]} == {"7": "LS14AP"}
    assert len(several) == CROWD + 1


def test_attributes_stand_apart_from_the_record(make_raw: MakeRaw) -> None:
    frame = attributes_of(make_raw(COURTS, COURT_ROWS), COURTS, SNAPSHOT)
    assert RECORD_ATTRIBUTE.conform(frame).columns == frame.columns
    attribute = _by_id(frame)
    assert sorted(attribute) == ["1", "2", "3", "4", "5"]
    assert tuple(attribute["1"])[2:] == ("M", "W1", "W1", None, "1980-1984", "B10JQ", None)
    assert tuple(attribute["2"])[2:] == ("N", *[None] * 6)
    assert tuple(attribute["5"])[2:] == (None, "UN", "Q7", *[None] * 4)
    prison = attributes_of(make_raw(PRISON, PRISON_ROWS), PRISON, SNAPSHOT)
    assert {key: (row["birth_year_band"], row["ethnicity_raw"]) for key, row in _by_id(prison).items()} == {
        "R1": ("1980-1984", "x"),
        "R2": ("1990-1994", None),
        "R3": (None, None),
    }
