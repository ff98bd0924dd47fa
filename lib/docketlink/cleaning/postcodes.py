"""Postcodes: one spelling without blank, placeholders removed, and the outcode."""

import re
from collections.abc import Collection

from docketlink.cleaning.registers import MISSING, Checked
from docketlink.cleaning.text import compact

PLACEHOLDERS = ("NF11NF", "NF11FA", "AA11AA", "XX11XX")  # no fixed abode, and what clerks type into a required field
_FORM = re.compile(r"[A-Z][A-HJ-Y]?[0-9][A-Z0-9]?[0-9][A-Z]{2}|GIR0A{2}")


def postcode(raw: str, placeholders: Collection[str] = PLACEHOLDERS) -> Checked:
    """A postcode: ``n16 8ph`` is ``N168PH``; reasons POSTCODE_PLACEHOLDER, POSTCODE_FORMAT. ``placeholders`` are written so too."""
    text = compact(raw)
    if text is None:
        return MISSING
    if text in placeholders:
        return Checked(None, "POSTCODE_PLACEHOLDER")
    return Checked(text, None) if _FORM.fullmatch(text) else Checked(None, "POSTCODE_FORMAT")


def outcode(canonical: str) -> str:
    """All but the last three characters of a canonical postcode: ``N168PH`` lies in ``N16``."""
    return canonical[:-3]
