"""Names as the county court writes them: people in one padded field, two in one row, companies that say so or do not."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Texts, happens, pick, texts
from docketlink.synthetic.names import FEMALE, name_book, word_lists
from docketlink.synthetic.noise import blank, noisy_names
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation
from docketlink.synthetic.writing import capitals, chosen, spaced

CREDITORS = 400  # national ones, known by a code
FIELD = 70  # characters of the name field
_WORDS = dict(word_lists("words.txt"))
_FIRMS, _TRADES = tuple(_WORDS["firms"]), tuple(_WORDS["trades"])
_FORMS = ("Ltd", "Limited", "PLC", "LLP")
_KINDS = ("Bank PLC", "Finance Ltd", "Housing Association", "Council", "Energy Limited", "Water PLC", "Recovery Ltd", "Homes Trust")
_LAWYERS = ("Solicitors LLP", "Law Ltd", "Legal LLP")


@dataclass(frozen=True)
class Dirt:
    """Shares of names, all ours."""

    unpadded: float = 0.12  # single blanks between the parts
    no_title: float = 0.20
    lower_case: float = 0.15
    own_surnames: float = 0.20  # of joint rows whose people share a surname: written twice
    spelt_and: float = 0.30  # of joint rows: AND for the ampersand
    unstated_firm: float = 0.03  # of uncoded organisations: no word says that it is one


DIRT = Dirt()


@dataclass(frozen=True)
class Names:
    """Parts of names, one entry each."""

    title: Texts
    forenames: Texts
    surname: Texts


def person_names(rng: np.random.Generator, plan: Plan, world: World, person: Ints, day: Ints, middle_missing: float) -> Names:
    """The names of people on a day, as a clerk heard them."""
    book, people, size = name_book(), world.people, len(person)
    surname, sex = people.surname_at(person, day), people.sex[person]
    family_name = texts(np.where(sex == FEMALE, book.surname_of_women[surname], book.surname[surname]))
    first, last = noisy_names(rng, book.forename[people.forename[person]], family_name, plan.rates)
    middle = people.middle[person]
    there = person >= 0
    existing = max(float((middle[there] >= 0).mean()) if there.any() else 0.0, 1e-9)
    told = (middle >= 0) & happens(rng, min(1.0, (1 - middle_missing) / existing), size)
    first = texts(np.where(told, spaced(first, book.forename[np.maximum(middle, 0)]), first))
    title = np.where(sex == FEMALE, chosen(("Mrs", "Miss", "Ms"), pick(rng, np.array([0.5, 0.3, 0.2]), size)), "Mr")
    return Names(blank(texts(title), happens(rng, DIRT.no_title, size)), first, last)


def padded_names(rng: np.random.Generator, main: Names, other: Names, joint: Flags) -> Texts:
    """One field for each row: title, forenames and surname apart by runs of blanks, or two people joined by an ampersand."""
    size = len(joint)
    padded = ~happens(rng, DIRT.unpadded, size)
    both = happens(rng, DIRT.own_surnames, size) | (main.surname != other.surname)
    word = np.where(happens(rng, DIRT.spelt_and, size), "and", "&")
    columns = (main.title, main.forenames, main.surname, other.title, other.forenames, other.surname)
    parts = zip(*columns, joint.tolist(), both.tolist(), padded.tolist(), word.tolist(), strict=True)
    written = texts([_field(*part) for part in parts])
    return capitals(written, ~happens(rng, DIRT.lower_case, size))


def _field(
    title: str, given: str, surname: str, title_2: str, given_2: str, surname_2: str, joint: bool, both: bool, padded: bool, word: str
) -> str:
    if not joint:
        return _padded(title, given, surname)[:FIELD].rstrip() if padded else " ".join(filter(None, (title, given, surname)))[:FIELD]
    first = " ".join(filter(None, (title, given, surname if both else "")))
    second = " ".join(filter(None, (title_2, given_2)))
    return f"{first} {word} {second}{'   ' if padded else ' '}{surname_2}"[:FIELD].rstrip()


def _padded(title: str, given: str, surname: str) -> str:
    """The parts, each filled up with at least two blanks; a part that is not there leaves its blanks."""
    return f"{title:<5}  {given:<16}  {surname}".lstrip()


def organisation_names(rng: np.random.Generator, size: int, lawyers: Flags) -> Texts:
    """A company's name for every row, a solicitors' firm where told; a few say nowhere that they are companies."""
    firm, other = (chosen(_FIRMS, rng.integers(0, len(_FIRMS), size)) for _ in range(2))
    form = blank(chosen(_FORMS, rng.integers(0, len(_FORMS), size)), happens(rng, DIRT.unstated_firm, size))
    company = spaced(firm, chosen(_TRADES, rng.integers(0, len(_TRADES), size)), form)
    firms = spaced(firm, texts(["&"] * size), other, chosen(_LAWYERS, rng.integers(0, len(_LAWYERS), size)))
    return texts(np.where(lawyers, firms, company))


def creditors(country: Nation) -> Texts:
    """The names of the national creditors, in the order of their codes."""
    order = range(CREDITORS)
    names = [f"{_FIRMS[n % len(_FIRMS)]} {country.town[n % len(country.town)]} {_KINDS[n // 7 % len(_KINDS)]}" for n in order]
    return capitals(texts(names), np.ones(CREDITORS, dtype=bool))
