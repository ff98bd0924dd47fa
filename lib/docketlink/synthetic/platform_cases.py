"""What Common Platform holds of a block: defendants in cases, the hearings they stood in, and the messages about each hearing."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic import crown_cases
from docketlink.synthetic.contacts import LIFE, OUTCOMES, SENTENCE, TRIAL, World
from docketlink.synthetic.crown_cases import CUSTODIAL, INDETERMINATE, Receipts, receipts
from docketlink.synthetic.draws import Flags, Ints, Stage, happens, pick, rank_within, stream
from docketlink.synthetic.parameters import Plan


@dataclass(frozen=True)
class PlatformRates:
    """Shapes and dirt of Common Platform. Basis: domain.md 6.2 to 6.4 unless said; ours all the same."""

    messages: float = 3.0  # that a defendant in a case occurs in
    offences: float = 1.9
    aliases: float = 0.06
    company: float = 0.03
    solicitor: float = 0.02  # of rows, with a solicitor's address
    deleted: float = 0.01  # of results
    dob_missing: float = 0.01
    sex_missing: float = 0.03
    postcode_missing: float = 0.05
    pnc_missing: float = 0.30
    cro_missing: float = 0.60
    middle_missing: float = 0.50
    master_unset: float = 0.15  # this and the rest: not in domain.md
    master_fresh: float = 0.20  # a person's earlier cases were not recognised: the defendant's own id
    master_wrong: float = 0.003
    urn_missing: float = 0.02  # prosecutionAuthorityReference instead
    corrected: float = 0.10  # of defendants in several messages: the first one writes the person with slips of its own
    late: float = 0.02  # of messages, overtaken by others


RATES = PlatformRates()
_MORE_MESSAGES = 0.76  # messages about a hearing beyond the first, mean: with the hearings' number it gives RATES.messages
FIRST, RESULT, PLEA, END = range(4)
_CROWN_RESULT, _TO_PLEA = 4, 21  # days from receipt to the first hearing of the Crown Court
HEARING_TYPES = ("First hearing", "Sentence", "Plea and Trial Preparation", "Trial")


@dataclass(frozen=True)
class Defendants:
    """Defendants in cases, one entry each: positions, days and codes. A company shares the entry's case with a person."""

    person: Ints
    case: Ints  # 0, 1, 2, … in the block
    urn: Ints
    court: Ints
    offence: Ints
    offence_day: Ints
    outcome: Ints  # at the magistrates' court, position in OUTCOMES
    result: Ints  # at the Crown Court, position in crown_cases.RESULTS; -1: not there
    is_company: Flags
    lower: Ints  # position in ``World.cases`` of the magistrates' row that is the same contact; -1: heard here only


@dataclass(frozen=True)
class Hearings:
    """Hearings (one entry each), and who stood in them: positions of hearing and defendant, in order of hearing."""

    case: Ints
    day: Ints
    kind: Ints
    hearing: Ints  # of each appearance
    defendant: Ints
    is_final: Flags  # of each appearance: its court's last word on the defendant

    @property
    def is_crown(self) -> Flags:
        """Hearings of the Crown Court."""
        return self.kind >= PLEA


def cases(plan: Plan, block: int, world: World) -> tuple[Defendants, Hearings]:
    """The defendants of a block and their hearings before the snapshot: moved cases first, then those that were made anew."""
    rng = stream(plan.seed, block, Stage.COMMON_PLATFORM)
    snapshot = int(np.datetime64(plan.snapshot_date, "D").astype(np.int64))
    here, there, above = world.moved, world.cases, receipts(plan, block, world)
    old, entry = _made_anew(world, above)
    new, days = _days_of_moved(rng, world), _days_of_old(world, above, old, entry)
    size, people = len(here.case), len(here.case) + len(old)
    company = np.flatnonzero(happens(rng, RATES.company / (1 - RATES.company), people))
    which, is_company = np.r_[np.arange(people), company], np.repeat([False, True], [people, len(company)])

    def both(name: str) -> Ints:
        values: Ints = np.r_[getattr(here, name), getattr(there, name)[old]][which]
        return values

    result = np.r_[new[_CROWN_RESULT], days[_CROWN_RESULT]][which]
    outcome, sent = both("outcome"), np.isin(both("outcome"), (TRIAL, SENTENCE))
    held = Defendants(
        person=both("person"),
        case=np.unique(np.r_[here.case, size + there.case[old]], return_inverse=True)[1][which],
        urn=both("urn"),
        court=both("court"),
        offence=both("offence"),
        offence_day=both("offence_day"),
        outcome=np.where(is_company & ~sent, OUTCOMES.index("fine"), outcome),
        result=np.where(is_company & (result >= 0), crown_cases.FINE, result),
        is_company=is_company,
        lower=np.r_[np.full(size, -1), old][which],
    )
    return held, _hearings(held, {kind: np.r_[new[kind], days[kind]][which] for kind in range(len(HEARING_TYPES))}, snapshot)


def _made_anew(world: World, above: Receipts) -> tuple[Ints, Ints]:
    """Positions of magistrates' cases that go on here, in this court or the Crown Court, and their receipts there or -1."""
    left = np.flatnonzero(~above.in_xhibit | above.reopened)
    old = np.union1d(world.reopened, above.case[left])
    entry = np.full(len(world.cases.case), -1, dtype=np.int64)
    entry[above.case[left]] = left
    return old, entry[old]


