"""What is known of the people in a cluster, and the rules that look at nothing else: twins, register numbers, years of birth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
TWINS, REGISTERS, BIRTH_YEARS = "twins", "registers", "birth_years"
Alike = Callable[[str, str], bool]


@dataclass(slots=True)
class Profile:
    """Values of the records of a cluster; None where there are none. A question costs as much as the smaller of two profiles."""

    identities: set[int] | None
    pncs: set[int] | None
    cros: set[int] | None
    places: set[int] | None
    forenames: dict[int, set[str]] | None  # by surname and date of birth
    years: set[int] | None

    @classmethod
    def of(
        cls,
        identity: int | None,
        pncs: Sequence[int],
        cros: Sequence[int],
        born: int | None,
        births: Sequence[int],
        places: Sequence[int],
        forenames: Sequence[str],
    ) -> "Profile":
        """Of one record; a place counts only beside a forename, a surname and a date of birth."""
        is_named = births and forenames
        return cls(
            None if identity is None else {identity},
            {*pncs} if pncs else None,
            {*cros} if cros else None,
            {*places} if is_named and places else None,
            {birth: {*forenames} for birth in births} if is_named else None,
            None if born is None else {born},
        )

    def take(self, other: "Profile") -> None:
        """Becomes the profile of both; the other one is not to be used again."""
        self.identities = _both(self.identities, other.identities)
        self.pncs = _both(self.pncs, other.pncs)
        self.cros = _both(self.cros, other.cros)
        self.places = _both(self.places, other.places)
        self.years = _both(self.years, other.years)
        if self.forenames and other.forenames:
            for birth, names in other.forenames.items():
                self.forenames[birth] = self.forenames.get(birth, set()) | names
        else:
            self.forenames = self.forenames or other.forenames

    def identities_with(self, other: "Profile") -> int:
        """Distinct names with dates of birth of both."""
        mine, theirs = self.identities, other.identities
        return len(mine or ()) + len(theirs or ()) - (len(mine & theirs) if mine and theirs else 0)

    def against(self, other: "Profile", alike: Alike, *, twins: bool, max_registers: int, max_birth_years: int) -> tuple[str | None, bool]:
        """The rule, if any, by which two clusters are of two people, and whether no link is too strong for it.

        Twins: one surname, date of birth and place, but other forenames and no register number in common. Where such a number is known
        on both sides, and differs, the rule is certain, and forenames that may be one (``alike``) are two as well.
        """
        pncs = len(self.pncs) + len(other.pncs) if self.pncs and other.pncs else 0
        cros = len(self.cros) + len(other.cros) if self.cros and other.cros else 0
        if not (pncs and _meet(self.pncs, other.pncs)) and not (cros and _meet(self.cros, other.cros)):
            differ = bool(pncs or cros)
            if twins and self.forenames and other.forenames and self._is_twin(other, None if differ else alike):
                return TWINS, differ
            if pncs > max_registers or cros > max_registers:
                return REGISTERS, False
        if self.years and other.years and all(_apart(y, z, max_birth_years) for y in self.years for z in other.years):
            return BIRTH_YEARS, False
        return None, False

    def _is_twin(self, other: "Profile", alike: Alike | None) -> bool:
        mine, theirs = self.forenames or {}, other.forenames or {}
        shared = mine.keys() & theirs.keys()
        return bool(shared) and _meet(self.places, other.places) and all(_are_others(mine[b], theirs[b], alike) for b in shared)


def _both(mine: set[T] | None, theirs: set[T] | None) -> set[T] | None:
    if mine and theirs:
        mine |= theirs
        return mine
    return mine or theirs


def _meet(mine: set[int] | None, theirs: set[int] | None) -> bool:
    return mine is not None and theirs is not None and not mine.isdisjoint(theirs)


def _are_others(mine: set[str], theirs: set[str], alike: Alike | None) -> bool:
    return mine.isdisjoint(theirs) and (alike is None or not any(alike(a, b) for a in mine for b in theirs))


def _apart(year: int, other: int, most: int) -> bool:
    """More than so many years, and more than a slip in one digit."""
    return abs(year - other) > most and sum(a != b for a, b in zip(str(year), str(other), strict=False)) > 1
