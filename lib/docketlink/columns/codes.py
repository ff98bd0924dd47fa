"""Codes: a source's spelling to the standard one, the raw value beside it, and conditions on a column."""

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.columns.text import let, plain, plain_text, squeezed
from docketlink.errors import ConfigError


def standard_code(raw: Column, codes: Mapping[str, str] | None, unmapped: str | None = None) -> Column:
    """The standard code of ``raw``: NULL for none, ``unmapped`` for a value outside the list.

    Blind to case, accents and spacing, which vary within one extract. Without a list the value itself, trimmed.
    Raises ConfigError when two spellings of the list that read alike lead to different codes.
    """
    if codes is None:
        return F.nullif(F.trim(raw), F.lit(""))
    by_code = _spellings(codes)

    def looked_up(spelling: Column) -> Column:
        none = F.when(spelling.isNull(), F.lit(None).cast("string"))
        known = reduce(lambda chain, entry: chain.when(spelling.isin(*entry[1]), F.lit(entry[0])), by_code.items(), none)
        return known.otherwise(F.lit(unmapped))

    return let(squeezed(plain(raw)), looked_up)


def is_one_of(column: Column, values: Sequence[str]) -> Column:
    """Whether the trimmed value is among ``values``, case kept; an empty text among them stands for no value, ``*`` for any. Never NULL."""
    text = F.coalesce(F.trim(column), F.lit(""))
    return (text != "") | text.isin(*values) if "*" in values else text.isin(*values)


def is_unmapped(raw: Column, codes: Mapping[str, str]) -> Column:
    """Whether ``raw`` holds something that the list does not know, for the counters of a run."""
    spelling = squeezed(plain(raw))
    return spelling.isNotNull() & ~spelling.isin(*[s for spellings in _spellings(codes).values() for s in spellings])


def _spellings(codes: Mapping[str, str]) -> dict[str, list[str]]:
    """Standard code to its spellings, each as ``squeezed(plain(…))`` makes it."""
    by_code: dict[str, list[str]] = {}
    seen: dict[str, str] = {}
    for written, code in codes.items():
        spelling = " ".join(plain_text(written).split())
        if seen.setdefault(spelling, code) != code:
            raise ConfigError(
                f"a code list maps two spellings that read alike to {seen[spelling]} and {code}.",
                next_step="keep one of them in the source's YAML.",
            )
        by_code.setdefault(code, []).append(spelling)
    return by_code
