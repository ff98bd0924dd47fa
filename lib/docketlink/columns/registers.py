"""Register numbers: PNC ids and CRO numbers in one spelling, their check letters proved, and simple numbers by form.

Every rule gives a struct ``value, reason``: the canonical number or NULL, and why a number that was there is not used.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.columns.text import compact, let

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
    remainder = F.pmod(number_text.try_cast("int"), F.lit(23))
    return F.substring(F.lit(CHECK_LETTERS), remainder + 1, F.lit(1))


def _checked(form_holds: Column, is_placeholder: Column, letter_agrees: Column, canonical: Column, label: str) -> Column:
    """``value, reason`` of a number that must have a form, must not be a placeholder and must carry the right letter."""
    reason = (
        F.when(~form_holds, F.lit(f"{label}_FORMAT"))
        .when(is_placeholder, F.lit(f"{label}_PLACEHOLDER"))
        .when(~letter_agrees, F.lit(f"{label}_CHECK"))
    )
    return F.struct(F.when(reason.isNull(), canonical).alias("value"), reason.alias("reason"))


def pnc(raw: Column, current_year: int) -> Column:
    """``value, reason`` of a PNC id: ``02/73319z`` in 2026 is ``2002/0073319Z``; reasons PNC_FORMAT, PNC_PLACEHOLDER, PNC_CHECK.

    With a slash: year of two or four digits, serial of one to seven, letter. Without: twelve characters hold a four-digit
    year, four to ten a two-digit one. A two-digit year up to that of ``current_year`` (the snapshot's, never the clock's)
    lies in this century; the letter cannot prove it. Rules and letters: domain.md 5.1, after the police's own scheme.
    """
    return let(compact(raw), lambda text: _pnc(text, current_year))


def _pnc(text: Column, current_year: int) -> Column:
    has_slash, letter = text.contains("/"), F.right(text, F.lit(1))
    year_length = F.when(has_slash, F.instr(text, F.lit("/")) - 1).when(F.length(text) == 12, F.lit(4)).otherwise(F.lit(2))
    year = F.substring(text, F.lit(1), year_length)
    short_year = F.right(year, F.lit(2))
    written = F.substring(text, year_length + F.when(has_slash, F.lit(2)).otherwise(F.lit(1)), F.length(text))
    serial = F.lpad(F.left(written, F.length(written) - 1), 7, "0")
    this_century = short_year <= f"{current_year % 100:02d}"
    century = F.when(F.length(year) == 4, F.left(year, F.lit(2))).when(this_century, F.lit("20")).otherwise(F.lit("19"))
    return _checked(
        text.rlike(_PNC_FORM),
        serial == "0000000",
        check_letter(F.concat(short_year, serial)) == letter,
        F.concat(century, short_year, F.lit("/"), serial, letter),
        "PNC",
    )


def pnc_canonical(raw: Column, current_year: int) -> Column:
    """The PNC id as ``YYYY/NNNNNNNX``, or NULL."""
    return pnc(raw, current_year).getField("value")


def pnc_reason(raw: Column, current_year: int) -> Column:
    """Why a PNC id is not used, or NULL."""
    return pnc(raw, current_year).getField("reason")


def cro(raw: Column) -> Column:
    """``value, reason`` of a CRO number: ``65656/91h`` is ``065656/91H``; reasons CRO_FORMAT, CRO_PLACEHOLDER, CRO_CHECK.

    The file form ``SF83/50058Z`` keeps its serial as written, since padding would change the letter; domain.md 5.2.
    """
    return let(compact(raw), _cro)


def _cro(text: Column) -> Column:
    is_file, letter = text.startswith("SF"), F.right(text, F.lit(1))
    start = F.when(is_file, F.lit(3)).otherwise(F.lit(1))
    body = F.substring(text, start, F.length(text) - start)
    head, tail = F.substring_index(body, "/", 1), F.substring_index(body, "/", -1)
    year = F.when(is_file, head).otherwise(tail)
    serial = F.when(is_file, tail).otherwise(F.lpad(head, 6, "0"))
    return _checked(
        text.rlike(f"{_CRO_STANDARD}|{_CRO_FILE}"),
        serial.rlike("^0+$"),
        check_letter(F.concat(year, serial)) == letter,
        F.when(is_file, text).otherwise(F.concat(serial, F.lit("/"), year, letter)),
        "CRO",
    )


def cro_canonical(raw: Column) -> Column:
    """The CRO number as ``NNNNNN/YYX`` or ``SFYY/N…X``, or NULL."""
    return cro(raw).getField("value")


def cro_reason(raw: Column) -> Column:
    """Why a CRO number is not used, or NULL."""
    return cro(raw).getField("reason")


def _of_form(raw: Column, form: str) -> Column:
    return let(compact(raw), lambda text: F.when(text.rlike(_FORMS[form]), text))


def prison_number(raw: Column) -> Column:
    """A prison number as ``A1234AA``, or NULL."""
    return _of_form(raw, "prison_number")


def crn(raw: Column) -> Column:
    """A probation case reference number as ``X123456``, or NULL."""
    return _of_form(raw, "crn")


def national_insurance(raw: Column) -> Column:
    """A National Insurance number as ``AB123456C``, or NULL."""
    return _of_form(raw, "national_insurance")


def arrest_summons(raw: Column) -> Column:
    """An arrest summons number, 20 characters, or NULL."""
    return _of_form(raw, "arrest_summons")
