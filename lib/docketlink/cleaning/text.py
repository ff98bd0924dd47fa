"""Plain text: ASCII capitals, single blanks, no accents. Everything that compares text starts here."""

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator

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
DOUBLE_LETTERS = {"Æ": "AE", "Œ": "OE", "Þ": "TH", "ẞ": "SS", "Ĳ": "IJ"}
_TO_DOUBLE = {"æ": "Æ", "ǽ": "Æ", "Ǽ": "Æ", "ǣ": "Æ", "Ǣ": "Æ", "œ": "Œ", "þ": "Þ", "ß": "ẞ", "ĳ": "Ĳ"}
# Accents standing by themselves, soft hyphens, zero-width characters and byte order marks say nothing.
_DELETED = "".join(map(chr, [*range(0x300, 0x370), 0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF]))
_LATIN_BLOCKS = ((0x00C0, 0x0250), (0x1E00, 0x1F00), (0xFF21, 0xFF5B))


def _folds() -> Iterator[tuple[str, str]]:
    """Every single character that becomes another single one, lower-case ASCII among them."""
    yield from ((chr(c), chr(c).upper()) for c in range(ord("a"), ord("z") + 1))
    yield from _SPECIAL.items()
    yield from _TO_DOUBLE.items()
    kept_apart = {*_SPECIAL, *_TO_DOUBLE, *DOUBLE_LETTERS}
    for first, last in _LATIN_BLOCKS:
        for letter in map(chr, range(first, last)):
            base = unicodedata.normalize("NFKD", letter)[0]
            if base.isascii() and base.isalpha() and letter not in kept_apart:
                yield letter, base.upper()


_FOLD = dict(_folds())
_MARKS = set(string.punctuation) - {"'", "_"}
_SPACED = {**{c: " " if v in _MARKS else v for c, v in _FOLD.items() if v != "'"}, **dict.fromkeys(_MARKS, " ")}
_QUOTES = "'" + "".join(c for c, v in _FOLD.items() if v == "'")
SPACED_TABLE = ("".join(_SPACED) + _DELETED + _QUOTES, "".join(_SPACED.values()))  # as Spark's translate takes it
_DELETE = dict.fromkeys(map(ord, _DELETED))
_PLAIN = {**_DELETE, **{ord(letter): stands for letter, stands in _FOLD.items()}}
_SPACE = {**dict.fromkeys(map(ord, _QUOTES)), **_DELETE, **{ord(letter): stands for letter, stands in _SPACED.items()}}
_BLANK = {ord(c): " " for c in "\t\n\r\u00a0"}
_NO_BLANK = dict.fromkeys(map(ord, " \t\n\r\u00a0"))
_OTHER = re.compile("[^A-Z0-9_ ]")
_BLANKS = re.compile(" {2,}")
_NOT_DIGITS = re.compile("[^0-9]+")
_NOT_WORD = re.compile("[^A-Z0-9]+")
SEPARATOR = "\x1f"  # of the parts of a key: ingestion sets aside every row that holds one, so no value can imitate it
KEY_BLANKS = " \t\r\n\u00a0"  # what counts as nothing around a part of a key


def plain(text: str) -> str:
    """Capitals without accents: ``plain('Zoë Ardǫn-Løvß')`` is ``ZOE ARDON-LOVSS``.

    A full table of Latin letters; curly quotes and backticks become ``'``, every dash ``-``, every space a blank; letters of other
    scripts stay.
    """
    return _spelt_out(text.translate(_PLAIN))


def spaced(text: str) -> str:
    """``plain`` with apostrophes gone and every other mark a blank; an underscore stays. Only A-Z, 0-9, _ and blanks are left."""
    folded = text.translate(_SPACE)
    return folded if folded.isascii() else _OTHER.sub(" ", _spelt_out(folded))


def _spelt_out(text: str) -> str:
    if not text.isascii():
        for letter, pair in DOUBLE_LETTERS.items():
            text = text.replace(letter, pair)
    return text


def squeezed(text: str) -> str | None:
    """The text with single blanks and none outside; None when nothing is left."""
    trimmed_text = text.strip(" ")
    return (_BLANKS.sub(" ", trimmed_text) if "  " in trimmed_text else trimmed_text) or None


def words(text: str) -> str | None:
    """Letters and digits in capitals, everything else a single blank: ``words("12, St. Mary's")`` is ``12 ST MARYS``."""
    return squeezed(spaced(text).replace("_", " "))


def compact(text: str) -> str | None:
    """Capitals with no blank at all, as in register numbers and postcodes; None when nothing is left."""
    return text.translate(_NO_BLANK).upper() or None


def digits(text: str) -> str | None:
    """The digits of the text, nothing between them; None when there is none."""
    return _NOT_DIGITS.sub("", text) or None


def trimmed(text: str) -> str | None:
    """The text as received without outer blanks; None when blank."""
    return text.translate(_BLANK).strip(" ") or None


def case_reference(text: str) -> str | None:
    """A case reference that two systems can share: letters and digits only, leading zeros dropped.

    ``0160/0032981`` and ``1600032981`` read alike, because a spreadsheet on the way drops the zeros.
    """
    return _NOT_WORD.sub("", plain(text)).lstrip("0") or None


def key_part(text: str) -> str:
    """One value as part of a key: without outer blanks, in Unicode form C."""
    part = text.strip(KEY_BLANKS)
    return part if part.isascii() else unicodedata.normalize("NFC", part)


def distinct(values: Iterable[str | None]) -> list[str] | None:
    """The distinct values, sorted; None when there is none."""
    return sorted({value for value in values if value is not None}) or None


def distinct_texts(values: list[str] | None) -> list[str] | None:
    """``distinct`` of a list without None; most hold one text or none."""
    return values if not values or len(values) == 1 else sorted({*values})
