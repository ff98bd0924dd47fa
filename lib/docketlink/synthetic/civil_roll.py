"""The rows of CaseMan's party roles, and the numbers of its claims."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from docketlink.synthetic.civil_contacts import (
    CLAIMANT,
    COURTS,
    ORGANISATION,
    CivilCases,
)
from docketlink.synthetic.civil_names import CREDITORS
from docketlink.synthetic.draws import NATION, Ints, Reals, Stage, Texts, happens, pick, rank_within, stream, texts
from docketlink.synthetic.noise import split_days
from docketlink.synthetic.parameters import Plan

ROLES = ("CLAIMANT", "DEFENDANT", "SOLICITOR")
SOLICITOR = 2
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
# Serials of a digit of the year: a prime below 24 x 24 x 100,000, and a number that spreads them over it.
_SERIALS, _SPREAD = 57_599_959, 7_368_787


@dataclass(frozen=True)
class Dirt:
    """What CaseMan leaves out or writes wrongly. Documented in domain.md 6.3 where marked; the rest is ours."""

    dob_missing: float = 0.96  # documented
    postcode_missing: float = 0.07  # documented
    middle_missing: float = 0.85  # documented
    coded: float = 0.80  # of claiming organisations: national creditors known by a code
    solicitor: float = 0.45  # of cases
    older_address: float = 0.08  # of parties: an address that is no longer valid


DIRT = Dirt()


@dataclass(frozen=True)
class Roll:
    """Rows of ``case_party_roles``: the contacts' parties in their order, then the solicitors of some cases."""

    of: Ints
    role: Ints
    number: Ints  # within case and role, from 1
    person: Ints
    second: Ints
    creditor: Ints  # position among the national creditors, or -1


def roll(plan: Plan, block: int, made: CivilCases) -> Roll:
    """The rows of a block."""
    rng, size, cases = stream(plan.seed, block, Stage.CIVIL), len(made.of), len(made.day)
    coded = (made.role == CLAIMANT) & (made.person == ORGANISATION) & happens(rng, DIRT.coded, size)
    popular = 1 / (np.arange(CREDITORS) + 3.0)
    creditor = np.where(coded, pick(rng, popular, size), -1)
    lawyers = np.flatnonzero(happens(rng, DIRT.solicitor, cases))
    none = np.full(len(lawyers), -1)
    return Roll(
        of=np.r_[made.of, lawyers],
        role=np.r_[made.role, np.full(len(lawyers), SOLICITOR)],
        number=np.r_[rank_within(made.of * 2 + made.role) + 1, np.ones(len(lawyers), dtype=np.int64)],
        person=np.r_[made.person, none],
        second=np.r_[made.second, none],
        creditor=np.r_[creditor, none],
    )


def case_numbers(plan: Plan, block: int, made: CivilCases) -> Texts:
    """Numbers such as 2QA09811: last digit of the year, two letters, five digits. Every block has serials of its own.

    2012 and 2022 share a digit, and the serials of January 2022 go on from those of 2012.
    """
    digit = split_days(made.day)[0] % 10
    order = np.argsort(digit, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = rank_within(digit[order])
    # At most one case in a year for two people, eight times what a block has.
    serial = (block * (plan.people_per_block // 2 + 8) + rank) * _SPREAD % _SERIALS
    pair, low = np.divmod(serial, 100_000)
    parts = zip(digit.tolist(), (pair // 24).tolist(), (pair % 24).tolist(), low.tolist(), strict=True)
    return texts([f"{d}{_LETTERS[a]}{_LETTERS[b]}{n:05d}" for d, a, b, n in parts])


@lru_cache(maxsize=4)
def court_factor(seed: int) -> Reals:
    """How much more, or less, than usual each court leaves empty."""
    return stream(seed, NATION, Stage.CIVIL).lognormal(0.0, 0.5, size=COURTS)
