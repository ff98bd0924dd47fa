"""Who lives as a family in a block's population, and the calendar that courts keep: working days, busy and quiet months."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic.draws import Flags, Ints, Reals, rank_within
from docketlink.synthetic.names import FEMALE, MALE
from docketlink.synthetic.noise import split_days
from docketlink.synthetic.population import NEVER, Population

_CANDIDATES = 6  # days drawn for one that suits the calendar


@dataclass(frozen=True)
class Households:
    """One entry per family: positions of its parents (-1 for none), its children, and the day on which its parents part."""

    father: Ints
    mother: Ints
    first_child: Ints
    children: Ints
    parted: Ints  # NEVER for those who stay together, and for lone parents


def households(people: Population) -> Households:
    """The families of a block. Parents stand first in theirs, and never leave its home as a child does."""
    families = int(people.family[-1]) + 1
    place, settled = rank_within(people.family), people.left_home == NEVER
    is_father = (place == 0) & (people.sex == MALE) & settled
    # A daughter always leaves home one day, so whoever never does in the first two places is the mother.
    is_mother = (place < 2) & (people.sex == FEMALE) & settled
    father, mother = (_position(families, people.family, each) for each in (is_father, is_mother))
    parents = (father >= 0).astype(np.int64) + (mother >= 0)
    start = np.searchsorted(people.family, np.arange(families))
    together = (father >= 0) & (mother >= 0)
    own = people.own_move[:, 0]
    parted = np.where(together, np.minimum(own[father], own[mother]), NEVER)
    return Households(father, mother, start + parents, np.bincount(people.family, minlength=families) - parents, parted)


def _position(families: int, family: Ints, which: Flags) -> Ints:
    result = np.full(families, -1, dtype=np.int64)
    result[family[which]] = np.flatnonzero(which)
    return result


def court_days(rng: np.random.Generator, begin: Ints, end: Ints, months: Reals) -> Ints:
    """A working day between ``begin`` and ``end`` for each pair; ``months`` says how busy January to December are."""
    size = len(begin)
    drawn = begin[:, None] + (rng.random((size, _CANDIDATES)) * np.maximum(end - begin, 1)[:, None]).astype(np.int64)
    suits = rng.random((size, _CANDIDATES)) < months[split_days(drawn)[1] - 1] / months.max()
    suits[:, -1] = True
    return np.minimum(working(drawn[np.arange(size), suits.argmax(axis=1)]), np.maximum(end, begin))


def working(day: Ints) -> Ints:
    """The day itself, or the Monday after a weekend."""
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    return day + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))


def first_that_suits(suits: Flags, drawn: Ints) -> Ints:
    """Of several candidates in each row the first that suits, or -1."""
    if not len(drawn):
        return np.zeros(0, dtype=np.int64)
    found = drawn[np.arange(len(drawn)), suits.argmax(axis=1)]
    return np.where(suits.any(axis=1), found, -1)
