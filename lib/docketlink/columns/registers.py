"""Register numbers: PNC ids and CRO numbers in one spelling, their check letters proved, and simple numbers by form.

Every rule gives a struct ``value, reason``: the canonical number or NULL, and why a number that was there is not used.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.columns.text import compact

CHECK_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"  # index 0 is Z; I, O and S look like digits

_PNC_FORM = r"^((\d{2}|\d{4})/\d{1,7}|\d{11}|\d{3,9})[A-Z]$"
_CRO_STANDARD = r"^\d{1,6}/\d{2}[A-Z]$"
_CRO_FILE = r"^SF\d{2}/\d{1,6}[A-Z]$"
_FORMS = {
    "prison_number": r"^[A-Z]\d{4}[A-Z]{2}$",
    "crn": r"^[A-Z]\d{6}$",
    "national_insurance": r"^[A-Z]{2}\d{6}[A-D]$",
    "arrest_summons": r"^[A-Z0-9/]{20}$",
}


def check_letter(number_text: Column) -> Column:
    """The check letter of a run of up to nine digits: the number modulo 23 in ``CHECK_LETTERS``."""
    remainder = F.pmod(F.try_to_number(number_text, F.lit("999999999")).cast("int"), F.lit(23))
    return F.substring(F.lit(CHECK_LETTERS), remainder + 1, F.lit(1))


def checked(form_holds: Column, is_placeholder: Column, letter_agrees: Column, canonical: Column, label: str) -> Column:
    """``value, reason`` of a number that must have a form, must not be a placeholder and must carry the right letter."""
    reason = (
        F.when(~form_holds, F.lit(f"{label}_FORMAT"))
        .when(is_placeholder, F.lit(f"{label}_PLACEHOLDER"))
        .when(~letter_agrees, F.lit(f"{label}_CHECK"))
    )
    return F.struct(F.when(reason.isNull(), canonical).alias("value"), reason.alias("reason"))
