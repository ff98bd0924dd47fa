"""Who meets the courts and prisons, when and how often: careers, magistrates' cases, custody. Systems only write it down."""

from dataclasses import dataclass, replace

import numpy as np

from docketlink.synthetic.cutover import heard_together, numbered, still_open, tie_to_stays
from docketlink.synthetic.draws import Flags, Ints, Reals, Stage, happens, pick, rank_within, stream, weighted_order
from docketlink.synthetic.names import MALE
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import PRISONS, Nation, street_of
from docketlink.synthetic.population import NEVER, YEAR, Population, age_at


def _day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int64))


COVERED_FROM, COVERED_TO = _day("2011-01-01"), _day("2023-03-31")
# Returns to court within nine years of the first sight (domain.md 6.2); six and more follow a power law.
RETURNS = np.array([0.44, 0.17, 0.085, 0.055, 0.040, 0.030, 0.18])
_MOST_RETURNS, _RETURN_SLOPE = 200, 2.2
OFFENCES = ("VAP", "SEX", "ROB", "THEFT", "CDA", "DRUGS", "WEAP", "PUBORD", "MISC", "FRAUD", "SNM", "SM", "NK")
_OFFENCE_SHARES = np.array([0.17, 0.01, 0.01, 0.19, 0.06, 0.09, 0.03, 0.07, 0.05, 0.02, 0.11, 0.18, 0.01])
OUTCOMES = (
    "immediate custody", "suspended sentence", "community sentence", "fine", "discharge", "otherwise dealt with",
    "committed for trial", "committed for sentence", "withdrawn/dismissed", "acquitted",
)  # fmt: skip
CUSTODY, TRIAL, SENTENCE = 0, 6, 7
_OUTCOME_SHARES = np.array([0.0, 0.05, 0.15, 0.40, 0.08, 0.06, 0.05, 0.01, 0.15, 0.05])
_WAYS_TO_PRISON = np.array([CUSTODY, TRIAL, SENTENCE])
_CUSTODY_SHARES = np.array([0.70, 0.18, 0.12])
RX, SENT, RECALL, LIFE = 0, 1, 2, 3
STATUSES = ("RX", "SENT", "LR", "LIFE")


@dataclass(frozen=True)
class Cases:
    """Defendants in magistrates' cases, in order of person and day; positions, days and codes."""

    person: Ints
    case: Ints
    court: Ints
    offence_day: Ints
    hearing_day: Ints
    result_day: Ints
    offence: Ints
    outcome: Ints
    urn: Ints  # number of the case that the police gave; references.case_urn


@dataclass(frozen=True)
class Stays:
    """Stays in prison, in order of person and admission. ``release_day`` is NEVER for those inside at the snapshot."""

    person: Ints
    admission_day: Ints
    release_day: Ints
    sentence_day: Ints
    sentence_end: Ints
    status: Ints  # position in STATUSES: the status on admission
    prison: Ints
    case: Ints  # position among ``World.cases`` of the case that the stay follows from; -1: none of them


@dataclass(frozen=True)
class World:
    """One block: its people, who of them meets which system, and every contact."""

    people: Population
    offenders: Ints
    first_contact: Ints  # one per person; NEVER for who has none
    cases: Cases
    stays: Stays
    moved: Cases  # heard after their court's cut-over, up to the snapshot: only the system that replaced this one has them
    moved_stay: Ints  # for each moved case the stay that follows from it; -1: none
    reopened: Ints  # positions among ``cases``: open at the cut-over and made anew in the other system


