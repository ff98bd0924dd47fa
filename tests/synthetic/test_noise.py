"""Slips of keyboard, ear and scanner; dates of birth; register numbers with their check letters."""

import re

import numpy as np
import pytest
from docketlink.synthetic.draws import Stage, stream, texts
from docketlink.synthetic.identifiers import (
    CHECK_LETTERS,
    check_letter,
    check_letter_as_written,
    cro_serials,
    pnc_serials,
    prison_number,
    write_cro,
    write_pnc,
)
from docketlink.synthetic.noise import join_days, misspell, noisy_births, noisy_names, split_days
from docketlink.synthetic.parameters import Rates

from tests.synthetic.written import MANY_PRISONERS

RATES = MANY_PRISONERS


def rng(part: int = 0) -> np.random.Generator:
    return stream(1, 0, Stage.PEOPLE, part)


def test_check_letters_are_those_of_known_numbers() -> None:
    years, serials = np.array([81, 2, 67]), np.array([34, 73_319, 9_893_091])
    assert list(check_letter(years, serials, 7)) == ["U", "Z", "D"]
    assert list(check_letter(np.array([91]), np.array([65_656]), 6)) == ["H"]
    filed = check_letter_as_written(np.array([5, 83]), np.array([482_703, 50_058]), np.array([6, 5]))
    assert list(filed) == ["J", "Z"]


def test_pnc_letters_are_valid_at_the_stated_share() -> None:
    year = np.full(20_000, 2015)
    serial = pnc_serials(3, year)
    written = write_pnc(rng(), year, serial, RATES)
    forms = {"canonical": 0, "short": 0, "bare": 0, "placeholder": 0}
    valid = 0
    for text in written:
        kind = "placeholder" if text == "2000/0000000Z" else "bare" if "/" not in text else "canonical" if text[4] == "/" else "short"
        forms[kind] += 1
        head, digits = (text[:4], text[4:-1]) if "/" not in text else (text.split("/")[0], text.split("/")[1][:-1])
        valid += CHECK_LETTERS[int(f"{head[-2:]}{int(digits):07d}") % 23] == text[-1]
    # The placeholder passes the check: it is known by its serial of zeros.
    assert valid / 20_000 == pytest.approx(1 - RATES.pnc_bad_letter, abs=0.004)
    assert forms["short"] / 20_000 == pytest.approx(RATES.pnc_short, abs=0.01)
    assert forms["bare"] / 20_000 == pytest.approx(RATES.pnc_bare, abs=0.01)
    assert forms["placeholder"] / 20_000 == pytest.approx(RATES.pnc_placeholder, abs=0.004)


def test_cro_numbers_follow_one_of_the_two_forms() -> None:
    year = np.repeat(np.arange(1990, 2020), 100)
    written = write_cro(rng(), year, cro_serials(0, year), RATES)
    form = re.compile(r"\d{1,6}/\d{2}[A-Z]|SF\d{2}/\d{1,6}[A-Z]")
    assert all(form.fullmatch(text) for text in written)


def test_register_numbers_of_a_year_differ_within_and_between_blocks() -> None:
    year = np.full(60, 2014)
    serials = np.r_[pnc_serials(0, year), pnc_serials(1, year), pnc_serials(12_999, year)]
    assert len(np.unique(serials)) == 180
    assert serials.min() > 0
    assert serials.max() < 10**7
    serials = np.r_[cro_serials(0, year), cro_serials(1, year), cro_serials(12_999, year)]
    assert len(np.unique(serials)) == 180
    assert serials.max() < 10**6
    assert pnc_serials(0, np.array([2013]))[0] != pnc_serials(0, np.array([2014]))[0]


def test_prison_numbers_have_their_shape_and_differ() -> None:
    numbers = prison_number(np.arange(1, 20_000))
    assert all(re.fullmatch(r"[A-Z]\d{4}[A-Z]{2}", number) for number in numbers)
    assert len(set(numbers)) == 19_999


def test_a_slip_changes_a_name_where_told_and_only_there() -> None:
    names = texts(["Christopher", "Li", "Mohammed", "O'Brien"] * 500)
    where = np.arange(2_000) % 2 == 0
    slipped = misspell(rng(), names, where)
    assert list(slipped[~where]) == list(names[~where])
    assert np.mean(slipped[where] != names[where]) > 0.97
    assert all(slipped)
    assert max(abs(len(a) - len(b)) for a, b in zip(slipped, names, strict=True)) <= 1


def test_typos_and_familiar_forms_come_at_the_stated_rates() -> None:
    forename, surname = texts(["William", "Kieran"] * 10_000), texts(["Richardson"] * 20_000)
    first, last = noisy_names(rng(), forename, surname, RATES)
    changed = np.mean((first != forename) | (last != surname))
    assert changed == pytest.approx(RATES.typo + RATES.nickname + RATES.swapped_names, abs=0.008)
    assert np.mean(last == "Richardson") == pytest.approx(1 - RATES.typo / 2 - RATES.swapped_names, abs=0.005)


def test_errors_of_dates_of_birth_are_real_dates_at_the_stated_rate() -> None:
    births = np.arange(-9_000, 11_000)
    written = noisy_births(rng(), births, RATES)
    stated = RATES.dob_edit + RATES.dob_swap + RATES.dob_year + RATES.dob_other
    assert np.mean(written != births) == pytest.approx(stated, abs=0.004)
    year, month, day = split_days(births)
    assert np.array_equal(join_days(year, month, day), births)
    certain = Rates(dob_edit=1.0, dob_swap=0.0, dob_year=0.0, dob_other=0.0)
    edited = noisy_births(rng(1), births, certain)
    before, after = (np.datetime_as_string(d.astype("datetime64[D]")) for d in (births, edited))
    digits = [sum(a != b for a, b in zip(x, y, strict=True)) for x, y in zip(before, after, strict=True)]
    assert np.mean(np.array(digits) == 1) > 0.995
