"""Every rule of cleaning against its truth table in tests/data."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
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


RULES: dict[str, Rule] = {
    "pnc": _checked(lambda raw: registers.pnc(raw, 2026)),
    "cro": _checked(registers.cro),
    "register_forms": lambda given: [
        _filled(rule)(given) for rule in (registers.prison_number, registers.crn, registers.national_insurance, registers.arrest_summons)
    ],
    "postcode": _checked(postcodes.postcode),
    "outcode": _filled(postcodes.outcode),
    "birth_date": _born,
    "reference_date": lambda given: dates.reference_date(given, date(2026, 1, 5)).isoformat(),
    "precision": _precision,
    "year_band": dates.year_band,
    "name_tokens": lambda **given: _name(**given).tokens,
    "last_name_arr": lambda **given: _name(**given).last_arr,
    "first_name_arr": lambda **given: _name(**given).first_arr,
    "full_name": lambda given: [*names.name_of_full(names.full_texts(given or ""), names.dropped_words(()))],
    "canonical_name": _filled(names.canonical_name),
    "plain": _filled(text.plain),
    "words": _filled(text.words),
    "case_reference": _filled(text.case_reference),
    "standard_code": lambda given: codes.standard_code(given, SEX, "N"),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_its_truth_table(name: str) -> None:
    rows: list[dict[str, Any]] = yaml.safe_load((DATA / f"{name}.yml").read_text())
    assert len({row["id"] for row in rows}) == len(rows), "two rows share an id"
    wrong = {}
    for row in rows:
        given = row["given"]
        actual = RULES[name](**given) if isinstance(given, dict) else RULES[name](given)
        if actual != row["expect"]:
            wrong[row["id"]] = {"given": given, "expect": row["expect"], "actual": actual}
    assert not wrong


def test_a_date_pattern_gives_the_shape_of_its_texts() -> None:
    assert dates.shape("dd/MM/yyyy").fullmatch("05/01/1980")
    assert not dates.shape("dd/MM/yyyy").fullmatch("5/1/1980")
    assert dates.shape("d MMM yy").fullmatch("5 Jan 80")
    assert dates.shape("yyyy-MM-dd'T'HH:mm:ss.SSS").fullmatch("1980-01-05T10:30:00.25")
