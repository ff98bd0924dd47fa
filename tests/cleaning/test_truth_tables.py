"""Every rule of cleaning against its truth table in tests/data."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from docketlink.cleaning import codes, dates, names, postcodes, registers, text

DATA = Path(__file__).parents[1] / "data"
SEX = {
    codes.spelling(k): v for k, v in {"M": "M", "F": "F", "Male": "M", "Not Known": "N", "NOT RECORDED": "N", "Not Specified": "NS"}.items()
}
FORMATS = ("yyyy-MM-dd", "dd/MM/yyyy", "yyyyMMdd", "dd/MM/yy")
Rule = Callable[..., Any]


def _filled(rule: Rule) -> Rule:
    """Rules are asked about texts only: whoever calls them leaves out what is missing."""
    return lambda given: None if given is None else rule(given)


def _checked(rule: Rule) -> Rule:
    return lambda given: [*(rule(given) if given is not None else registers.MISSING)]


def _name(forename: str | None = None, middle: str | None = None, surname: str | None = None) -> names.Name:
    dropped = names.dropped_words(("Viscount",))
    given = " ".join(part for part in (forename, middle) if part is not None)
    return names.name_of_parts(names.given_part(given, dropped), names.family_part(surname or "", dropped))


def _born(dob: str | None = None, reference: str = "") -> list[str | None]:
    return [*dates.birth_date(dob, FORMATS, date.fromisoformat(reference))]


def _precision(given: str | None) -> str:
    patterns = ("yyyy-MM-dd", "MM/yyyy", "yyyy")
    return dates.precision(given, dates.parsed_date(given, patterns), patterns)


def keeps(name: str, rule: Rule) -> None:
    """Every row of tests/data/<name>.yml; a failure names the rows by their English ids."""
    rows: list[dict[str, Any]] = yaml.safe_load((DATA / f"{name}.yml").read_text())
    assert len({row["id"] for row in rows}) == len(rows), "two rows share an id"
    wrong = {}
    for row in rows:
        given = row["given"]
        actual = rule(**given) if isinstance(given, dict) else rule(given)
        if actual != row["expect"]:
            wrong[row["id"]] = {"given": given, "expect": row["expect"], "actual": actual}
    assert not wrong


def test_a_pnc_id_has_one_spelling_and_its_letter_is_proved() -> None:
    keeps("pnc", _checked(lambda raw: registers.pnc(raw, 2026)))


def test_a_cro_number_has_one_spelling_and_its_letter_is_proved() -> None:
    keeps("cro", _checked(registers.cro))


def test_simple_numbers_are_known_by_their_form() -> None:
    keeps(
        "register_forms",
        lambda given: [
            _filled(rule)(given)
            for rule in (registers.prison_number, registers.crn, registers.national_insurance, registers.arrest_summons)
        ],
    )


def test_a_postcode_has_one_spelling_and_is_no_placeholder() -> None:
    keeps("postcode", _checked(postcodes.postcode))


def test_the_outcode_is_all_but_the_last_three_characters() -> None:
    keeps("outcode", _filled(postcodes.outcode))


def test_a_date_of_birth_is_a_plausible_day_or_says_why_not() -> None:
    keeps("birth_date", _born)


def test_the_reference_is_the_event_where_it_is_sound() -> None:
    keeps("reference_date", lambda given: dates.reference_date(given, date(2026, 1, 5)).isoformat())


def test_a_partial_date_says_what_it_holds_and_no_day_is_invented() -> None:
    keeps("precision", _precision)


def test_a_year_lies_in_its_band() -> None:
    keeps("year_band", dates.year_band)


def test_a_name_is_its_words() -> None:
    keeps("name_tokens", lambda **given: _name(**given).tokens)


def test_last_names_are_those_of_main_name_and_aliases() -> None:
    keeps("last_name_arr", lambda **given: _name(**given).last_arr)


def test_forenames_are_the_first_of_main_name_and_aliases() -> None:
    keeps("first_name_arr", lambda **given: _name(**given).first_arr)


def test_a_name_in_one_field_reads_like_one_in_parts() -> None:
    keeps("full_name", lambda given: [*names.name_of_full(names.full_texts(given or ""), names.dropped_words(()))])


def test_a_full_name_has_one_spelling() -> None:
    keeps("canonical_name", _filled(names.canonical_name))


def test_plain_text_is_ascii_capitals() -> None:
    keeps("plain", _filled(text.plain))


def test_words_are_letters_and_digits_with_single_blanks() -> None:
    keeps("words", _filled(text.words))


def test_a_case_reference_reads_alike_in_two_systems() -> None:
    keeps("case_reference", _filled(text.case_reference))


def test_a_code_is_read_whatever_its_case_and_spacing() -> None:
    keeps("standard_code", lambda given: codes.standard_code(given, SEX, "N"))


def test_a_date_pattern_gives_the_shape_of_its_texts() -> None:
    assert dates.shape("dd/MM/yyyy").fullmatch("05/01/1980")
    assert not dates.shape("dd/MM/yyyy").fullmatch("5/1/1980")
    assert dates.shape("d MMM yy").fullmatch("5 Jan 80")
    assert dates.shape("yyyy-MM-dd'T'HH:mm:ss.SSS").fullmatch("1980-01-05T10:30:00.25")
