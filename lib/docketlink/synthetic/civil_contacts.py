"""Who meets the county court, when and in which role: people sued for money and homes, mostly by organisations."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Stage, happens, pick, some, stream
from docketlink.synthetic.households import Households, court_days, households
from docketlink.synthetic.names import MALE
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import street_of
from docketlink.synthetic.population import YEAR, Population, age_at

CLAIM_TYPES = ("SPEC", "UNSPEC", "PI", "MORT", "LAND", "ROG", "INSOLV", "OTHER")
MORT, LAND, INSOLV = (CLAIM_TYPES.index(name) for name in ("MORT", "LAND", "INSOLV"))
CLAIMANT, DEFENDANT = 0, 1
ORGANISATION = -1  # in place of a person
COVERED_FROM, COVERED_TO = (int(np.datetime64(day, "D").astype(np.int64)) for day in ("2012-01-01", "2022-01-31"))
_MONTHS = np.array([1.10, 1.05, 1.10, 0.95, 1.00, 1.00, 1.03, 0.95, 1.00, 1.05, 1.02, 0.75])
_CLOSED_FROM, _CLOSED_TO = (int(np.datetime64(day, "D").astype(np.int64)) for day in ("2020-04-01", "2020-10-01"))
COURTS, BULK_CENTRE = 170, 335


@dataclass(frozen=True)
class Shape:
    """How often and among whom; shares unless a unit is named. Basis: domain.md 6.2 where it says, otherwise ours."""

    cases: float = 0.517  # per person of the population, so that nodes come to 20.0 for 20.0 magistrates' ones
    kinds: tuple[float, ...] = (0.62, 0.05, 0.07, 0.03, 0.12, 0.02, 0.02, 0.07)
    offenders: float = 0.30  # of magistrates' people: a defendant in a civil case (documented)
    defendants: float = 0.27  # of the population
    men: float = 1.6  # weight of a man to a woman, so that 55 % are men (documented)
    firm_claims: float = 0.95  # of claimants
    firm_sued: float = 0.235  # of defendants; organisations come to 55 % of all parties (documented)
    second_defendant: float = 0.30  # of cases; parties come to 2.3 a case (documented)
    joint: float = 0.03  # of cases: two people in one row, of those whose household has two parents
    closed: float = 0.80  # of possession claims of April to September 2020: never issued (documented)
    bulk: float = 0.75  # of claims for a stated sum: at the bulk centre


SHAPE = Shape()


@dataclass(frozen=True)
class CivilCases:
    """Cases in order of their day, and the parties in them in order of case, role and number."""

    kind: Ints
    day: Ints
    court: Ints
    of: Ints  # per party: its case
    role: Ints
    person: Ints  # per party: ORGANISATION where no person
    second: Ints  # per party: the other person of a joint row, else -1


def meet(plan: Plan, block: int, world: World) -> CivilCases:
    """The civil cases of a block."""
    rng, people = stream(plan.seed, block, Stage.CIVIL_CONTACTS), world.people
    main = _sued(rng, world)
    day = _days(rng, people, main)
    kind = pick(rng, np.array(SHAPE.kinds), len(main))
    closed = np.isin(kind, (MORT, LAND)) & (day >= _CLOSED_FROM) & (day < _CLOSED_TO)
    issued = np.flatnonzero(~(closed & happens(rng, SHAPE.closed, len(main))))
    issued = issued[np.argsort(day[issued], kind="stable")]
    main, day, kind = main[issued], day[issued], kind[issued]
    spouse = _spouse(people, households(people), main)
    spouse = np.where(_of_age(people, spouse, day), spouse, -1)
    joint = (spouse >= 0) & happens(rng, _of_those(SHAPE.joint, spouse >= 0), len(main))
    of, role, person, second = _parties(rng, people, main, spouse, joint, day)
    local = street_of(people.home_at(np.maximum(main, 0), day))
    court = people.reach.area[local] * 7 % COURTS + 101
    bulk = (kind == 0) & happens(rng, SHAPE.bulk, len(day))
    return CivilCases(kind, day, np.where(bulk, BULK_CENTRE, court), of, role, person, second)


def _of_those(share: float, which: Flags) -> float:
    """The share among those told that makes ``share`` of all."""
    return min(1.0, share / max(float(which.mean()) if len(which) else 1.0, 1e-9))


def _sued(rng: np.random.Generator, world: World) -> Ints:
    """The first defendant of each case: everyone who is ever sued once at least, a few of them many times; or an organisation."""
    people = world.people
    size = round(SHAPE.cases * len(people))
    open_from, open_to = _window(people)
    grown = open_to > open_from + 30
    offenders = np.unique(world.cases.person)
    known = some(rng, offenders[grown[offenders]], round(SHAPE.offenders * len(offenders)))
    weight = np.where(grown, np.where(people.sex == MALE, SHAPE.men, 1.0), 0.0)
    weight[offenders] = 0.0
    others = round(SHAPE.defendants * len(people)) - len(known)
    keys = rng.exponential(size=len(people)) / np.maximum(weight, 1e-12)
    unknown = np.argsort(keys, kind="stable")[: max(0, min(others, int((weight > 0).sum())))]
    defendants = np.r_[known, unknown]
    once = defendants[: min(len(defendants), size)]
    again = size - len(once) - round(SHAPE.firm_sued * size)
    often = pick(rng, rng.lognormal(0.0, 1.0, size=len(defendants)), max(again, 0)) if len(defendants) else np.zeros(0, dtype=np.int64)
    repeated = defendants[often] if len(defendants) else often
    firms = np.full(size - len(once) - len(repeated), ORGANISATION)
    everyone: Ints = np.r_[once, repeated, firms]
    return everyone


def _window(people: Population) -> tuple[Ints, Ints]:
    """First and last day on which each person is in the country, alive and between 18 and 80 in the covered years."""
    begin = np.maximum(np.maximum(people.birth + int(18 * YEAR), people.arrived), COVERED_FROM)
    return begin, np.minimum(np.minimum(people.birth + int(80 * YEAR), people.death - 1), COVERED_TO)


def _days(rng: np.random.Generator, people: Population, main: Ints) -> Ints:
    begin, end = _window(people)
    firm = main == ORGANISATION
    return court_days(rng, np.where(firm, COVERED_FROM, begin[main]), np.where(firm, COVERED_TO, end[main]), _MONTHS)


def _spouse(people: Population, homes: Households, person: Ints) -> Ints:
    """The other parent of each person's family, or -1."""
    family = people.family[person]
    father, mother = homes.father[family], homes.mother[family]
    other = np.where(person == father, mother, np.where(person == mother, father, -1))
    found: Ints = np.where(person >= 0, other, -1)
    return found


