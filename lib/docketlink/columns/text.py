"""Plain text: ASCII capitals, single blanks, no accents. Everything that compares text starts here."""

import string
import unicodedata
from collections.abc import Callable, Iterator

from pyspark.sql import Column
from pyspark.sql import functions as F

# Letters that no Unicode decomposition leads to ASCII, by the letter that stands in for them.
_LETTERS = {
    "A": "Ⱥ", "B": "ƀƁɓɃ", "C": "Ȼȼ", "D": "ĐđÐðƉƊɖɗ", "E": "əƏƐɛƎǝ", "F": "ƒƑ", "G": "ƓɠǤǥ", "H": "Ħħ", "I": "ıƗɨ", "J": "ȷɈɉ",
    "K": "ĸƙƘ", "L": "ŁłƚȽ", "N": "ŉŊŋƝƞɲ", "O": "ØøǾǿɵƟɔƆ", "P": "Ƥƥ", "R": "Ɍɍ", "S": "\u017f", "T": "ŦŧƬƭƮȾ", "U": "Ʉʉ", "V": "Ʋʋ",
    "Y": "Ɏɏ", "Z": "ƵƶȤȥ",
}  # fmt: skip
_SPECIAL = {
    **{variant: letter for letter, variants in _LETTERS.items() for variant in variants},
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bb\u02bc\u02bd\u02b9\u00b4\u0060\u2032\u2035\uff07", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\t\n\r\x0b\x0c\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))), " "),
}  # fmt: skip
# Letters that stand for two: brought to one form by the table below, then spelt out.
_DOUBLE = {"Æ": "AE", "Œ": "OE", "Þ": "TH", "ẞ": "SS", "Ĳ": "IJ"}
_TO_DOUBLE = {"æ": "Æ", "ǽ": "Æ", "Ǽ": "Æ", "ǣ": "Æ", "Ǣ": "Æ", "œ": "Œ", "þ": "Þ", "ß": "ẞ", "ĳ": "Ĳ"}
# Accents standing by themselves, soft hyphens, zero-width characters and byte order marks say nothing.
_DELETED = "".join(map(chr, [*range(0x300, 0x370), 0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF]))
_LATIN_BLOCKS = ((0x00C0, 0x0250), (0x1E00, 0x1F00), (0xFF21, 0xFF5B))


def _folds() -> Iterator[tuple[str, str]]:
    """Every single character that becomes another single one, lower-case ASCII among them."""
    yield from ((chr(c), chr(c).upper()) for c in range(ord("a"), ord("z") + 1))
    yield from _SPECIAL.items()
    yield from _TO_DOUBLE.items()
    kept_apart = {*_SPECIAL, *_TO_DOUBLE, *_DOUBLE}
    for first, last in _LATIN_BLOCKS:
        for letter in map(chr, range(first, last)):
            base = unicodedata.normalize("NFKD", letter)[0]
            if base.isascii() and base.isalpha() and letter not in kept_apart:
                yield letter, base.upper()


_FOLD = dict(_folds())
_MARKS = set(string.punctuation) - {"'", "_"}
_TO_PLAIN = ("".join(_FOLD) + _DELETED, "".join(_FOLD.values()))
_SPACED = {**{c: " " if v in _MARKS else v for c, v in _FOLD.items() if v != "'"}, **dict.fromkeys(_MARKS, " ")}
_QUOTES = "'" + "".join(c for c, v in _FOLD.items() if v == "'")
_TO_SPACED = ("".join(_SPACED) + _DELETED + _QUOTES, "".join(_SPACED.values()))


def plain(text: Column) -> Column:
    """Capitals without accents: ``plain('Zoë Ardǫn-Løvß')`` is ``ZOE ARDON-LOVSS``.

    One ``translate`` over a full table of Latin letters rather than ``upper``, whose result follows the JVM's locale.
    Curly quotes and backticks become ``'``, every dash ``-``, every space a blank; letters of other scripts stay.
    """
    return let(F.translate(text, *_TO_PLAIN), lambda t: F.when(_is_ascii(t), t).otherwise(_spelt_out(t)))


def spaced(text: Column) -> Column:
    """``plain`` with apostrophes gone and every other mark a blank; an underscore stays. Only A-Z, 0-9, _ and blanks are left.

    Marks share the table of the accents, so that ordinary text, which is ASCII by then, meets no regular expression.
    """
    return let(
        F.translate(text, *_TO_SPACED),
        lambda t: F.when(_is_ascii(t), t).otherwise(F.regexp_replace(_spelt_out(t), "[^A-Z0-9_ ]", " ")),
    )


def _is_ascii(text: Column) -> Column:
    return F.octet_length(text) == F.char_length(text)


def _spelt_out(text: Column) -> Column:
    for letter, pair in _DOUBLE.items():
        text = F.replace(text, F.lit(letter), F.lit(pair))
    return text


def plain_text(text: str) -> str:
    """``plain`` of one Python text, for lists that the configuration holds."""
    folded = text.translate({**{ord(k): v for k, v in _FOLD.items()}, **dict.fromkeys(map(ord, _DELETED))})
    for letter, pair in _DOUBLE.items():
        folded = folded.replace(letter, pair)
    return folded


def squeezed(text: Column) -> Column:
    """The text with single blanks and none outside; NULL when nothing is left."""
    return or_null(replaced_where("  ", F.trim(text), " {2,}", " "))


def replaced_where(needle: str, text: Column, pattern: str, replacement: str) -> Column:
    """``regexp_replace`` only where the text holds ``needle``: a search costs a tenth of a regular expression."""
    return let(text, lambda t: F.when(t.contains(needle), F.regexp_replace(t, pattern, replacement)).otherwise(t))


def compact(text: Column) -> Column:
    """Capitals with no blank at all, as in register numbers and postcodes; NULL when nothing is left."""
    return or_null(F.upper(F.translate(text, " \t\n\r\u00a0", "")))


def words(text: Column) -> Column:
    """Letters and digits in capitals, everything else a single blank: ``words("12, St. Mary's")`` is ``12 ST MARYS``."""
    return squeezed(F.translate(spaced(text), "_", " "))


def digits(text: Column) -> Column:
    """The digits of the text, nothing between them; NULL when there is none."""
    return or_null(F.regexp_replace(text, "[^0-9]+", ""))


def trimmed(text: Column) -> Column:
    """The text as received without outer blanks; NULL when blank."""
    return or_null(F.trim(F.translate(text, "\t\n\r\u00a0", "    ")))


def case_reference(text: Column) -> Column:
    """A case reference that two systems can share: letters and digits only, leading zeros dropped.

    ``0160/0032981`` and ``1600032981`` read alike, because a spreadsheet on the way drops the zeros.
    """
    return or_null(F.ltrim(F.regexp_replace(plain(text), "[^A-Z0-9]+", ""), F.lit("0")))


def or_null(text: Column) -> Column:
    """The text, or NULL when it is empty."""
    return F.nullif(text, F.lit(""))


def array_or_null(values: Column) -> Column:
    """The distinct values of an array, sorted; NULL when there is none."""
    distinct = F.sort_array(F.array_distinct(F.array_compact(values)))
    return let(distinct, lambda found: F.when(F.size(found) > 0, found))


def let(value: Column, body: Callable[[Column], Column]) -> Column:
    """``body(value)`` with ``value`` computed once, however often the body uses it.

    Spark writes an expression out wherever it is used: five uses within five uses make a plan of megabytes.
    """
    return F.get(F.transform(F.array(value), body), F.lit(0))
