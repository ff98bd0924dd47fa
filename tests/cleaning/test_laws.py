"""Laws of cleaning over thousands of values."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
import yaml
from docketlink.cleaning import dates, names, postcodes, registers, text
from hypothesis import given
from hypothesis import strategies as st

DATA = Path(__file__).parents[1] / "data"
SNAPSHOT = date(2026, 1, 5)
CLEANERS: dict[str, Callable[[str], str | None]] = {
    "pnc": lambda raw: registers.pnc(raw, 2026).value,
    "cro": lambda raw: registers.cro(raw).value,
    "prison_number": registers.prison_number,
    "crn": registers.crn,
    "national_insurance": registers.national_insurance,
    "postcode": lambda raw: postcodes.postcode(raw).value,
    "words": text.words,
    "case_reference": text.case_reference,
    "canonical_name": names.canonical_name,
    "birth_date": lambda raw: dates.birth_date(raw, ("yyyy-MM-dd", "dd/MM/yyyy", "dd/MM/yy"), SNAPSHOT).value,
}
NAME_WORDS = ["Mr", "Dr", "Lord", "MIG_ERROR_Tom", "O'Neill", "Smith-Jones", "Mc", "Duff", "a", "NOT ENTERED", "Unknown", "Zoë", "Weiß",
              "JNR", "III", "aka", "Brown", "NFA", "TEST", "Śliwa"]  # fmt: skip


def _given_values() -> list[str]:
    values: set[str] = set()
    for path in DATA.glob("*.yml"):
        for row in yaml.safe_load(path.read_text()):
            told = row["given"] if isinstance(row["given"], dict) else {"given": row["given"]}
            values |= {v for v in told.values() if v is not None}
    draw = random.Random(5)
    values |= {" ".join(draw.choices(NAME_WORDS, k=draw.randint(1, 6))) for _ in range(1500)}
    return sorted(values)


@pytest.mark.parametrize("name", CLEANERS)
def test_cleaning_is_idempotent_and_blind_to_case_and_outer_space(name: str) -> None:
    clean, values = CLEANERS[name], _given_values()
    assert len(values) > 1200
    once = {value: clean(value) for value in values}
    assert any(once.values())
    assert {v: c for v, c in once.items() if c is not None and clean(c) != c} == {}
    assert {v: c for v, c in once.items() if clean(f"  {_lower(v)} ") != c} == {}


def _lower(value: str) -> str:
    """Lower case, but for letters whose capital is another letter then."""
    return "".join(c.lower() if c.lower().upper() == c.upper() else c for c in value)


@given(st.text())
def test_no_text_breaks_a_rule(value: str) -> None:
    for clean in CLEANERS.values():
        clean(value)


def _letter(digits: str) -> str:
    return registers.CHECK_LETTERS[int(digits) % 23]


def _spoilt(digits: str) -> list[str]:
    changed = [digits[:i] + d + digits[i + 1 :] for i, d in product(range(9), "0123456789") if d != digits[i]]
    swapped = [digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(8) if digits[i] != digits[i + 1]]
    return changed + swapped


def test_one_wrong_digit_or_a_swap_of_neighbours_always_breaks_the_letter() -> None:
    draw = random.Random(7)
    sound = [d for d in (f"{draw.randrange(10**9):09d}" for _ in range(60)) if d[2:] != "0000000"]
    assert [d for d in sound if registers.pnc(f"{d[:2]}/{d[2:]}{_letter(d)}", 2026).value is None] == []
    spoilt = [(s, d) for d in sound for s in _spoilt(d)]
    assert len(spoilt) > 5000
    assert [s for s, d in spoilt if registers.pnc(f"{s[:2]}/{s[2:]}{_letter(d)}", 2026).value is not None] == []


def test_two_digit_years_always_give_the_later_year_of_a_person_old_enough() -> None:
    days = [day for k in range(370) if (day := date(1917, 1, 6) + timedelta(days=97 * k)) <= date(2016, 1, 5)]
    assert len(days) > 300
    wrong = [
        day for day in days if dates.birth_date(day.strftime("%d/%m/%y"), ("dd/MM/yy",), SNAPSHOT, placeholders=()).value != day.isoformat()
    ]
    assert wrong == []
