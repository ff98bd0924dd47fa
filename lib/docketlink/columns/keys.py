"""The text that names a linking node, from which ``record_id`` is made."""

import unicodedata
from collections.abc import Sequence
from functools import cache

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.cleaning.text import KEY_BLANKS, SEPARATOR


def record_key(source: str, columns: Sequence[str]) -> Column:
    """``source U+001F key1 U+001F key2 …``: the native key of a node, each part trimmed and in Unicode form C.

    ``columns`` are those of ``record.key`` in the source's YAML, in that order; ``source_file`` and ``ordinal`` may be
    among them. NULL when any part is NULL: a record without its whole key names no node.
    """
    return F.concat(F.lit(source), *(text for name in columns for text in (F.lit(SEPARATOR), key_part(name))))


def first_record_key(source: str, columns: Sequence[str]) -> Column:
    """As ``record_key``, with the first of ``columns`` that holds something alone: ``source U+001F key``. NULL when none does."""
    return F.concat(F.lit(source), F.lit(SEPARATOR), F.coalesce(*(F.nullif(key_part(name), F.lit("")) for name in columns)))


def key_part(column: str) -> Column:
    """One column as part of a key: text without outer blanks (space, tab, line break, no-break space), in form C."""
    return composed(bare(column))


def bare(column: str) -> Column:
    """The column as text without outer blanks, by which rows of one source refer to each other."""
    return F.trim(F.col(f"`{column}`").cast("string"), F.lit(KEY_BLANKS))


def composed(text: Column) -> Column:
    """``text`` in Unicode form C for every letter with up to three combining marks in their usual order.

    An accent typed as a mark of its own would otherwise name another node than the same letter in one piece. Spark has no
    such function, so letters followed by marks are looked up; a text without marks costs one search.
    """
    letters = F.regexp_extract_all(text, F.lit(r"(?s)(\P{M}\p{M}+|.)"), F.lit(1))
    table = F.str_to_map(F.lit(_compositions()), F.lit("\n"), F.lit("\t"))
    joined = F.array_join(F.transform(letters, lambda letter: F.coalesce(F.try_element_at(table, letter), letter)), "")
    is_plain = F.octet_length(text) == F.char_length(text)  # ASCII: no marks, and no search for any
    return F.when(is_plain, text).when(text.rlike(r"\P{M}\p{M}"), joined).otherwise(text)


@cache
def _compositions() -> str:
    """Lines of ``spelling TAB composed letter`` for every spelling of a composed letter, Hangul left out."""
    pairs = set()
    for letter in map(chr, range(0x00C0, 0x2000)):
        apart = unicodedata.normalize("NFD", letter)
        if len(apart) > 1 and unicodedata.normalize("NFC", letter) == letter:
            pairs |= {(unicodedata.normalize("NFC", apart[:n]) + apart[n:], letter) for n in range(1, len(apart))}
    return "\n".join(f"{spelling}\t{letter}" for spelling, letter in sorted(pairs) if spelling != letter)