def _days_of_old(world: World, above: Receipts, old: Ints, entry: Ints) -> dict[int, Ints]:
    """Of cases made anew: the hearings that follow the cut-over, -1 for none, and the result at the Crown Court."""
    none = np.full(len(old), -1)
    goes_up = entry >= 0
    received, ended, result = (
        np.where(goes_up, values[entry], -1) if len(values) else none for values in (above.received, above.ended, above.result)
    )
    after = goes_up & ~above.reopened[entry] if len(above.case) else goes_up
    return {
        FIRST: none,
        RESULT: np.where(np.isin(old, world.reopened), world.cases.result_day[old], -1),
        PLEA: np.where(after & (received + _TO_PLEA < ended), received + _TO_PLEA, -1),
        END: ended,
        _CROWN_RESULT: result,
    }


def _days_of_moved(rng: np.random.Generator, world: World) -> dict[int, Ints]:
    """Of moved cases: the day of each hearing, -1 for none, and the result at the Crown Court."""
    moved, stay, size = world.moved, world.moved_stay, len(world.moved.case)
    sent = np.isin(moved.outcome, (TRIAL, SENTENCE))
    ended = moved.result_day + rng.lognormal(np.log(120), 0.6, size=size).astype(np.int64) + 20
    after_plea, after_trial = (pick(rng, shares, size) for shares in (crown_cases.AFTER_PLEA, crown_cases.AFTER_TRIAL))
    result = np.where(moved.outcome == SENTENCE, after_plea, after_trial)
    if len(world.stays.person):
        ended = np.where(stay >= 0, world.stays.sentence_day[stay], ended)
        result = np.where(stay >= 0, np.where(world.stays.status[stay] == LIFE, INDETERMINATE, CUSTODIAL), result)
    plea = moved.result_day + _TO_PLEA
    return {
        FIRST: moved.hearing_day,
        RESULT: np.where(moved.result_day > moved.hearing_day, moved.result_day, -1),
        PLEA: np.where(sent & (plea < ended), plea, -1),
        END: np.where(sent, ended, -1),
        _CROWN_RESULT: np.where(sent, result, -1),
    }


def _hearings(defendants: Defendants, days: dict[int, Ints], snapshot: int) -> Hearings:
    """One hearing for the defendants of a case who stand before the same court on the same day."""
    parts = [(np.flatnonzero((day >= 0) & (day < snapshot)), kind) for kind, day in days.items()]
    defendant = np.concatenate([which for which, _ in parts])
    kind = np.concatenate([np.full(len(which), number) for which, number in parts])
    day = np.concatenate([days[number][which] for which, number in parts])
    alone = (kind == FIRST) & (days[RESULT][defendant] < 0)
    is_final = alone | (kind == RESULT) | (kind == END)
    key = (defendants.case[defendant] * 2 + (kind >= PLEA)) * 100_000 + day
    order = np.lexsort((defendant, key))
    defendant, kind, day, key, is_final = defendant[order], kind[order], day[order], key[order], is_final[order]
    # A defendant whose two hearings fall on one day has stood in one.
    first = np.r_[True, key[1:] != key[:-1]] if len(key) else key.astype(bool)
    repeated = np.r_[False, (key[1:] == key[:-1]) & (defendant[1:] == defendant[:-1])] if len(key) else key.astype(bool)
    hearing = np.cumsum(first) - 1
    start = np.flatnonzero(first)
    return Hearings(
        defendants.case[defendant[start]], day[start], kind[start], hearing[~repeated], defendant[~repeated], is_final[~repeated]
    )


@dataclass(frozen=True)
class Messages:
    """Messages in the order of arrival: each tells the whole state of its hearing at a moment."""

    hearing: Ints
    minute: Ints  # since 1970, when it was shared
    has_results: Flags
    is_last: Flags  # of its hearing


def messages(plan: Plan, block: int, heard: Hearings) -> Messages:
    """The messages of a block that were shared before the snapshot."""
    rng = stream(plan.seed, block, Stage.COMMON_PLATFORM, 1)
    snapshot = int(np.datetime64(plan.snapshot_date, "D").astype(np.int64))
    count = 1 + np.minimum(rng.poisson(_MORE_MESSAGES, size=len(heard.day)), 6)
    hearing = np.repeat(np.arange(len(heard.day)), count)
    stage = rank_within(hearing)
    gap = np.where(stage == 0, 0, rng.integers(1, 15, size=len(hearing)))
    total = np.cumsum(gap)
    days = heard.day[hearing] + total - total[np.cumsum(count)[hearing] - count[hearing]] if len(hearing) else hearing
    minute = days * 1_440 + 960 + rng.integers(0, 120, size=len(hearing))
    told = days < snapshot
    hearing, stage, minute, only = hearing[told], stage[told], minute[told], (count[hearing] == 1)[told]
    is_last = np.r_[hearing[1:] != hearing[:-1], True] if len(hearing) else hearing.astype(bool)
    late = np.where(happens(rng, RATES.late, len(hearing)), rng.integers(1_440, 40 * 1_440, size=len(hearing)), 0)
    order = np.argsort(minute + late, kind="stable")
    return Messages(hearing[order], minute[order], (only | (stage > 0))[order], is_last[order])
