"""Names: words in the published order of the live person model, with our additions for titles, aliases and placeholders.

Everything works on text with single blanks, by regular expressions in one pass each, and becomes an array of words at
the end. Rules: domain.md 5.5.
"""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.columns.text import array_or_null, let, or_null, plain, plain_text

TITLES = ("MR", "MRS", "MISS", "MS", "MX", "REV", "REVEREND", "FATHER", "IMAM", "RABBI", "BROTHER", "SISTER", "DAME", "DME", "DR",
          "LADY", "LDY", "LORD", "LRD", "SIR")  # fmt: skip
SUFFIXES = ("JNR", "SNR", "JR", "SR", "II", "III")
NOT_A_NAME = ("UNKNOWN", "NFA", "TEST")
NOT_A_FORENAME = ("BABY", "CHILD", "TWIN")


def _any_of(words: Sequence[str]) -> str:
    return rf"\b(?:{'|'.join(words)})\b"


def _tidy(text: Column) -> Column:
    return F.trim(F.regexp_replace(text, " {2,}", " "))


def _readable(raw: Column) -> Column:
    """Steps 1 to 5 of the published order: capitals, markers of migrations deleted, quotes and hyphens, NOT ENTERED, MC."""
    text = F.regexp_replace(plain(F.coalesce(raw, F.lit(""))), "MIG_ERROR_|NO_SHOW_|DUPLICATE_", "")
    text = F.regexp_replace(F.translate(text, "'", ""), "[^A-Z0-9]+", " ")
    text = F.regexp_replace(text, r"\b(?:NOT )+(?:ENTERED\b ?)+", " ")  # before MC, or "MC NOT ENTERED DUFF" would read MCNOT
    text = F.regexp_replace(text, r"\bA K A\b", "AKA")
    text = F.regexp_replace(text, r"\bMC +", "MC")
    return F.trim(F.regexp_replace(text, r"^[ ]*(?:AKA\b ?)+|(?: ?\bAKA)+[ ]*$", ""))


def _split_at_aka(text: Column) -> Column:
    """The main text first, then one text for each alias written after AKA; empty texts are left out."""
    return F.filter(F.split(text, r"(?: ?\bAKA\b ?)+"), lambda part: part != "")


def given_texts(*forenames: Column) -> Column:
    """Forenames as an array of readable texts: the main ones joined, then aliases after AKA; words that are no forename gone."""
    text = F.regexp_replace(_readable(F.concat_ws(" ", *forenames)), _any_of(NOT_A_FORENAME), " ")
    return _split_at_aka(_tidy(text))


def family_texts(surname: Column) -> Column:
    """Surname as an array of readable texts: the main one, then aliases after AKA. ``O Brien`` reads ``OBRIEN``."""
    return _split_at_aka(F.regexp_replace(_readable(surname), r"\bO (?=[A-Z]{2})", "O"))


def full_texts(full: Column) -> Column:
    """A name written in one field, as an array of readable texts: the main one, then aliases after AKA.

    A lone O stays an initial here (``JOHN O SMITH``): nothing says where the surname starts.
    """
    return _split_at_aka(_readable(full))


def name_tokens(text: Column, drop_words: Sequence[str] = ()) -> Column:
    """The words of a name in their order: no single letters, no placeholders, no leading title, no trailing suffix.

    ``MR A JOHN SMITH JNR`` gives ``[JOHN, SMITH]``. ``drop_words`` are further words of the source that are no name.
    A title goes only where a word follows, a suffix only where one precedes: a surname Lord or Father survives.
    NULL when no word is left.
    """
    dropped = [*NOT_A_NAME, *sorted({word for entry in drop_words for word in plain_text(entry).split()})]
    kept = _tidy(F.regexp_replace(text, rf"\b[A-Z0-9]\b|{_any_of(dropped)}", " "))
    kept = F.regexp_replace(kept, rf"^(?:(?:{'|'.join(TITLES)}) )+", "")
    kept = F.regexp_replace(kept, rf"(?: (?:{'|'.join(SUFFIXES)}))+$", "")
    return let(kept, lambda text: F.when(text != "", F.split(text, " ")))


def name_of_parts(given: Column, family: Column, drop_words: Sequence[str] = ()) -> Column:
    """``tokens, first_arr, last_arr`` of a name in two parts, from ``given_texts`` and ``family_texts``.

    ``tokens`` are the words of the main name; the arrays hold first forenames and last names of the main name and of the
    aliases after AKA, distinct and sorted. Of a double-barrelled surname the last part and the unsplit form are both there.
    """
    return let(given, lambda g: let(family, lambda f: _of_parts(g, f, drop_words)))


def _of_parts(given: Column, family: Column, drop_words: Sequence[str]) -> Column:
    whole = F.concat_ws(" ", F.get(given, F.lit(0)), F.get(family, F.lit(0)))
    surnames = F.transform(family, lambda text: name_tokens(text, drop_words))
    forenames = F.transform(_later(given), lambda text: F.get(name_tokens(text, drop_words), F.lit(0)))
    alias_last = let(surnames, lambda s: F.concat(F.transform(_later(s), last_name), F.transform(s, unsplit)))
    return let(name_tokens(whole, drop_words), lambda tokens: _name(tokens, forenames, alias_last))


def name_of_full(full: Column, drop_words: Sequence[str] = ()) -> Column:
    """``tokens, first_arr, last_arr`` of a name written in one field, from ``full_texts``."""
    people = F.transform(full, lambda text: name_tokens(text, drop_words))
    return let(
        people,
        lambda p: _name(F.get(p, F.lit(0)), F.transform(_later(p), lambda t: name_part(t, 1)), F.transform(_later(p), last_name)),
    )


def _name(tokens: Column, alias_first: Column, alias_last: Column) -> Column:
    return F.struct(
        tokens.alias("tokens"),
        array_or_null(F.concat(F.array(name_part(tokens, 1)), alias_first)).alias("first_arr"),
        array_or_null(F.concat(F.array(last_name(tokens)), alias_last)).alias("last_arr"),
    )


def _later(values: Column) -> Column:
    """All but the first of an array that may be empty."""
    return F.slice(values, F.lit(2), F.greatest(F.size(values), F.lit(1)))


def name_part(tokens: Column, position: int) -> Column:
    """The first, second or third forename: a word is one only while another word, the last name, comes after it."""
    return F.when(F.size(tokens) > position, F.get(tokens, F.lit(position - 1)))


def last_name(tokens: Column) -> Column:
    """The last word of a name; of a double-barrelled surname the last part."""
    return F.try_element_at(tokens, F.lit(-1))


def unsplit(tokens: Column) -> Column:
    """The words of a surname as one, where there are several: ``SMITH JONES`` gives ``SMITHJONES``, else NULL."""
    return F.when(F.size(tokens) > 1, F.array_join(tokens, ""))


def first_and_last(tokens: Column) -> Column:
    """First forename and last name with a blank between, where both are there."""
    return F.when(F.size(tokens) > 1, F.concat_ws(" ", name_part(tokens, 1), last_name(tokens)))


def canonical_name(raw: Column) -> Column:
    """A full name as words with single blanks: ``Mr. O'Neill-Smyth`` is ``ONEILL SMYTH``; NULL where no name is left."""
    return or_null(F.array_join(name_tokens(F.get(full_texts(raw), F.lit(0))), " "))
