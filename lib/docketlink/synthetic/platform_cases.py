"""What Common Platform holds of a block: defendants in cases, the hearings they stood in, and the messages about each hearing."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic import crown_cases
from docketlink.synthetic.contacts import LIFE, SENTENCE, TRIAL, World
from docketlink.synthetic.crown_cases import CUSTODIAL, INDETERMINATE, receipts
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
    """The defendants of a block and their hearings before the snapshot."""
    rng = stream(plan.seed, block, Stage.COMMON_PLATFORM)
    snapshot = int(np.datetime64(plan.snapshot_date, "D").astype(np.int64))
    here, there, above = world.moved, world.cases, receipts(plan, block, world)
    left = np.flatnonzero(~above.in_xhibit | above.reopened)
    old = np.union1d(world.reopened, above.case[left])
    entry = np.full(len(there.case), -1, dtype=np.int64)
    entry[above.case[left]] = left
    entry = entry[old]
    size = len(here.case)
    sent = np.isin(here.outcome, (TRIAL, SENTENCE))
    result, received, ended = _crown(rng, world, sent)
    both = {name: np.r_[getattr(here, name), getattr(there, name)[old]] for name in ("person", "urn", "court", "offence", "offence_day")}
    group = np.r_[here.case, size + there.case[old]]
    person_count = size + len(old)
    firms = np.flatnonzero(happens(rng, RATES.company / (1 - RATES.company), person_count))
    pick_ = np.r_[np.arange(person_count), firms]
    upper = np.r_[result, np.where(entry >= 0, above.result[entry], -1) if len(left) else np.full(len(old), -1)]
    defendants = Defendants(
        **{name: values[pick_] for name, values in both.items()},
        case=np.unique(group, return_inverse=True)[1][pick_],
        outcome=np.r_[here.outcome, there.outcome[old]][pick_],
        result=upper[pick_],
        is_company=np.arange(len(pick_)) >= person_count,
        lower=np.r_[np.full(size, -1), old][pick_],
    )
    heard_again = np.isin(old, world.reopened)
    none = np.full(len(old), -1)
    days = {
        FIRST: np.r_[here.hearing_day, none],
        RESULT: np.r_[np.where(here.result_day > here.hearing_day, here.result_day, -1), np.where(heard_again, there.result_day[old], -1)],
        PLEA: np.r_[received, np.where((entry >= 0) & ~above.reopened[entry], above.received[entry], -1) if len(left) else none],
        END: np.r_[ended, np.where(entry >= 0, above.ended[entry], -1) if len(left) else none],
    }
    days[PLEA] = np.where((days[PLEA] >= 0) & (days[PLEA] + 21 < days[END]), days[PLEA] + 21, -1)
    return defendants, _hearings(defendants, {kind: day[pick_] for kind, day in days.items()}, snapshot)


def _crown(rng: np.random.Generator, world: World, sent: Flags) -> tuple[Ints, Ints, Ints]:
    """Of moved cases: result at the Crown Court, day of receipt and of the end; -1 for those that never get there."""
    moved, stay, size = world.moved, world.moved_stay, len(sent)
    wait = rng.lognormal(np.log(120), 0.6, size=size).astype(np.int64) + 20
    drawn = np.where(moved.outcome == SENTENCE, pick(rng, crown_cases.AFTER_PLEA, size), pick(rng, crown_cases.AFTER_TRIAL, size))
    tied = (stay >= 0) & sent
    end, result = moved.result_day + wait, drawn
    if len(world.stays.person):
        end = np.where(tied, world.stays.sentence_day[stay], end)
        result = np.where(tied, np.where(world.stays.status[stay] == LIFE, INDETERMINATE, CUSTODIAL), drawn)
    return tuple(np.where(sent, values, -1) for values in (result, moved.result_day, end))  # type: ignore[return-value]


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
