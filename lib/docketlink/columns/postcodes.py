"""Postcodes: one spelling without blank, placeholders removed, and the outcode."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.columns.text import compact, let

PLACEHOLDERS = ("NF11NF", "NF11FA", "AA11AA", "XX11XX")  # no fixed abode, and what clerks type into a required field
_FORM = r"^([A-Z][A-HJ-Y]?\d[A-Z\d]?\d[A-Z]{2}|GIR0A{2})$"


def postcode(raw: Column, placeholders: Sequence[str] = PLACEHOLDERS) -> Column:
    """``value, reason`` of a postcode: ``n16 8ph`` is ``N168PH``; reasons POSTCODE_PLACEHOLDER, POSTCODE_FORMAT."""
    known = [p.upper().replace(" ", "") for p in placeholders]
    return let(compact(raw), lambda text: _postcode(text, known))


def _postcode(text: Column, known: Sequence[str]) -> Column:
    is_placeholder = text.isin(*known) if known else F.lit(False)
    reason = F.when(is_placeholder, F.lit("POSTCODE_PLACEHOLDER")).when(~text.rlike(_FORM), F.lit("POSTCODE_FORMAT"))
    return F.struct(F.when(reason.isNull(), text).alias("value"), reason.alias("reason"))


def postcode_canonical(raw: Column, placeholders: Sequence[str] = PLACEHOLDERS) -> Column:
    """The postcode in capitals without blank, or NULL."""
    return postcode(raw, placeholders).getField("value")


def postcode_reason(raw: Column, placeholders: Sequence[str] = PLACEHOLDERS) -> Column:
    """Why a postcode is not used, or NULL."""
    return postcode(raw, placeholders).getField("reason")


def outcode(canonical: Column) -> Column:
    """All but the last three characters of a canonical postcode: ``N168PH`` lies in ``N16``."""
    return F.substring(canonical, F.lit(1), F.length(canonical) - 3)
