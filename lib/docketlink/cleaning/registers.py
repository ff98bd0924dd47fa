"""Register numbers: PNC ids and CRO numbers in one spelling, their check letters proved, and simple numbers by form."""

import re
from typing import NamedTuple

from docketlink.cleaning.text import compact

CHECK_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"  # index 0 is Z; I, O and S look like digits

_PNC = re.compile(r"(?:([0-9]{2}|[0-9]{4})/([0-9]{1,7})|([0-9]{4})([0-9]{7})|([0-9]{2})([0-9]{1,7}))([A-Z])")
_CRO_STANDARD = re.compile("([0-9]{1,6})/([0-9]{2})([A-Z])")
_CRO_FILE = re.compile("SF([0-9]{2})/([0-9]{1,6})([A-Z])")
_FORMS = {
    "prison_number": re.compile("[A-Z][0-9]{4}[A-Z]{2}"),
    "crn": re.compile("[A-Z][0-9]{6}"),
    "national_insurance": re.compile("[A-Z]{2}[0-9]{6}[A-D]"),
    "arrest_summons": re.compile("[A-Z0-9/]{20}"),
}


class Checked(NamedTuple):
    """A canonical number or None, and why a number that was there is not used."""

    value: str | None
    reason: str | None


MISSING = Checked(None, None)


def check_letter(number: str) -> str:
    """The check letter of a run of up to nine digits: the number modulo 23 in ``CHECK_LETTERS``."""
    return CHECK_LETTERS[int(number) % 23]


def pnc(raw: str, current_year: int) -> Checked:
    """A PNC id: ``02/73319z`` in 2026 is ``2002/0073319Z``; reasons PNC_FORMAT, PNC_PLACEHOLDER, PNC_CHECK.

    With a slash: year of two or four digits, serial of one to seven, letter. Without: twelve characters hold a four-digit
    year, four to ten a two-digit one. A two-digit year up to that of ``current_year`` (the snapshot's, never the clock's)
    lies in this century; the letter cannot prove it. Rules and letters: domain.md 5.1, after the police's own scheme.
    """
    text = compact(raw)
    if text is None:
        return MISSING
    found = _PNC.fullmatch(text)
    if found is None:
        return Checked(None, "PNC_FORMAT")
    slashed, slashed_serial, long, long_serial, short, short_serial, letter = found.groups()
    year, serial = slashed or long or short, (slashed_serial or long_serial or short_serial).zfill(7)
    if serial == "0000000":
        return Checked(None, "PNC_PLACEHOLDER")
    if check_letter(year[-2:] + serial) != letter:
        return Checked(None, "PNC_CHECK")
    century = year[:2] if len(year) == 4 else "20" if year <= f"{current_year % 100:02d}" else "19"
    return Checked(f"{century}{year[-2:]}/{serial}{letter}", None)


def cro(raw: str) -> Checked:
    """A CRO number: ``65656/91h`` is ``065656/91H``; reasons CRO_FORMAT, CRO_PLACEHOLDER, CRO_CHECK.

    The file form ``SF83/50058Z`` keeps its serial as written, since padding would change the letter; domain.md 5.2.
    """
    text = compact(raw)
    if text is None:
        return MISSING
    if standard := _CRO_STANDARD.fullmatch(text):
        serial, year, letter = standard[1].zfill(6), standard[2], standard[3]
        canonical = f"{serial}/{year}{letter}"
    elif file := _CRO_FILE.fullmatch(text):
        year, serial, letter = file.groups()
        canonical = text
    else:
        return Checked(None, "CRO_FORMAT")
    if not serial.strip("0"):
        return Checked(None, "CRO_PLACEHOLDER")
    return Checked(canonical, None) if check_letter(year + serial) == letter else Checked(None, "CRO_CHECK")


def _of_form(raw: str, form: str) -> str | None:
    text = compact(raw)
    return text if text and _FORMS[form].fullmatch(text) else None


def prison_number(raw: str) -> str | None:
    """A prison number as ``A1234AA``, or None."""
    return _of_form(raw, "prison_number")


def crn(raw: str) -> str | None:
    """A probation case reference number as ``X123456``, or None."""
    return _of_form(raw, "crn")


def national_insurance(raw: str) -> str | None:
    """A National Insurance number as ``AB123456C``, or None."""
    return _of_form(raw, "national_insurance")


def arrest_summons(raw: str) -> str | None:
    """An arrest summons number, 20 characters, or None."""
    return _of_form(raw, "arrest_summons")