def live(plan: Plan, block: int, people: Population, country: Nation) -> World:
    """The contacts of a block's people up to the snapshot."""
    rng, rates = stream(plan.seed, block, Stage.CONTACTS), plan.rates
    snapshot = _day(plan.snapshot_date)
    size = len(people)
    first_seen = _first_seen(rng, size)
    ready = weighted_order(rng, _propensity(rng, people, first_seen, rates.male_weight))
    at_court = np.sort(ready[: round(rates.magistrates_people * size)])
    heard = _hearings(rng, people, at_court, first_seen, country, rates.home_area)
    here = heard.where((heard.day <= COVERED_TO - 30) & ~heard.moved)
    cases = _share_cases(rng, people, _cases(rng, people, here, COVERED_TO), rates.co_defendant)
    custody = stream(plan.seed, block, Stage.CUSTODY)
    inside = _imprisoned(custody, people, at_court, cases, rates.prison_among_magistrates)
    only_prison = round(len(inside) * rates.prison_only / (1 - rates.prison_only))
    elsewhere = np.sort(ready[len(at_court) : len(at_court) + only_prison])
    stays, outcome = _stays(custody, people, np.r_[inside, elsewhere], cases, country, snapshot)
    offenders = np.sort(np.r_[at_court, elsewhere])
    first_contact = np.full(size, NEVER, dtype=np.int64)
    youngest = np.maximum(people.birth + int(10.1 * YEAR), people.arrived)
    # Most were known to the police before the window opens.
    before = (rng.exponential(4 * YEAR, size=len(offenders)) * happens(rng, 0.6, len(offenders))).astype(np.int64)
    first_contact[offenders] = np.maximum(first_seen[offenders] - before - 20, youngest[offenders])
    after = stream(plan.seed, block, Stage.MOVED)
    moved = _cases(after, people, heard.where(heard.moved & (heard.day < snapshot)), NEVER)
    to_prison = _WAYS_TO_PRISON[pick(after, _CUSTODY_SHARES, len(moved.person))]
    moved, moved_stay = tie_to_stays(after, moved, people, stays, country.court_shift, to_prison, to_prison != CUSTODY)
    moved, moved_stay = heard_together(_share_cases(after, people, moved, rates.co_defendant), moved_stay)
    cases, moved = numbered(block, replace(cases, outcome=outcome), moved)
    reopened = still_open(after, cases, country.court_shift)
    return World(people, offenders, first_contact, cases, stays, moved, moved_stay, reopened)


def _first_seen(rng: np.random.Generator, size: int) -> Ints:
    """Day of the first case in the window: the first year also shows those who were known before it."""
    window = COVERED_TO - COVERED_FROM - 60
    return COVERED_FROM + np.where(happens(rng, 0.24, size), rng.integers(0, 365, size=size), rng.integers(365, window, size=size))


def _propensity(rng: np.random.Generator, people: Population, first_seen: Ints, male_weight: float) -> Reals:
    """Weight of a person to be prosecuted first on that day: by age (lognormal, median 24), sex and family."""
    age = age_at(people.birth, first_seen)
    years = np.log(np.maximum(age, 1.0) / 24.0) / 0.42
    by_age = np.where(age >= 10.2, np.exp(-0.5 * years**2) / np.maximum(age, 10.0), 0.0)
    of_family = rng.lognormal(0.0, 0.8, size=int(people.family[-1]) + 1)
    there = people.present(np.arange(len(people)), first_seen)
    return np.where(there, by_age * np.where(people.sex == MALE, male_weight, 1.0) * of_family[people.family], 0.0)


def draw_returns(rng: np.random.Generator, size: int) -> Ints:
    """Returns to court within nine years, one number per person."""
    number = pick(rng, RETURNS, size)
    many = np.minimum(_MOST_RETURNS, np.floor(6 * (1 - rng.random(size)) ** (-1 / _RETURN_SLOPE))).astype(np.int64)
    return np.where(number == 6, many, number)


@dataclass(frozen=True)
class _Heard:
    """First hearings: who, when, at which court, and whether the court had changed its system by then."""

    person: Ints
    day: Ints
    court: Ints
    moved: Flags

    def where(self, kept: Flags) -> "_Heard":
        """Those told, by person and day."""
        which = np.flatnonzero(kept)
        order = which[np.lexsort((self.day[which], self.person[which]))]
        return _Heard(self.person[order], self.day[order], self.court[order], self.moved[order])


