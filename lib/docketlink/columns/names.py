"""Names: words in the published order of the live person model, with our additions for titles, aliases and placeholders.

Text becomes readable (capitals, blanks), falls apart at AKA, then into words; rules about words work on the words.
"""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.columns.text import array_or_null, let, or_null, plain_text, replaced_where, spaced

TITLES = ("MR", "MRS", "MISS", "MS", "MX", "REV", "REVEREND", "FATHER", "IMAM", "RABBI", "BROTHER", "SISTER", "DAME", "DME", "DR",
          "LADY", "LDY", "LORD", "LRD", "SIR")  # fmt: skip
SUFFIXES = ("JNR", "SNR", "JR", "SR", "II", "III")
NOT_A_NAME = ("UNKNOWN", "NFA", "TEST")
NOT_A_FORENAME = ("BABY", "CHILD", "TWIN")


def _readable(raw: Column) -> Column:
    """Steps 1 to 5 of the published order: capitals, markers of migrations deleted, quotes and hyphens, NOT ENTERED, MC.

    Each rare thing is looked for before its regular expression runs: most names hold none of them.
    """
    text = replaced_where("_", spaced(F.coalesce(raw, F.lit(""))), "MIG_ERROR_|NO_SHOW_|DUPLICATE_", "")
    text = replaced_where("  ", F.translate(text, "_", " "), " {2,}", " ")
    # NOT ENTERED before MC, or "MC NOT ENTERED DUFF" would read MCNOT
    text = replaced_where("ENTERED", text, r"\b(?:NOT )+(?:ENTERED\b ?)+", "")
    text = replaced_where("A K A", text, r"\bA K A\b", "AKA")
    return replaced_where("MC ", text, r"\bMC ", "MC")


def _split_at_aka(text: Column) -> Column:
    """The main text first, then one text for each alias written after AKA; empty texts are left out."""
    return let(
        text,
        lambda t: F.when(t.contains("AKA"), F.filter(F.split(t, r"(?: ?\bAKA\b ?)+"), lambda part: F.trim(part) != "")).otherwise(
            F.array(t)
        ),
    )


def given_texts(*forenames: Column) -> Column:
    """Forenames as an array of readable texts: the main ones joined, then aliases after AKA."""
    return _split_at_aka(_readable(F.concat_ws(" ", *forenames)))


def family_texts(surname: Column) -> Column:
    """Surname as an array of readable texts: the main one, then aliases after AKA. ``O Brien`` reads ``OBRIEN``."""
    return _split_at_aka(replaced_where("O ", _readable(surname), r"\bO (?=[A-Z]{2})", "O"))


def full_texts(full: Column) -> Column:
    """A name written in one field, as an array of readable texts: the main one, then aliases after AKA.

    A lone O stays an initial here (``JOHN O SMITH``): nothing says where the surname starts.
    """
    return _split_at_aka(_readable(full))


def name_words(text: Column, dropped: Sequence[str]) -> Column:
    """The words of a readable text in their order, single letters and ``dropped`` ones left out."""
    return F.filter(F.split(text, " "), lambda word: (F.length(word) > 1) & ~word.isin(*dropped))


def without_title(words: Column) -> Column:
    """Words without leading titles and trailing suffixes; NULL when there are none.

    A title goes only where a word follows, a suffix only where one precedes: a surname Lord or Father survives.
    """

    def bared(found: Column) -> Column:
        titled = F.get(found, F.lit(0)).isin(*TITLES) | F.try_element_at(found, F.lit(-1)).isin(*SUFFIXES)
        text = F.regexp_replace(F.array_join(found, " "), rf"^(?:(?:{'|'.join(TITLES)}) )+", "")
        text = F.regexp_replace(text, rf"(?: (?:{'|'.join(SUFFIXES)}))+$", "")
        return F.when(F.size(found) == 0, F.lit(None)).when((F.size(found) > 1) & titled, F.split(text, " ")).otherwise(found)

    return let(words, bared)


def _dropped(drop_words: Sequence[str]) -> list[str]:
    return [*NOT_A_NAME, *sorted({word for entry in drop_words for word in plain_text(entry).split()})]


def _forename_words(text: Column, drop_words: Sequence[str]) -> Column:
    return name_words(text, [*_dropped(drop_words), *NOT_A_FORENAME])


def name_of_parts(given: Column, family: Column, drop_words: Sequence[str] = ()) -> Column:
    """``tokens, first_arr, last_arr`` of a name in two parts, from ``given_texts`` and ``family_texts``.

    ``tokens`` are the words of the main name; the arrays hold first forenames and last names of the main name and of the
    aliases after AKA, distinct and sorted. Of a double-barrelled surname the last part and the unsplit form are both there.
    """
    return let(given, lambda g: let(family, lambda f: _of_parts(g, f, drop_words)))


def _of_parts(given: Column, family: Column, drop_words: Sequence[str]) -> Column:
    main_given = _forename_words(F.coalesce(F.get(given, F.lit(0)), F.lit("")), drop_words)
    main_family = name_words(F.coalesce(F.get(family, F.lit(0)), F.lit("")), _dropped(drop_words))
    first = F.transform(_later(given), lambda text: F.get(without_title(_forename_words(text, drop_words)), F.lit(0)))
    surnames = F.transform(family, lambda text: without_title(name_words(text, _dropped(drop_words))))
    last = let(surnames, lambda s: F.concat(F.transform(_later(s), last_name), F.transform(s, unsplit)))
    return let(without_title(F.concat(main_given, main_family)), lambda tokens: _name(tokens, first, last))


def name_of_full(full: Column, drop_words: Sequence[str] = ()) -> Column:
    """``tokens, first_arr, last_arr`` of a name written in one field, from ``full_texts``."""
    people = F.transform(full, lambda text: without_title(name_words(text, _dropped(drop_words))))
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
    return F.when(F.size(values) > 1, F.slice(values, F.lit(2), F.size(values))).otherwise(F.slice(values, F.lit(1), F.lit(0)))


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
    return or_null(F.array_join(name_of_full(full_texts(raw))["tokens"], " "))