def _parties(
    rng: np.random.Generator, people: Population, main: Ints, spouse: Ints, joint: Flags, day: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Case, role, person and second person of every party, in the order of the case."""
    size, case = len(main), np.arange(len(main))
    claimant = np.where(happens(rng, SHAPE.firm_claims, size), ORGANISATION, _adult(rng, people, day, np.arange(len(people))))
    sued_too = ~joint & happens(rng, SHAPE.second_defendant, size)
    other = np.where((spouse >= 0) & happens(rng, 0.6, size), spouse, _adult(rng, people, day, main[main >= 0]))
    other = np.where(happens(rng, SHAPE.firm_sued, size), ORGANISATION, other)
    # Nobody sues himself, and nobody is sued twice in one case.
    claimant = np.where((claimant == main) | (claimant == spouse), ORGANISATION, claimant)
    other = np.where((other == main) | (other == claimant), ORGANISATION, other)
    of = np.r_[case, case, case[sued_too]]
    role = np.r_[np.full(size, CLAIMANT), np.full(size, DEFENDANT), np.full(int(sued_too.sum()), DEFENDANT)]
    person = np.r_[claimant, main, other[sued_too]]
    second = np.r_[np.full(size, -1), np.where(joint, spouse, -1), np.full(int(sued_too.sum()), -1)]
    order = np.lexsort((np.arange(len(of)), role, of))
    return of[order], role[order], person[order], second[order]


def _adult(rng: np.random.Generator, people: Population, day: Ints, among: Ints) -> Ints:
    """Somebody ``among`` these between 18 and 80 on each day; an organisation where chance finds nobody."""
    if not len(among):
        return np.full(len(day), ORGANISATION)
    drawn = among[rng.integers(0, len(among), size=len(day))]
    return np.where(_of_age(people, drawn, day), drawn, ORGANISATION)


def _of_age(people: Population, person: Ints, day: Ints) -> Flags:
    age = age_at(people.birth[person], day)
    return (age >= 18) & (age < 80) & people.present(person, day)
