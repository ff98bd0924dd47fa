"""What happens to cases when their court changes its system: heard only in the new one, or still open and made anew there."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from docketlink.synthetic.draws import Flags, Ints, happens, rank_within
from docketlink.synthetic.noise import split_days
from docketlink.synthetic.population import YEAR, Population

if TYPE_CHECKING:
    from docketlink.synthetic.contacts import Cases, Stays

REOPENED = 0.60  # of the cases open at their court's cut-over, made anew in the other system under the same URN (domain.md 6.4)
_URNS_PER_BLOCK = 2_500  # of a year; references.case_urn has room for 21,000 blocks
_MIXED = 90  # days after a cut-over in which both systems get new cases


def tie_to_stays(
    rng: np.random.Generator, moved: "Cases", people: Population, stays: "Stays", court_shift: Ints, outcome: Ints, is_sent: Flags
) -> tuple["Cases", Ints]:
    """Moved cases of which some end in a stay in prison that no earlier case explains, and the stay of each or -1.

    A tied case takes its ``outcome`` and its days from the sentence; where ``is_sent`` the Crown Court passes it, weeks later.
    """
    size = len(moved.person)
    free = np.flatnonzero((stays.case < 0) & (stays.sentence_day > int(court_shift.min()) + _MIXED + 200))
    first = np.searchsorted(stays.person[free], moved.person)
    place = first + rank_within(moved.person)
    has = place < np.searchsorted(stays.person[free], moved.person, side="right")
    stay = np.where(has, free[np.minimum(place, max(len(free) - 1, 0))], -1) if len(free) else np.full(size, -1, dtype=np.int64)
    result = stays.sentence_day[stay] - np.where(is_sent, rng.integers(20, 160, size=size), 0) if len(stays.person) else moved.result_day
    hearing = result - (rng.exponential(30, size=size) * happens(rng, 0.6, size)).astype(np.int64)
    of_age = people.birth[moved.person] + int(18 * YEAR) <= hearing
    tied = (stay >= 0) & of_age & (hearing > court_shift[moved.court] + _MIXED)
    before = moved.hearing_day - moved.offence_day
    return replace(
        moved,
        hearing_day=np.where(tied, hearing, moved.hearing_day),
        result_day=np.where(tied, result, moved.result_day),
        offence_day=np.where(tied, hearing - np.minimum(before, 2 * int(YEAR)), moved.offence_day),
        outcome=np.where(tied, outcome, moved.outcome),
    ), np.where(tied, stay, -1)


def heard_together(moved: "Cases", stay: Ints) -> tuple["Cases", Ints]:
    """Moved cases in order of person and day, co-defendants before the court on the same days unless prison set theirs."""
    with_leader = (stay < 0) & (moved.case != np.arange(len(moved.case)))
    hearing = np.where(with_leader, moved.hearing_day[moved.case], moved.hearing_day)
    together = replace(
        moved,
        hearing_day=hearing,
        result_day=np.where(with_leader, moved.result_day[moved.case], moved.result_day),
        offence_day=np.minimum(moved.offence_day, hearing - 1),
    )
    order = np.lexsort((hearing, moved.person))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    sorted_ = {name: values[order] for name, values in together.__dict__.items()}
    return replace(together, **{**sorted_, "case": place[sorted_["case"]]}), stay[order]


def numbered(block: int, cases: "Cases", moved: "Cases") -> tuple["Cases", "Cases"]:
    """Both with the numbers that the police gave their cases: one a case, co-defendants and systems alike."""
    year = split_days(np.r_[cases.offence_day, moved.offence_day])[0] % 100
    order = np.argsort(year, kind="stable")
    number = np.empty(len(year), dtype=np.int64)
    number[order] = block * _URNS_PER_BLOCK + rank_within(year[order])
    urn = year * 10**9 + number
    here, there = urn[: len(cases.case)], urn[len(cases.case) :]
    return replace(cases, urn=here[cases.case]), replace(moved, urn=there[moved.case])


def still_open(rng: np.random.Generator, cases: "Cases", court_shift: Ints) -> Ints:
    """Positions of those cases open at their court's cut-over that were made anew; all of a case's open defendants, or none."""
    is_open = (cases.hearing_day <= court_shift[cases.court]) & (cases.result_day > court_shift[cases.court])
    made_anew = happens(rng, REOPENED, len(cases.case))[cases.case]
    return np.flatnonzero(is_open & made_anew)
