"""Names: words in the published order of the live person model, with our additions for titles, aliases and placeholders.

Text becomes readable (capitals, blanks), falls apart at AKA, then into words; rules about words work on the words.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from docketlink.cleaning.text import distinct, plain, spaced

TITLES = ("MR", "MRS", "MISS", "MS", "MX", "REV", "REVEREND", "FATHER", "IMAM", "RABBI", "BROTHER", "SISTER", "DAME", "DME", "DR",
          "LADY", "LDY", "LORD", "LRD", "SIR")  # fmt: skip
SUFFIXES = ("JNR", "SNR", "JR", "SR", "II", "III")
NOT_A_NAME = ("UNKNOWN", "NFA", "TEST")
NOT_A_FORENAME = ("BABY", "CHILD", "TWIN")

_MIGRATED = re.compile("MIG_ERROR_|NO_SHOW_|DUPLICATE_")
_NOT_ENTERED = re.compile(r"\b(?:NOT )+(?:ENTERED\b ?)+")
_A_K_A = re.compile(r"\bA K A\b")
_MC = re.compile(r"\bMC ")
_O = re.compile(r"\bO (?=[A-Z]{2})")
_AKA = re.compile(r"(?: ?\bAKA\b ?)+")
_BLANKS = re.compile(" {2,}")

Words = list[str]


class Name(NamedTuple):
    """The words of the main name, None for none; first forenames and last names of it and of aliases, distinct and sorted."""

    tokens: Words | None
    first_arr: Words | None
    last_arr: Words | None


def _readable(raw: str) -> str:
    """Steps 1 to 5 of the published order: capitals, markers of migrations deleted, quotes and hyphens, NOT ENTERED, MC.

    Each rare thing is looked for before its regular expression runs: most names hold none of them.
    """
    text = spaced(raw)
    if "_" in text:
        text = _MIGRATED.sub("", text).replace("_", " ")
    if "  " in text:
        text = _BLANKS.sub(" ", text)
    if "ENTERED" in text:  # before MC, or "MC NOT ENTERED DUFF" would read MCNOT
        text = _NOT_ENTERED.sub("", text)
    if "A K A" in text:
        text = _A_K_A.sub("AKA", text)
    return _MC.sub("MC", text) if "MC " in text else text


def _split_at_aka(text: str) -> list[str]:
    """The main text first, then one text for each alias written after AKA; empty texts are left out."""
    return [part for part in _AKA.split(text) if part.strip(" ")] if "AKA" in text else [text]


def given_texts(forenames: str) -> list[str]:
    """Forenames, joined by blanks, as readable texts: the main ones, then aliases after AKA."""
    return _split_at_aka(_readable(forenames))


def family_texts(surname: str) -> list[str]:
    """A surname as readable texts: the main one, then aliases after AKA. ``O Brien`` reads ``OBRIEN``."""
    text = _readable(surname)
    return _split_at_aka(_O.sub("O", text) if "O " in text else text)


def full_texts(full: str) -> list[str]:
    """A name written in one field as readable texts: the main one, then aliases after AKA.

    A lone O stays an initial here (``JOHN O SMITH``): nothing says where the surname starts.
    """
    return _split_at_aka(_readable(full))


def dropped_words(drop_words: Sequence[str]) -> frozenset[str]:
    """Words that are no name: the placeholders and those of a source's ``drop_words``."""
    return frozenset([*NOT_A_NAME, *(word for entry in drop_words for word in plain(entry).split())])


def name_words(text: str, dropped: frozenset[str]) -> Words:
    """The words of a readable text in their order, single letters and ``dropped`` ones left out."""
    return [word for word in text.split(" ") if len(word) > 1 and word not in dropped]


def forename_words(text: str, dropped: frozenset[str]) -> Words:
    """``name_words`` without what stands for a child who has no name yet."""
    return [word for word in name_words(text, dropped) if word not in NOT_A_FORENAME]


def without_title(found: Words) -> Words | None:
    """Words without leading titles and trailing suffixes; None when there are none.

    A title goes only where a word follows, a suffix only where one precedes: a surname Lord or Father survives.
    """
    if len(found) < 2:
        return found or None
    first, last = 0, len(found)
    while first < last - 1 and found[first] in TITLES:
        first += 1
    while last > first + 1 and found[last - 1] in SUFFIXES:
        last -= 1
    return found[first:last]


class Part(NamedTuple):
    """The words of one part of a name, and what the arrays of a name take from it: first forenames or last names of aliases."""

    words: Words
    others: tuple[str, ...]


def given_part(forenames: str, dropped: frozenset[str]) -> Part:
    """Forenames, joined by blanks: the words of the main ones, and the first forename of each alias."""
    main, *later = [forename_words(text, dropped) for text in given_texts(forenames)] or [[]]
    return Part(main, tuple(name[0] for found in later if (name := without_title(found))))


def family_part(surname: str, dropped: frozenset[str]) -> Part:
    """A surname: its words, and the last names of aliases and unsplit forms. Of a double-barrelled one the unsplit form counts too."""
    found = [name_words(text, dropped) for text in family_texts(surname)]
    bare = [without_title(each) for each in found]
    others = [*(last_name(each) for each in bare[1:]), *(unsplit(each) for each in bare)]
    return Part(found[0] if found else [], tuple(other for other in others if other))


def name_of_parts(given: Part, family: Part) -> Name:
    """A name in two parts."""
    return _name(without_title(given.words + family.words), given.others, family.others)


def name_of_full(texts: Sequence[str], dropped: frozenset[str]) -> Name:
    """A name written in one field, from ``full_texts``."""
    people = [without_title(name_words(text, dropped)) for text in texts]
    later = people[1:]
    return _name(people[0] if people else None, [name_part(p, 1) for p in later], [last_name(p) for p in later])


def _name(tokens: Words | None, alias_first: Sequence[str | None], alias_last: Sequence[str | None]) -> Name:
    first, last = name_part(tokens, 1), last_name(tokens)
    return Name(
        tokens,
        distinct([first, *alias_first]) if alias_first else [first] if first else None,
        distinct([last, *alias_last]) if alias_last else [last] if last else None,
    )


def name_part(tokens: Words | None, position: int) -> str | None:
    """The first, second or third forename: a word is one only while another word, the last name, comes after it."""
    return tokens[position - 1] if tokens and len(tokens) > position else None


def last_name(tokens: Words | None) -> str | None:
    """The last word of a name; of a double-barrelled surname the last part."""
    return tokens[-1] if tokens else None


def unsplit(tokens: Words | None) -> str | None:
    """The words of a surname as one, where there are several: ``SMITH JONES`` gives ``SMITHJONES``, else None."""
    return "".join(tokens) if tokens and len(tokens) > 1 else None


def first_and_last(tokens: Words | None) -> str | None:
    """First forename and last name with a blank between, where both are there."""
    return f"{tokens[0]} {tokens[-1]}" if tokens and len(tokens) > 1 else None


def canonical_name(raw: str) -> str | None:
    """A full name as words with single blanks: ``Mr. O'Neill-Smyth`` is ``ONEILL SMYTH``; None where no name is left."""
    return " ".join(name_of_full(full_texts(raw), dropped_words(())).tokens or []) or None
