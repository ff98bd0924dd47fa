"""Every column function against its truth table in tests/data."""

from collections.abc import Callable

import pytest
from docketlink.columns import codes, dates, names, postcodes, registers, text
from docketlink.errors import ConfigError
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

Truth = Callable[..., None]
SEX = {"M": "M", "F": "F", "Male": "M", "Not Known": "N", "NOT RECORDED": "N", "Not Specified": "NS"}
FORMATS = ("yyyy-MM-dd", "dd/MM/yyyy", "yyyyMMdd", "dd/MM/yy")


def test_a_pnc_id_has_one_spelling_and_its_letter_is_proved(truth_table: Truth) -> None:
    truth_table("pnc", lambda raw: registers.pnc(raw, 2026))


def test_a_cro_number_has_one_spelling_and_its_letter_is_proved(truth_table: Truth) -> None:
    truth_table("cro", registers.cro)


def test_simple_numbers_are_known_by_their_form(truth_table: Truth) -> None:
    truth_table(
        "register_forms",
        lambda raw: F.array(
            registers.prison_number(raw), registers.crn(raw), registers.national_insurance(raw), registers.arrest_summons(raw)
        ),
    )


def test_a_postcode_has_one_spelling_and_is_no_placeholder(truth_table: Truth) -> None:
    truth_table("postcode", postcodes.postcode)


def test_the_outcode_is_all_but_the_last_three_characters(truth_table: Truth) -> None:
    truth_table("outcode", postcodes.outcode)


def test_a_date_of_birth_is_a_plausible_day_or_says_why_not(truth_table: Truth) -> None:
    truth_table("birth_date", lambda dob, reference: dates.birth_date(dob, FORMATS, F.to_date(reference)))


def test_the_reference_is_the_event_where_it_is_sound(truth_table: Truth) -> None:
    truth_table("reference_date", lambda raw: dates.date_text(dates.reference_date(raw, F.lit("2026-01-05").cast("date"))))


def test_a_partial_date_says_what_it_holds_and_no_day_is_invented(truth_table: Truth) -> None:
    truth_table("precision", lambda raw: dates.precision(raw, dates.parsed_date(raw, ("yyyy-MM-dd", "MM/yyyy", "yyyy"))))


def test_a_year_lies_in_its_band(truth_table: Truth) -> None:
    truth_table("year_band", dates.year_band)


def _name(forename: Column, middle: Column, surname: Column) -> Column:
    return names.name_of_parts(names.given_texts(forename, middle), names.family_texts(surname), ("Viscount",))


def test_a_name_is_its_words(truth_table: Truth) -> None:
    truth_table("name_tokens", lambda forename, middle, surname: _name(forename, middle, surname)["tokens"])


def test_last_names_are_those_of_main_name_and_aliases(truth_table: Truth) -> None:
    truth_table("last_name_arr", lambda forename, surname: _name(forename, F.lit(None), surname)["last_arr"])


def test_forenames_are_the_first_of_main_name_and_aliases(truth_table: Truth) -> None:
    truth_table("first_name_arr", lambda forename, surname: _name(forename, F.lit(None), surname)["first_arr"])


def test_a_name_in_one_field_reads_like_one_in_parts(truth_table: Truth) -> None:
    truth_table("full_name", lambda raw: names.name_of_full(names.full_texts(raw)))


def test_a_full_name_has_one_spelling(truth_table: Truth) -> None:
    truth_table("canonical_name", names.canonical_name)


def test_plain_text_is_ascii_capitals(truth_table: Truth) -> None:
    truth_table("plain", text.plain)


def test_words_are_letters_and_digits_with_single_blanks(truth_table: Truth) -> None:
    truth_table("words", text.words)


def test_a_case_reference_reads_alike_in_two_systems(truth_table: Truth) -> None:
    truth_table("case_reference", text.case_reference)


def test_a_code_is_read_whatever_its_case_and_spacing(truth_table: Truth) -> None:
    truth_table("standard_code", lambda raw: codes.standard_code(raw, SEX, "N"))


def test_a_list_that_contradicts_itself_is_refused(spark: SparkSession) -> None:
    with pytest.raises(ConfigError, match="read alike"):
        codes.standard_code(F.col("sex"), {"male": "M", " MALE": "F"})


def test_a_date_pattern_gives_the_shape_of_its_texts() -> None:
    assert dates.shape("dd/MM/yyyy") == r"^\d{2}/\d{2}/\d{4}$"
    assert dates.shape("d MMM yy") == r"^\d{1,2}\ [A-Za-z]{3}\ \d{2}$"
    assert dates.shape("yyyy-MM-dd'T'HH:mm:ss.SSS") == r"^\d{4}\-\d{2}\-\d{2}T\d{2}:\d{2}:\d{2}\.\d+$"


def test_the_python_mirror_folds_like_the_column() -> None:
    assert text.plain_text("Zoë d\u2019Arcy\u2013Løvß") == "ZOE D'ARCY-LOVSS"
