"""Traps of the criminal systems: literal extracts through the real sources of conf, one action each for all records and all events."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import partial, reduce
from pathlib import Path
from typing import Any

import pytest
from docketlink.config.load import load_source
from docketlink.config.source import SourceConfig
from docketlink.sources.ingest import file_spec
from docketlink.sources.kernel_json import read_json
from pyspark.sql import DataFrame, Row, SparkSession

from tests.transforms import traps
from tests.transforms.conftest import attributes_of, events_of, raw_of, records_of

CONF = Path(__file__).parents[2] / "conf" / "sources"
SNAPSHOT = date(2026, 1, 5)


def messages_of(source: SourceConfig) -> traps.Extract:
    """The rows of every table of JSON lines, read from the messages by the paths of the YAML."""
    text, rows = "\n".join(traps.MESSAGES).encode(), {}
    for name, table in source.tables.items():
        read = [part.table.rename_columns([*table.columns]) for part in read_json(iter([text]), file_spec(table))]
        rows[name] = [row for part in read for row in part.to_pylist()]
    return rows


def extracts() -> dict[str, tuple[SourceConfig, traps.Extract]]:
    literal = {
        "mags_hocas": traps.MAGISTRATES,
        "crown_xhibit": traps.CROWN,
        "prison_nomis": traps.PRISON,
        "probation_delius": traps.PROBATION,
    }
    found = {name: (load_source(CONF / f"{name}.yml"), rows) for name, rows in literal.items()}
    platform = load_source(CONF / "common_platform.yml")
    return found | {"common_platform": (platform, messages_of(platform))}


def node(record_id: str) -> str:
    return record_id.rpartition("/")[2]


@pytest.fixture(scope="module")
def raw(spark: SparkSession) -> dict[str, tuple[SourceConfig, dict[str, DataFrame]]]:
    return {name: (source, raw_of(spark, source, rows)) for name, (source, rows) in extracts().items()}


def all_of(raw: dict[str, tuple[SourceConfig, dict[str, DataFrame]]], made: Callable[..., DataFrame]) -> list[Row]:
    return reduce(DataFrame.unionByName, [made(frames, source) for source, frames in raw.values()]).collect()


@pytest.fixture(scope="module")
def record(raw: Any) -> dict[str, dict[str, Row]]:
    """Source to node to its person record."""
    found: dict[str, dict[str, Row]] = {name: {} for name in raw}
    for row in all_of(raw, partial(records_of, snapshot_date=SNAPSHOT)):
        assert node(row.record_id) not in found[row.source], "one row a node"
        found[row.source][node(row.record_id)] = row
    return found


@pytest.fixture(scope="module")
def attribute(raw: Any) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {name: {} for name in raw}
    for row in all_of(raw, partial(attributes_of, snapshot_date=SNAPSHOT)):
        found[row.source][node(row.record_id)] = row
    return found


@pytest.fixture(scope="module")
def events(raw: Any) -> dict[str, dict[str, list[Row]]]:
    """Source to node to its events."""
    found: dict[str, dict[str, list[Row]]] = {name: {} for name in raw}
    for row in all_of(raw, events_of):
        found[row.source].setdefault(node(row.record_id), []).append(row)
    return found


def of_type(found: list[Row], event_type: str) -> list[Row]:
    return [row for row in found if row.event_type == event_type]


Records = dict[str, dict[str, Row]]
Events = dict[str, dict[str, list[Row]]]


# Magistrates


def test_a_case_number_that_lost_its_zero_names_the_same_case_there_and_at_the_crown_court(events: Events) -> None:
    mags, crown = events["mags_hocas"], events["crown_xhibit"]
    tokens = {row.case_ref_token for rows in (mags["plain"], mags["rekeyed"]) for row in of_type(rows, "hearing")}
    assert tokens == {row.case_ref_token for row in of_type(crown["first"], "committal")} == {"case:160003298"}


def test_a_case_under_a_new_key_is_a_record_of_its_own_that_compares_alike(record: Records) -> None:
    assert record["mags_hocas"]["rekeyed"].record_version == record["mags_hocas"]["plain"].record_version


def test_a_defendant_key_is_no_persons_at_another_court(record: Records) -> None:
    mags = record["mags_hocas"]
    assert mags["other_court"].native_person_key == mags["plain"].native_person_key
    assert {mags["other_court"].last_name_std, mags["plain"].last_name_std} == {"LEE", "SMITH"}


def test_a_court_that_was_closed_keeps_its_code(events: Events) -> None:
    assert {row.area_code for row in events["mags_hocas"]["closed_court"]} == {"B99ZZ"}


def test_who_is_no_organisation_is_a_person(record: Records) -> None:
    mags = record["mags_hocas"]
    assert {name for name, row in mags.items() if row.link_status != "linkable"} == {"organisation"}
    assert mags["organisation"].link_status == "organisation"


@pytest.mark.parametrize(
    ("trap", "words"),
    [
        ("title", ("JOHN", None, None, "SMITH")),
        ("two_names", ("JOHN", "ROBERT", None, "SMITH")),
        ("not_entered", (None, None, None, "SMITH")),
        ("names_swapped", ("SMITH", None, None, "JOHN")),  # scored, not repaired
        ("printed", ("ZOE", None, None, "ONEILL")),
    ],
)
def test_names_of_magistrates_are_read_whatever_stands_in_their_fields(record: Records, trap: str, words: tuple[str | None, ...]) -> None:
    row = record["mags_hocas"][trap]
    assert (row.name_1_std, row.name_2_std, row.name_3_std, row.last_name_std) == words


@pytest.mark.parametrize(
    ("trap", "born"),
    [
        ("no_dob", (None, "DOB_MISSING")),
        ("dob_placeholder", (None, "DOB_PLACEHOLDER")),
        ("dob_short", ("1980-03-05", None)),
        ("dob_swapped", ("1980-05-03", None)),  # scored, not repaired
        ("age_contradicts", ("1980-03-05", None)),
    ],
)
def test_dates_of_birth_of_magistrates_are_blanked_with_a_reason_or_stand(record: Records, trap: str, born: tuple[str | None, ...]) -> None:
    row = record["mags_hocas"][trap]
    assert (row.dob_std, row.dob_reason) == born


def test_other_strings_of_sex_are_not_known(record: Records) -> None:
    mags = record["mags_hocas"]
    assert [mags[name].sex_std for name in ("plain", "strange_sex", "unspecified_sex")] == ["M", "N", "NS"]


def test_an_address_is_its_words_in_whatever_line_and_no_fixed_abode_is_no_postcode(record: Records) -> None:
    mags = record["mags_hocas"]
    assert {*mags["lines_swapped"].address_line_std.split()} == {*mags["plain"].address_line_std.split()}
    assert (mags["no_fixed_abode"].postcode_arr, mags["no_fixed_abode"].reason_arr) == (None, ["POSTCODE_PLACEHOLDER"])


def test_register_numbers_are_proved_or_blanked(record: Records) -> None:
    mags = record["mags_hocas"]
    assert (mags["plain"].pnc_single, mags["plain"].cro_single) == ("2002/0073319Z", "065656/91H")
    assert (mags["bad_numbers"].pnc_arr, mags["bad_numbers"].cro_arr) == (None, None)
    assert mags["bad_numbers"].reason_arr == ["CRO_PLACEHOLDER", "PNC_CHECK"]


def test_an_unknown_ethnicity_is_unmapped_and_kept_as_received(attribute: Records) -> None:
    row = attribute["mags_hocas"]["strange_ethnicity"]
    assert (row.ethnicity, row.ethnicity_raw) == ("UN", "Q7")


def test_a_result_before_the_offence_stands_and_a_placeholder_is_no_day(events: Events) -> None:
    plain = events["mags_hocas"]["plain"]
    assert [str(row.event_date) for row in of_type(plain, "case_result")] == ["2015-05-20"]
    assert sorted((str(row.event_date), row.event_date_precision) for row in of_type(plain, "charge")) == [
        ("2015-06-01", "day"),
        ("None", "unknown"),
    ]
    hearing = of_type(events["mags_hocas"]["no_real_date"], "hearing")
    assert [(row.event_date, row.event_date_precision) for row in hearing] == [(None, "unknown")]


def test_codes_are_read_whatever_their_case_and_spacing_and_stay_as_received(events: Events) -> None:
    plain = events["mags_hocas"]["plain"]
    assert [(row.outcome_code, row.outcome_code_raw) for row in of_type(plain, "case_result")] == [("custody", "Immediate   CUSTODY")]
    assert {(row.outcome_code, row.outcome_code_raw) for row in of_type(plain, "charge")} == {("fine", "Fine"), (None, "Bound over")}


def test_an_offence_code_gets_its_zeros_back_and_stays_as_it_arrived_beside(events: Events) -> None:
    hearing = of_type(events["mags_hocas"]["plain"], "hearing")
    assert {(row.offence_code, row.offence_code_raw, row.offence_group) for row in hearing} == {("00801", "801", "VAP")}


# Crown Court


def test_a_transferred_case_is_committed_and_received_once_and_both_defendants_are_records(record: Records, events: Events) -> None:
    crown = events["crown_xhibit"]
    of_both = Counter(row.event_type for name in ("first", "transferred") for row in crown[name])
    assert of_both == {"committal": 1, "crown_receipt": 1, "disposal": 2}
    assert record["crown_xhibit"]["first"].native_person_key != record["crown_xhibit"]["transferred"].native_person_key


def test_a_defendant_of_the_crown_court_is_put_together_from_case_defendant_and_address(record: Records) -> None:
    first = record["crown_xhibit"]["first"]
    assert (first.last_name_std, first.dob_std, first.sex_std) == (traps.LONG.upper(), "1980-03-05", "M")
    assert first.pnc_arr == ["2002/0073319Z"]  # ten characters on the case row
    assert first.address_line_std == "FLAT 12 THE OLD BREWERY LOW R"  # cut at 30, and kept so
    assert [record["crown_xhibit"][name].sex_std for name in ("transferred", "company")] == ["F", "N"]


def test_companies_masked_and_withdrawn_defendants_are_kept_and_not_linked(record: Records, events: Events) -> None:
    crown = record["crown_xhibit"]
    assert {name: row.link_status for name, row in crown.items()} == {
        "first": "linkable",
        "transferred": "linkable",
        "company": "organisation",
        "masked": "masked",
        "withdrawn": "deleted",
    }
    assert "WITNESS" not in str(crown["masked"])
    assert "withdrawn" not in events["crown_xhibit"]


def test_an_officers_code_is_never_read_as_a_self_defined_ethnicity(attribute: Records) -> None:
    row = attribute["crown_xhibit"]["first"]
    assert (row.ethnicity, row.ethnicity_raw) == (None, None)


def test_several_disposals_of_an_offence_are_events_and_those_of_a_withdrawn_offence_are_none(record: Records, events: Events) -> None:
    disposals = of_type(events["crown_xhibit"]["transferred"], "disposal")
    assert sorted((row.outcome_code, str(row.event_date)) for row in disposals) == [("custody", "2015-09-01"), ("fine", "2015-09-01")]
    assert record["crown_xhibit"]["transferred"].sentence_date_arr == ["2015-09-01"]


# Common Platform


def test_the_latest_message_of_a_hearing_counts_and_not_the_last_to_arrive(record: Records) -> None:
    assert {*record["common_platform"]} == {"migrated", "wrong_master", "organisation"}
    assert record["common_platform"]["migrated"].name_1_std == "JOHN"


def test_a_hearing_of_several_days_is_one_event_on_its_first(events: Events) -> None:
    assert [str(row.event_date) for row in of_type(events["common_platform"]["migrated"], "hearing")] == ["2022-01-05"]


def test_a_result_that_was_taken_back_is_none_and_an_amended_one_counts_once(record: Records, events: Events) -> None:
    assert [row.outcome_code for row in of_type(events["common_platform"]["migrated"], "disposal")] == ["custody"]
    assert record["common_platform"]["migrated"].sentence_date_arr == ["2022-01-05"]


def test_of_both_pleas_the_plea_wins(events: Events) -> None:
    assert [row.outcome_code_raw for row in of_type(events["common_platform"]["migrated"], "charge")] == ["GUILTY"]


def test_an_empty_number_is_none_and_an_unmapped_gender_not_known(record: Records) -> None:
    row = record["common_platform"]["migrated"]
    assert (row.pnc_arr, row.reason_arr, row.sex_std) == (None, None, "N")


def test_a_wrong_master_id_makes_nobody_one_record(record: Records) -> None:
    platform = record["common_platform"]
    assert {platform[name].other_map["master_defendant_id"] for name in ("migrated", "wrong_master")} == {"M1"}
    assert {platform[name].last_name_std for name in ("migrated", "wrong_master")} == {"SMITH", "ROE"}


def test_a_child_of_nine_at_the_hearing_has_a_wrong_date_of_birth_however_old_by_now(record: Records) -> None:
    row = record["common_platform"]["wrong_master"]
    assert (row.dob_std, row.dob_reason) == (None, "DOB_RANGE")


def test_aliases_without_a_date_of_birth_add_their_names(record: Records) -> None:
    row = record["common_platform"]["migrated"]
    assert (row.forename_std_arr, row.last_name_std_arr, row.dob_arr) == (["JACK", "JOHN"], ["HILL", "SMITH"], ["1990-02-03"])


def test_a_legal_entity_is_an_organisation(record: Records) -> None:
    assert record["common_platform"]["organisation"].link_status == "organisation"


def test_a_migrated_case_has_records_in_both_systems_and_one_case_token(record: Records, events: Events) -> None:
    old, new = events["crown_xhibit"]["first"], events["common_platform"]["migrated"]
    assert {row.case_ref_token for row in of_type(old, "crown_receipt")} == {row.case_ref_token for row in of_type(new, "hearing")}
    assert record["crown_xhibit"]["first"].link_status == record["common_platform"]["migrated"].link_status == "linkable"


# Prison


def test_names_of_one_prison_number_are_one_record_with_all_names_and_dates_of_birth(record: Records) -> None:
    row = record["prison_nomis"]["aliases"]
    assert (row.name_1_std, row.last_name_std, row.dob_std, row.sex_std) == ("JOHN", traps.LONG.upper(), "1980-03-05", "M")
    assert (row.forename_std_arr, row.dob_arr) == (["JACK", "JOHN"], ["1980-03-05", "1981-03-05"])
    assert row.last_name_std_arr == ["HILL", traps.LONG.upper()]


def test_two_prison_numbers_are_two_records(record: Records) -> None:
    prison = record["prison_nomis"]
    assert {name: row.native_person_key for name, row in prison.items()} == {"aliases": "A1234AA", "second_number": "A9999ZZ"}


def test_ethnicity_in_words_has_a_code_and_strange_words_have_none(attribute: Records) -> None:
    prison = attribute["prison_nomis"]
    assert {name: (row.ethnicity, row.ethnicity_raw) for name, row in prison.items()} == {
        "aliases": ("W2", "White: Irish"),
        "second_number": ("UN", "Martian"),
    }


def test_all_pncs_of_a_prisoner_stand_side_by_side_and_other_numbers_are_none(record: Records) -> None:
    row = record["prison_nomis"]["aliases"]
    assert (row.pnc_arr, row.pnc_single, row.cro_arr) == (["1981/0000034U", "2002/0073319Z"], "1981/0000034U", None)


def test_overlapping_stays_and_a_release_without_admission_stand_as_they_arrived(events: Events) -> None:
    told = [(row.event_type, row.event_type_raw, str(row.event_date)) for row in events["prison_nomis"]["aliases"]]
    assert [each for each in sorted(told, key=str) if each[0] != "sentence_start"] == [
        ("other", "ZZZ", "2020-04-01"),
        ("prison_admission", "adm", "2020-03-01"),
        ("prison_release", "REL", "2020-06-01"),
    ]


def test_sentence_dates_of_all_stays_are_evidence_but_for_placeholders(record: Records) -> None:
    assert record["prison_nomis"]["aliases"].sentence_date_arr == ["2019-12-02", "2020-01-02"]


# Probation


def test_two_probation_numbers_are_two_records(record: Records) -> None:
    assert {name: row.link_status for name, row in record["probation_delius"].items()} == {
        "X000001": "linkable",
        "X000002": "linkable",
        "X000003": "deleted",
    }


def test_marks_of_migrations_are_no_names_and_placeholders_no_dates_of_birth(record: Records) -> None:
    row = record["probation_delius"]["X000001"]
    assert (row.name_1_std, row.name_2_std, row.last_name_std) == ("TOM", "WILLIAM", "BROWN")
    assert (row.dob_std, row.dob_reason) == (None, "DOB_PLACEHOLDER")


def test_a_strange_gender_of_probation_is_not_specified_and_junk_is_no_ethnicity(record: Records, attribute: Records) -> None:
    probation = record["probation_delius"]
    assert [probation[name].sex_std for name in ("X000001", "X000002")] == [None, "NS"]
    assert attribute["probation_delius"]["X000001"].ethnicity == "UN"


def test_past_and_current_addresses_are_evidence_but_for_no_fixed_abode(record: Records) -> None:
    row = record["probation_delius"]["X000001"]
    assert (row.postcode_arr, row.postcode_outcode_arr, row.reason_arr) == (["B11AA", "LS14AP"], ["B1", "LS1"], ["POSTCODE_PLACEHOLDER"])


def test_a_repeated_event_id_an_impossible_age_and_many_requirements_lose_and_double_nothing(events: Events) -> None:
    assert Counter(row.event_type for row in events["probation_delius"]["X000001"]) == {
        "probation_referral": 2,
        "probation_disposal": 1,
        "requirement_start": 3,
    }
    assert {*events["probation_delius"]} == {"X000001"}


def test_no_event_stands_twice_and_none_is_of_nobody(record: Records, events: Events) -> None:
    found = Counter(row.event_id for nodes in events.values() for rows in nodes.values() for row in rows)
    assert {n for n in found.values()} == {1}
    assert all({*nodes} <= {*record[name]} for name, nodes in events.items())


def test_free_text_is_dropped_before_raw() -> None:
    probation = load_source(CONF / "probation_delius.yml")
    assert [name for name, table in probation.tables.items() for column in table.kept_columns() if column.endswith("_notes")] == []
    assert sum(column.endswith("_notes") for table in probation.tables.values() for column in table.columns) == 3
