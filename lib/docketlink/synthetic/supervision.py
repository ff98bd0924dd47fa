"""Who is supervised by the probation service, under which numbers, and why: orders of courts, sentences of custody, reports."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic.contacts import CUSTODY, OFFENCES, OUTCOMES, RECALL, World
from docketlink.synthetic.draws import Flags, Ints, Stage, happens, pick, rank_within, some, stream
from docketlink.synthetic.geography import geography
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import street_of
from docketlink.synthetic.population import NEVER, YEAR, Population, age_at

COMMUNITY, SUSPENDED, ADULT, YOUTH, REPORT = range(5)
KINDS = ("Community Order", "Suspended Sentence Order", "Adult Custody", "Youth Custody", "Pre-sentence report")
_OUTCOME_OF = {COMMUNITY: OUTCOMES.index("community sentence"), SUSPENDED: OUTCOMES.index("suspended sentence")}
_MONTHS, _MONTH_SHARES = np.array([6, 12, 18, 24]), np.array([0.15, 0.55, 0.15, 0.15])
# Sentences of less than two years, for offences from that day on, are followed by supervision until a year after release.
_TOP_UP, _TOP_UP_FROM = 365, int(np.datetime64("2015-02-01").astype(int))


@dataclass(frozen=True)
class SupervisionRates:
    """Shares of people and events. *Published* figures are of domain and partial loads; the others are choices of ours."""

    of_prison_people: float = 0.95  # published: 5.0 % of prison people are in prison alone
    not_in_prison: float = 0.136  # published: of probation people
    two_numbers: float = 0.04
    reported_first: float = 0.40  # of disposals, those after a pre-sentence report
    report_alone: float = 0.04  # of the cases of supervised people that end otherwise
    breached: float = 0.20  # of community and suspended orders
    kept: float = 0.68  # of events beyond the first of a number: 2.1 a number, as documented


RATES = SupervisionRates()


@dataclass(frozen=True)
class Numbers:
    """Probation numbers of a block in order of person; somebody with two has them in order of time."""

    person: Ints
    number: Ints  # counts through all blocks
    area: Ints  # probation area that holds the file


@dataclass(frozen=True)
class Events:
    """Events in order of number and referral: a sentence that probation carries out, or a report before one."""

    of: Ints  # position in ``Numbers``
    kind: Ints
    referral_day: Ints
    disposal_day: Ints  # NEVER: no disposal follows
    offence_day: Ints
    offence: Ints
    start_day: Ints  # an order's first day, or that of release; NEVER while inside, and for reports
    end_day: Ints  # of the order or licence, at death if that is earlier
    supervised_to: Ints  # end of post-sentence supervision; ``end_day`` where there is none
    recalls: Ints
    recall_day: Ints  # NEVER: none
    breach_day: Ints  # NEVER: none

    def __len__(self) -> int:
        return len(self.of)


@dataclass(frozen=True)
class Supervised:
    """Everybody whom probation knows in a block."""

    numbers: Numbers
    events: Events


def supervise(plan: Plan, block: int, world: World) -> Supervised:
    """The numbers and events of a block. Nothing happens before arrival, after death or after the snapshot."""
    rng = stream(plan.seed, block, Stage.PROBATION)
    snapshot = int(np.datetime64(plan.snapshot_date, "D").astype(np.int64))
    found = _joined(_orders(rng, world, snapshot), _sentences(rng, world, snapshot), _reports(rng, world))
    lasts = world.people.present(found["person"], found["referral_day"]) & (found["referral_day"] < snapshot)
    lasts &= (found["disposal_day"] == NEVER) | world.people.present(found["person"], found["disposal_day"])
    found = {name: values[lasts] for name, values in found.items()}
    found = _of_chosen(rng, found, np.unique(world.stays.person))
    return _numbered(rng, plan, block, world.people, found)


def _orders(rng: np.random.Generator, world: World, snapshot: int) -> dict[str, Ints]:
    """Community and suspended sentences of magistrates' courts."""
    cases, people = world.cases, world.people
    case = np.flatnonzero(np.isin(cases.outcome, list(_OUTCOME_OF.values())))
    person, day, size = cases.person[case], cases.result_day[case], len(case)
    length = (_MONTHS[pick(rng, _MONTH_SHARES, size)] * YEAR / 12).astype(np.int64)
    end = np.minimum(day + length, people.death[person])
    breach = np.where(happens(rng, RATES.breached, size), day + 14 + (rng.random(size) * length).astype(np.int64), NEVER)
    return {
        "person": person,
        "kind": np.where(cases.outcome[case] == _OUTCOME_OF[SUSPENDED], SUSPENDED, COMMUNITY),
        "referral_day": _referred(rng, day),
        "disposal_day": day,
        "offence_day": cases.offence_day[case],
        "offence": cases.offence[case],
        "start_day": day,
        "end_day": end,
        "supervised_to": end,
        "recalls": np.zeros(size, dtype=np.int64),
        "recall_day": np.full(size, NEVER),
        "breach_day": np.where(breach < np.minimum(end, snapshot), breach, NEVER),
    }


