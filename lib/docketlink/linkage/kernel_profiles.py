"""What is known of the people in a cluster, and the rules that look at nothing else: age, twins, numbers, years of birth, namesakes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeVar

from docketlink.linkage.kernel_rules import Rules

T = TypeVar("T")
TWINS, REGISTERS, AGE, BIRTH_YEARS, NAMESAKES = "twins", "registers", "age", "birth_years", "namesakes"
CERTAIN = inf  # bits of a link that would overrule it: none does
Alike = Callable[[str, str], bool]


@dataclass(slots=True)
class Profile:
    """Values of the records of a cluster; None where there are none. A question costs as much as the smaller of two profiles."""

    identities: set[int] | None
    pncs: set[int] | None
    cros: set[int] | None
    dobs: set[int] | None
    places: set[int] | None
    named_places: set[int] | None  # of records with a forename, a surname and a date of birth
    forenames: dict[int, set[str]] | None  # by surname and date of birth
    years: set[int] | None
    born_by: int | None  # latest year of birth that the records without a date of birth allow

    @classmethod
    def of(
        cls,
        identity: int | None,
        pncs: Sequence[int],
        cros: Sequence[int],
        born: int | None,
        born_by: int | None,
        births: Sequence[int],
        dobs: Sequence[int],
        places: Sequence[int],
        forenames: Sequence[str],
    ) -> "Profile":
        """Of one record."""
        is_named = births and forenames
        return cls(
            None if identity is None else {identity},
            {*pncs} if pncs else None,
            {*cros} if cros else None,
            {*dobs} if dobs else None,
            {*places} if places else None,
            {*places} if is_named and places else None,
            {birth: {*forenames} for birth in births} if is_named else None,
            None if born is None else {born},
            born_by,
        )

    def take(self, other: "Profile") -> None:
        """Becomes the profile of both; the other one is not to be used again."""
        self.identities = _both(self.identities, other.identities)
        self.pncs = _both(self.pncs, other.pncs)
        self.cros = _both(self.cros, other.cros)
        self.dobs = _both(self.dobs, other.dobs)
        self.places = _both(self.places, other.places)
        self.named_places = _both(self.named_places, other.named_places)
        self.years = _both(self.years, other.years)
        if self.born_by is None or (other.born_by is not None and other.born_by < self.born_by):
            self.born_by = other.born_by
        if self.forenames and other.forenames:
            for birth, names in other.forenames.items():
                self.forenames[birth] = self.forenames.get(birth, set()) | names
        else:
            self.forenames = self.forenames or other.forenames

    def identities_with(self, other: "Profile") -> int:
        """Distinct names with dates of birth of both."""
        mine, theirs = self.identities, other.identities
        return len(mine or ()) + len(theirs or ()) - (len(mine & theirs) if mine and theirs else 0)

    def against(self, other: "Profile", alike: Alike, rules: Rules) -> tuple[str | None, float]:
        """The rule, if any, by which two clusters are of two people, and the bits of a link that is too strong for it.

        Twins: one surname, date of birth and place, but other forenames and no register number in common. Where such a number is known
        on both sides, and differs, the rule is ``CERTAIN``, and forenames that may be one (``alike``) are two as well. Age: by each of
        their dates of birth they would have been a child on a day on which one of them was of age.
        """
        pncs = len(self.pncs) + len(other.pncs) if self.pncs and other.pncs else 0
        cros = len(self.cros) + len(other.cros) if self.cros and other.cros else 0
        one_number = (pncs and _meet(self.pncs, other.pncs)) or (cros and _meet(self.cros, other.cros))
        if not one_number:
            differ = bool(pncs or cros)
            if (
                rules.twins
                and _meet(self.named_places, other.named_places)
                and self._bear_other_forenames(other, None if differ else alike)
            ):
                return TWINS, CERTAIN if differ else rules.bar_top
            if self._is_too_young_with(other):
                return AGE, rules.bar_top
            if pncs > rules.max_registers or cros > rules.max_registers:
                return REGISTERS, rules.bar_top
        if self.years and other.years and all(_apart(y, z, rules.max_birth_years) for y in self.years for z in other.years):
            return BIRTH_YEARS, rules.bar_top
        bar = 0.0 if one_number else self._bar_of_namesakes(other, alike, rules)
        return (NAMESAKES, bar) if bar else (None, 0.0)

    def _is_too_young_with(self, other: "Profile") -> bool:
        """A cluster that is so already, because somebody decided it, is asked no more."""
        if self.born_by is None and other.born_by is None:  # nearly all: nothing is gathered for them
            return False
        together = _is_too_young([*(self.years or ()), *(other.years or ())], [self.born_by, other.born_by])
        return together and not any(_is_too_young([*(one.years or ())], [one.born_by]) for one in (self, other))

    def _bar_of_namesakes(self, other: "Profile", alike: Alike, rules: Rules) -> float:
        """Bits that a link needs where no place is shared and one of forename, surname and date of birth differs; 0 where that is not so.

        A surname or a date of birth that differs tells only where both lived elsewhere: unlike forenames, both often change or slip.
        """
        if _meet(self.places, other.places):
            return 0.0
        if self._bear_other_forenames(other, alike):
            return rules.forename_bar
        if not (self.places and other.places and self.dobs and other.dobs):
            return 0.0
        if _meet(self.dobs, other.dobs):
            mine, theirs = self.forenames, other.forenames
            return rules.namesake_bar if mine and theirs and mine.keys().isdisjoint(theirs) else 0.0
        return rules.namesake_bar

    def _bear_other_forenames(self, other: "Profile", alike: Alike | None) -> bool:
        """Whether there is a surname with date of birth on both sides, and for none of them a forename that may be one."""
        mine, theirs = self.forenames or {}, other.forenames or {}
        shared = mine.keys() & theirs.keys()
        return bool(shared) and all(_are_others(mine[b], theirs[b], alike) for b in shared)


def _both(mine: set[T] | None, theirs: set[T] | None) -> set[T] | None:
    if mine and theirs:
        mine |= theirs
        return mine
    return mine or theirs


def _meet(mine: set[int] | None, theirs: set[int] | None) -> bool:
    return mine is not None and theirs is not None and not mine.isdisjoint(theirs)


def _are_others(mine: set[str], theirs: set[str], alike: Alike | None) -> bool:
    return mine.isdisjoint(theirs) and (alike is None or not any(alike(a, b) for a in mine for b in theirs))


def _is_too_young(years: Sequence[int], born_by: Sequence[int | None]) -> bool:
    known = [year for year in born_by if year is not None]
    return bool(known and years) and min(years) > min(known)


def _apart(year: int, other: int, most: int) -> bool:
    """More than so many years, and more than a slip in one digit."""
    return abs(year - other) > most and sum(a != b for a, b in zip(str(year), str(other), strict=False)) > 1