def _hearings(rng: np.random.Generator, people: Population, at_court: Ints, first_seen: Ints, country: Nation, home_area: float) -> _Heard:
    returns = draw_returns(rng, len(at_court))
    person = np.repeat(at_court, returns + 1)
    offset = np.where(rank_within(person) == 0, 0.0, 9 * YEAR * rng.random(len(person)) ** 1.4)
    hearing = first_seen[person] + offset.astype(np.int64)
    area = people.reach.area[street_of(people.home_at(person, hearing))]
    elsewhere = happens(rng, 1 - home_area, len(person))
    area = np.where(elsewhere, people.reach.area[rng.integers(0, len(people.reach.area), size=len(person))], area)
    court = 2 * area + happens(rng, 0.3, len(person))
    # From its cut-over on, a court's rows are found in the other system; within a quarter none is left.
    moved = hearing > country.court_shift[court] + rng.integers(0, 90, size=len(person))
    return _Heard(person, hearing, court, moved).where(people.present(person, hearing - 1) & people.present(person, hearing))


def _cases(rng: np.random.Generator, people: Population, heard: _Heard, until: int) -> Cases:
    """The cases of first hearings, none of which has its result after the day ``until``."""
    person, hearing, court, size = heard.person, heard.day, heard.court, len(heard.person)
    committed_after = np.maximum(rng.lognormal(np.log(60), 0.8, size=size).astype(np.int64), 1)
    youngest = np.maximum(people.birth[person] + int(10.1 * YEAR), people.arrived[person])
    latest = np.minimum(people.death[person] - 1, until)
    return Cases(
        person=person,
        case=np.arange(size),
        court=court,
        offence_day=np.minimum(np.maximum(hearing - committed_after, youngest), hearing - 1),
        hearing_day=hearing,
        result_day=np.minimum(hearing + (rng.exponential(40, size=size) * happens(rng, 0.6, size)).astype(np.int64), latest),
        offence=pick(rng, _OFFENCE_SHARES, size),
        outcome=pick(rng, _OUTCOME_SHARES, size),
        urn=np.zeros(size, dtype=np.int64),
    )


def _share_cases(rng: np.random.Generator, people: Population, cases: Cases, share: float) -> Cases:
    """Some defendants join the case of another one that was heard shortly before at the same court."""
    order = np.lexsort((cases.hearing_day, cases.court))
    near = np.r_[
        False, (np.diff(cases.hearing_day[order]) < 120) & (np.diff(cases.court[order]) == 0) & (np.diff(cases.person[order]) != 0)
    ]
    joins = near & happens(rng, share / max(float(near.mean()), share) if len(order) else 0.0, len(order))
    leader = np.maximum.accumulate(np.where(joins, 0, np.arange(len(order)))) if len(order) else order
    with_leader = np.empty(len(order), dtype=np.int64)
    with_leader[order] = order[leader]
    same = np.arange(len(order)) == with_leader
    joint = np.maximum(np.minimum(cases.offence_day[with_leader], cases.hearing_day - 1), people.arrived[cases.person])
    return replace(
        cases,
        case=with_leader,
        offence_day=np.where(same, cases.offence_day, joint),
        offence=np.where(same, cases.offence, cases.offence[with_leader]),
    )


def _imprisoned(rng: np.random.Generator, people: Population, at_court: Ints, cases: Cases, share: float) -> Ints:
    """Those of the defendants who also go to prison; who has more cases, more likely. Youth custody is elsewhere."""
    number = np.bincount(cases.person, minlength=len(people))[at_court].astype(float)
    last = np.full(len(people), -NEVER, dtype=np.int64)
    np.maximum.at(last, cases.person, cases.result_day)
    grown = age_at(people.birth[at_court], last[at_court]) >= 18
    weight = np.where(grown, number**0.8 * np.where(people.sex[at_court] == MALE, 1.0, 0.5), 0.0)
    chosen = weighted_order(rng, weight)[: min(round(share * (number > 0).sum()), int((weight > 0).sum()))]
    return np.sort(at_court[chosen])


