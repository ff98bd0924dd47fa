"""Which cases reach the Crown Court and what becomes of them there; which of them XHIBIT, its older system, holds."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from docketlink.synthetic.contacts import LIFE, SENTENCE, TRIAL, World
from docketlink.synthetic.cutover import REOPENED
from docketlink.synthetic.draws import NATION, Flags, Ints, Reals, Stage, happens, pick, some, stream
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import CUTOVER_DAYS, CUTOVER_FIRST


@dataclass(frozen=True)
class CrownRates:
    """Shapes and dirt of the Crown Court's extract. Basis: domain.md 6.2 and 6.3 unless said; ours all the same."""

    people: float = 0.09  # of magistrates' people, those with a defendant on case here
    appellants: float = 0.012  # of magistrates' people; not in domain.md
    transferred: float = 0.03  # of cases, a second case at another court; not in domain.md
    obsolete: float = 0.02  # of live rows, one that was entered before and withdrawn (6.4)
    company: float = 0.003
    masked: float = 0.003
    dob_missing: float = 0.015
    sex_missing: float = 0.02
    postcode_missing: float = 0.12
    pnc_missing: float = 0.45
    middle_missing: float = 0.60
    ethnicity_missing: float = 0.15
    asn_missing: float = 0.10  # this and the rest: not in domain.md
    urn_missing: float = 0.05
    case_ref_missing: float = 0.05
    case_ref_wrong: float = 0.02
    hearing_missing: float = 0.10
    hearing_off: float = 0.03


RATES = CrownRates()
FROM = int(np.datetime64("2013-01-01", "D").astype(np.int64))
TRIAL_CASE, SENTENCE_CASE, APPEAL, OTHER_CASE = range(4)
KINDS = ("T", "S", "A", "U")
# Results by the published priority, 1 the most severe.
RESULTS = ("LIFE", "IMP", "SUSP", "COMM", "FINE", "OTH", "DISC", "REM", "WDRN", "ACQ")
INDETERMINATE, CUSTODIAL, SUSPENDED, COMMUNITY, FINE, OTHERWISE, DISCHARGE, REMITTED, WITHDRAWN, ACQUITTED = range(10)
# Immediate custody only where the prison's extract has the stay that follows.
AFTER_TRIAL = np.array([0.0, 0.0, 0.30, 0.16, 0.03, 0.03, 0.03, 0.01, 0.14, 0.30])
AFTER_PLEA = np.array([0.0, 0.0, 0.50, 0.36, 0.05, 0.04, 0.04, 0.01, 0.0, 0.0])
_AFTER_APPEAL = np.array([0.0, 0.0, 0.03, 0.10, 0.15, 0.25, 0.07, 0.0, 0.05, 0.35])
_MEDIAN_WAIT = np.array([170.0, 40.0, 75.0])
_COURTS = 75


@dataclass(frozen=True)
class CrownCourts:
    """The Crown Courts of a seed."""

    shift: Ints  # days since 1970 on which the court's cases begin to leave XHIBIT
    factor: Reals  # how much more, or less, than usual a court leaves empty


@lru_cache(maxsize=4)
def crown_courts(seed: int) -> CrownCourts:
    """The Crown Courts of a seed."""
    rng = stream(seed, NATION, Stage.CROWN)
    return CrownCourts(CUTOVER_FIRST + rng.integers(0, CUTOVER_DAYS, size=_COURTS), rng.lognormal(0.0, 0.5, size=_COURTS))


def crown_court_of(court: Ints) -> Ints:
    """The Crown Court, 0 to 74, that magistrates' courts of an area send to."""
    return court // 2 * _COURTS // 99 % _COURTS


@dataclass(frozen=True)
class Receipts:
    """Magistrates' defendants who reach the Crown Court: positions, days and codes, in order of the magistrates' cases."""

    case: Ints  # position in ``World.cases``
    kind: Ints
    court: Ints
    received: Ints
    ended: Ints  # day of sentence or other end; may lie after the snapshot
    result: Ints
    stay: Ints  # -1: none
    in_xhibit: Flags  # false: received after the court's cut-over, when only the other system took cases
    reopened: Flags  # open at the cut-over and made anew in the other system, where it ended