def _sentences(rng: np.random.Generator, world: World, snapshot: int) -> dict[str, Ints]:
    """Sentences of custody with their licences. A recall is no sentence of its own: it counts for the one before it."""
    stays, people = world.stays, world.people
    size = len(stays.person)
    follows = np.r_[False, stays.person[1:] == stays.person[:-1]] if size else np.zeros(0, dtype=bool)
    recalled = follows & (stays.status == RECALL)
    head = np.maximum.accumulate(np.where(recalled, 0, np.arange(size)))
    recalls = np.bincount(head[recalled], minlength=size)
    first_recall = np.full(size, NEVER)
    np.minimum.at(first_recall, head[recalled], stays.admission_day[recalled])
    first_recall = np.where(first_recall > stays.release_day, first_recall, NEVER)
    own = np.flatnonzero(~recalled & (stays.sentence_day < snapshot))
    person, day, release = stays.person[own], stays.sentence_day[own], stays.release_day[own]
    released = (release < NEVER) & (release >= day) & (release < people.death[person])
    end = np.minimum(np.maximum(stays.sentence_end[own], np.where(released, release, day)), people.death[person])
    offence_day, offence = _offences(rng, world, person, day)
    short = released & (stays.sentence_end[own] - day < 2 * YEAR) & (offence_day >= _TOP_UP_FROM)
    top_up = np.minimum(np.where(short, np.maximum(end, release + _TOP_UP), end), people.death[person])
    return {
        "person": person,
        "kind": np.where(age_at(people.birth[person], day) < 21, YOUTH, ADULT),
        "referral_day": _referred(rng, day),
        "disposal_day": day,
        "offence_day": offence_day,
        "offence": offence,
        "start_day": np.where(released, release, NEVER),
        "end_day": end,
        "supervised_to": np.where(released, top_up, end),
        "recalls": np.where(released & (first_recall[own] < NEVER), recalls[own], 0),
        "recall_day": np.where(released, first_recall[own], NEVER),
        "breach_day": np.full(len(own), NEVER),
    }


def _offences(rng: np.random.Generator, world: World, person: Ints, day: Ints) -> tuple[Ints, Ints]:
    """Day and group of the offence of each sentence: those of the person's last case before it that sent on or imprisoned."""
    cases, size = world.cases, len(person)
    serious = np.flatnonzero(
        np.isin(cases.outcome, (CUSTODY, OUTCOMES.index("committed for trial"), OUTCOMES.index("committed for sentence")))
    )
    order = serious[np.lexsort((cases.result_day[serious], cases.person[serious]))]
    key = cases.person[order] * 100_000 + cases.result_day[order]
    last = np.searchsorted(key, person * 100_000 + day, side="right") - 1
    case = order[np.maximum(last, 0)] if len(order) else np.zeros(size, dtype=np.int64)
    known = (last >= 0) & (cases.person[case] == person) if len(order) else np.zeros(size, dtype=bool)
    before = day - rng.lognormal(np.log(120), 0.8, size=size).astype(np.int64) - 1
    before = np.maximum(before, world.people.birth[person] + int(10.1 * YEAR))
    drawn = rng.integers(0, len(OFFENCES), size=size)
    if not len(order):
        return before, drawn
    return np.where(known, cases.offence_day[case], before), np.where(known, cases.offence[case], drawn)