def _stays(rng: np.random.Generator, people: Population, inside: Ints, cases: Cases, country: Nation, snapshot: int) -> tuple[Stays, Ints]:
    """Stays of the people ``inside``, the first ones tied to their own cases, and the outcomes of all cases after that."""
    outcome = cases.outcome.copy()
    stays = np.minimum(rng.geometric(1 / 2.4, size=len(inside)), 25)
    person = np.repeat(inside, stays)
    number = rank_within(person)
    # A person's cases in random order; the n-th stay follows from the n-th of them.
    of_age = np.flatnonzero(age_at(people.birth[cases.person], cases.result_day) >= 18)
    shuffled = of_age[np.lexsort((rng.random(len(of_age)), cases.person[of_age]))]
    first = np.searchsorted(cases.person[shuffled], person)
    has_case = number < np.searchsorted(cases.person[shuffled], person, side="right") - first
    case = shuffled[np.minimum(first + number, max(len(shuffled) - 1, 0))] if len(shuffled) else np.zeros(len(person), dtype=np.int64)
    tied = case[has_case]
    outcome[tied] = _WAYS_TO_PRISON[pick(rng, _CUSTODY_SHARES, len(tied))]
    start = np.maximum(np.maximum(people.birth[person] + int(18 * YEAR), people.arrived[person]), COVERED_FROM)
    latest = np.minimum(people.death[person], snapshot)
    sentence = start + (rng.random(len(person)) * np.maximum(latest - start, 1)).astype(np.int64)
    later = np.where(np.isin(outcome[tied], (TRIAL, SENTENCE)), rng.integers(20, 160, size=len(tied)), 0)
    sentence[has_case] = cases.result_day[tied] + later
    remanded = happens(rng, 0.35, len(person))
    remand = (rng.lognormal(np.log(45), 0.7, size=len(person)) * remanded).astype(np.int64)
    life = happens(rng, 0.03, len(person))
    served = rng.lognormal(np.log(120), 1.1, size=len(person)).astype(np.int64) + 1 + life * rng.integers(2000, 6000, size=len(person))
    status = np.where(remanded, RX, np.where(life, LIFE, np.where((number > 0) & happens(rng, 0.15, len(person)), RECALL, SENT)))
    home = people.reach.area[street_of(people.home_at(person, sentence))]
    prison = (home * 7 + rng.integers(0, 4, size=len(person))) % len(PRISONS)
    order = np.lexsort((sentence, person))
    admission = np.maximum(sentence - remand, people.arrived[person])
    release = np.minimum(sentence + served, people.death[person])
    sentence_end = sentence + 2 * served
    sentence = np.where(sentence < people.death[person], sentence, NEVER)  # who dies on remand is never sentenced
    parts = (person, admission, release, sentence, sentence_end, status, prison, np.where(has_case, case, -1))
    return _apart(rng, people, Stays(*(part[order] for part in parts)), snapshot), outcome


def _apart(rng: np.random.Generator, people: Population, stays: Stays, snapshot: int) -> Stays:
    """Stays that rarely overlap, ended by the next one or open at the snapshot; none begins after it."""
    order = np.lexsort((stays.admission_day, stays.person))
    person, admission, release = stays.person[order], stays.admission_day[order], stays.release_day[order]
    follows = np.r_[person[1:] == person[:-1], False] if len(person) else np.zeros(0, dtype=bool)
    following = np.r_[admission[1:], 0] if len(person) else admission
    cut = follows & (following <= release) & ~happens(rng, 0.03, len(person))
    release = np.where(cut, np.maximum(following - 1, admission + 1), release)
    begun: Flags = (admission < snapshot) & people.present(person, admission)
    release = np.where(release >= snapshot, NEVER, release)
    return Stays(
        person=person[begun], admission_day=admission[begun], release_day=release[begun],
        sentence_day=stays.sentence_day[order][begun], sentence_end=stays.sentence_end[order][begun],
        status=stays.status[order][begun], prison=stays.prison[order][begun], case=stays.case[order][begun],
    )  # fmt: skip