def receipts(plan: Plan, block: int, world: World) -> Receipts:
    """The receipts of a block from 2013 on."""
    rng, cases = stream(plan.seed, block, Stage.CROWN), world.cases
    size, people = len(cases.case), len(np.unique(cases.person))
    stay = np.full(size, -1, dtype=np.int64)
    tied = np.flatnonzero(world.stays.case >= 0)
    stay[world.stays.case[tied]] = tied
    kind = np.where(cases.outcome == TRIAL, TRIAL_CASE, np.where(cases.outcome == SENTENCE, SENTENCE_CASE, APPEAL))
    lodged = np.where(kind == APPEAL, rng.integers(3, 21, size=size), 0)
    received = cases.result_day + lodged + rng.integers(1, 15, size=size)
    court = crown_court_of(cases.court)
    in_xhibit = received <= crown_courts(plan.seed).shift[court] + rng.integers(0, 90, size=size)
    waits = (_MEDIAN_WAIT[kind] * rng.lognormal(0.0, 0.6, size=size)).astype(np.int64) + 1
    may_appeal = (kind == APPEAL) & (cases.outcome > 0) & (cases.outcome < TRIAL)
    appeals = some(rng, np.flatnonzero(may_appeal & (received >= FROM) & in_xhibit), RATES.appellants * people)
    sent = _committed(rng, world, (kind != APPEAL) & (received >= FROM), in_xhibit, round(RATES.people * people), cases.person[appeals])
    case = np.sort(np.r_[sent, appeals])
    has_stay = stay[case] >= 0
    shares = (AFTER_TRIAL, AFTER_PLEA, _AFTER_APPEAL)
    drawn = np.stack([pick(rng, share, len(case)) for share in shares])[kind[case], np.arange(len(case))]
    made_anew = happens(rng, REOPENED, size)[cases.case][case]
    shift = crown_courts(plan.seed).shift[court[case]]
    life = has_stay & (world.stays.status[stay[case]] == LIFE) if len(world.stays.status) else has_stay
    ended = (
        np.where(has_stay, world.stays.sentence_day[stay[case]], (received + waits)[case]) if len(world.stays.status) else received[case]
    )
    return Receipts(
        case=case,
        kind=kind[case],
        court=court[case],
        received=np.minimum(received[case], ended),
        ended=ended,
        result=np.where(has_stay, np.where(life, INDETERMINATE, CUSTODIAL), drawn),
        stay=stay[case],
        in_xhibit=in_xhibit[case],
        reopened=in_xhibit[case] & (received[case] <= shift) & (ended > shift) & made_anew,
    )


def _committed(rng: np.random.Generator, world: World, sent: Flags, in_xhibit: Flags, people: int, appellants: Ints) -> Ints:
    """Committals that arrive: all those of ``people`` people, the appellants among them; the others ended on the way.

    Who was committed more often arrives more likely, and a case's defendants tend to arrive together.
    """
    person, case = world.cases.person, world.cases.case
    times = np.bincount(person[sent & in_xhibit], minlength=len(world.people)).astype(float)
    key = np.where(times > 0, rng.exponential(size=len(times)) / np.maximum(times, 1.0), np.inf)
    of_case = np.full(len(case), np.inf)
    np.minimum.at(of_case, case[sent], key[person[sent]])
    of_person = key.copy()
    np.minimum.at(of_person, person[sent], of_case[case[sent]])
    of_person[times == 0] = np.inf
    order = np.argsort(of_person, kind="stable")
    is_appellant = np.zeros(len(times), dtype=bool)
    is_appellant[appellants] = True
    wanted = people - int(is_appellant.sum())
    new = np.cumsum(~is_appellant[order]) <= wanted
    chosen = np.zeros(len(times), dtype=bool)
    chosen[order[new & np.isfinite(of_person[order])]] = True
    return np.flatnonzero(sent & chosen[person])


@dataclass(frozen=True)
class Docket:
    """XHIBIT's cases (one entry each) and the defendants on them: positions in the receipts and in the cases."""

    kind: Ints
    court: Ints
    received: Ints
    linked: Ints  # the case that this one was transferred from; -1: none
    mags_case: Ints  # position in ``World.cases`` of the lower court's case
    receipt: Ints  # of each defendant on case: position in the receipts; of a company, that of a co-defendant
    case: Ints  # of each defendant on case: position among these cases
    is_company: Flags
    is_masked: Flags
    is_obsolete: Flags


def docket(plan: Plan, block: int, world: World, made: Receipts) -> Docket:
    """The cases and defendants of a block in the order of receipt: transfers, companies and withdrawn entries among them."""
    rng = stream(plan.seed, block, Stage.CROWN, 1)
    receipt = np.flatnonzero(made.in_xhibit)
    mags_case = world.cases.case[made.case[receipt]]
    _, first, case = np.unique(mags_case * 4 + made.kind[receipt], return_index=True, return_inverse=True)
    leader = receipt[first] if len(receipt) else receipt
    other = happens(rng, 0.02, len(leader)) & (made.kind[leader] == TRIAL_CASE)
    kind = np.where(other, OTHER_CASE, made.kind[leader])
    moved = np.flatnonzero(happens(rng, RATES.transferred, len(leader)))
    linked = np.r_[np.full(len(leader), -1), moved]
    court = np.r_[made.court[leader], (made.court[leader[moved]] + 1 + rng.integers(0, _COURTS - 1, size=len(moved))) % _COURTS]
    received = np.r_[made.received[leader], made.received[leader[moved]] + rng.integers(20, 60, size=len(moved))]
    again = np.flatnonzero(np.isin(case, moved))
    place = np.searchsorted(moved, case[again]) + len(leader)
    firms = np.flatnonzero(happens(rng, RATES.company / (1 - RATES.company), len(receipt)))
    obsolete = np.flatnonzero(happens(rng, RATES.obsolete / (1 - RATES.obsolete), len(receipt)))
    parts = (np.arange(len(receipt)), again, firms, obsolete)
    which, on = np.concatenate(parts), np.concatenate([case, place, case[firms], case[obsolete]])
    group = np.repeat(np.arange(4), [len(part) for part in parts])
    masked = happens(rng, RATES.masked, len(receipt))[which] & (group != 2)
    order = np.lexsort((rng.random(len(which)), received[on])) if len(which) else which
    return Docket(
        kind=np.r_[kind, kind[moved]], court=court, received=received, linked=linked,
        mags_case=made.case[np.r_[leader, leader[moved]]] if len(leader) else leader,
        receipt=receipt[which[order]] if len(which) else which, case=on[order],
        is_company=group[order] == 2, is_masked=masked[order], is_obsolete=group[order] == 3,
    )  # fmt: skip
