"""Parties written in one field, as county courts do: whether it names an organisation, and the people it names."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.cleaning.names import TITLES
from docketlink.columns.text import let, or_null, trimmed, words

ORGANISATION_WORDS = (
    "LTD", "LIMITED", "PLC", "LLP", "LLC", "CIC", "INC", "COUNCIL", "BOROUGH", "BANK", "HOUSING", "ASSOCIATION", "TRUST", "SOCIETY",
    "COMPANY", "CORPORATION", "PARTNERSHIP", "SOLICITORS", "UNIVERSITY", "GOVERNMENT", "DEPARTMENT", "HMRC", "NHS",
)  # fmt: skip


def is_organisation(name: Column) -> Column:
    """Whether a word of the name says that it is no person: ``FALCON HOMES TRUST`` does. Never NULL."""
    found = F.arrays_overlap(F.split(F.coalesce(words(name), F.lit("")), " "), F.array(*map(F.lit, ORGANISATION_WORDS)))
    return F.coalesce(found, F.lit(False))


def people_of_field(name: Column) -> Column:
    """``forenames, surname, full`` of each person that the field names, in its order.

    Runs of blanks part the forenames from the surname; without one the name stands in ``full``. Two people stand apart by an
    ampersand or AND: one of a single forename takes the surname of the last (``MR A & MRS B   X``).
    """
    joined = F.regexp_replace(F.translate(F.coalesce(name, F.lit("")), "\t\n\r\u00a0", "    "), r"(?i) +(?:&|AND) +", "\u001f")
    sides = F.filter(F.transform(F.split(joined, "\u001f"), lambda side: F.trim(side)), lambda side: side != "")
    return let(
        sides, lambda s: let(_last_surname(F.try_element_at(s, F.lit(-1))), lambda last: F.transform(s, lambda side: _person(side, last)))
    )


def _parts(side: Column) -> Column:
    return F.split(side, " {2,}")


def _last_surname(side: Column) -> Column:
    """The part after the last run of blanks, else the last word."""
    return F.try_element_at(F.split(side, F.when(side.contains("  "), F.lit(" {2,}")).otherwise(F.lit(" "))), F.lit(-1))


def _person(side: Column, last: Column) -> Column:
    return let(_parts(side), lambda parts: _of_parts(side, parts, last))


def _of_parts(side: Column, parts: Column, last: Column) -> Column:
    given = F.array_join(F.slice(parts, F.lit(1), F.greatest(F.size(parts) - 1, F.lit(0))), " ")
    bare = F.filter(F.split(F.upper(side), " "), lambda word: ~word.isin(*TITLES) & (word != ""))
    apart = F.size(parts) > 1
    # Who is named by the last surname alone has one.
    borrows = ~apart & (F.size(bare) < 2) & (F.coalesce(F.try_element_at(bare, F.lit(-1)), F.lit("")) != F.upper(last))
    return F.struct(
        or_null(F.when(apart, given).when(borrows, side)).alias("forenames"),
        F.when(apart, F.try_element_at(parts, F.lit(-1))).when(borrows, last).alias("surname"),
        F.when(~apart & ~borrows, trimmed(side)).alias("full"),
    )