def _reports(rng: np.random.Generator, world: World) -> dict[str, Ints]:
    """Reports for cases that ended without supervision."""
    cases = world.cases
    case = np.flatnonzero(~np.isin(cases.outcome, [*_OUTCOME_OF.values(), CUSTODY]))
    case = case[happens(rng, RATES.report_alone, len(case))]
    never = np.full(len(case), NEVER)
    return {
        "person": cases.person[case],
        "kind": np.full(len(case), REPORT),
        "referral_day": cases.hearing_day[case],
        "disposal_day": never,
        "offence_day": cases.offence_day[case],
        "offence": cases.offence[case],
        "start_day": never,
        "end_day": never,
        "supervised_to": never,
        "recalls": np.zeros(len(case), dtype=np.int64),
        "recall_day": never,
        "breach_day": never,
    }


def _referred(rng: np.random.Generator, day: Ints) -> Ints:
    """The day on which probation first hears of a disposal: some weeks before it where a report was asked for."""
    return day - np.where(happens(rng, RATES.reported_first, len(day)), rng.integers(14, 43, size=len(day)), 0)


def _joined(*parts: dict[str, Ints]) -> dict[str, Ints]:
    return {name: np.concatenate([part[name] for part in parts]).astype(np.int64) for name in parts[0]}


def _of_chosen(rng: np.random.Generator, found: dict[str, Ints], imprisoned: Ints) -> dict[str, Ints]:
    """The events of the supervised: most of the prison people, and others with an order until the published overlap is met."""
    known = np.unique(found["person"][found["kind"] != REPORT])
    inside = known[np.isin(known, imprisoned)]
    chosen = some(rng, inside, min(RATES.of_prison_people * len(imprisoned), len(inside)))
    others = known[~np.isin(known, imprisoned)]
    outside = some(rng, others, len(chosen) * RATES.not_in_prison / (1 - RATES.not_in_prison))
    kept = np.isin(found["person"], np.r_[chosen, outside])
    order = np.flatnonzero(kept)[np.lexsort((found["disposal_day"][kept], found["referral_day"][kept], found["person"][kept]))]
    return {name: values[order] for name, values in found.items()}


def _numbered(rng: np.random.Generator, plan: Plan, block: int, people: Population, found: dict[str, Ints]) -> Supervised:
    """Numbers for the people: some with several events have two, the second one for the later half."""
    person, first, count = np.unique(found["person"], return_index=True, return_counts=True)
    two = np.zeros(len(person), dtype=bool)
    two[some(rng, np.flatnonzero(count > 1), RATES.two_numbers * len(person))] = True
    place = np.searchsorted(person, found["person"])
    later = (np.arange(len(place)) - first[place]) * 2 >= count[place]
    of = (np.cumsum(1 + two) - 1 - two)[place] + (two[place] & later)
    kept = (rank_within(of) == 0) | happens(rng, RATES.kept, len(of))
    events = Events(of=of[kept], **{name: values[kept] for name, values in found.items() if name != "person"})
    of_number = np.repeat(person, 1 + two)
    number = block * _numbers_per_block(plan) + np.arange(len(of_number))
    return Supervised(Numbers(of_number, number, _area(people, of_number, events)), events)


def _numbers_per_block(plan: Plan) -> int:
    """Numbers set apart for each block: every third person of it may have one, as no block comes near."""
    return plan.people_per_block // 3


def _area(people: Population, person: Ints, events: Events) -> Ints:
    """The probation area of each number's first home in its events."""
    first = np.flatnonzero(_first_of(events.of))
    area = people.reach.area[street_of(people.home_at(person, events.referral_day[first]))]
    found: Ints = geography().probation_area[area]
    return found


def _first_of(groups: Ints) -> Flags:
    first: Flags = rank_within(groups) == 0
    return first
