"""The Crown Court's extract, XHIBIT: cases, defendants on them, offences and disposals. People: crown_people.py."""

import numpy as np
import pyarrow as pa

from docketlink.synthetic import crown_people, magistrates
from docketlink.synthetic.contacts import OFFENCES, World
from docketlink.synthetic.crown_cases import (
    APPEAL,
    CUSTODIAL,
    FINE,
    KINDS,
    RATES,
    RESULTS,
    SENTENCE_CASE,
    SUSPENDED,
    TRIAL_CASE,
    WITHDRAWN,
    Docket,
    Receipts,
    docket,
    receipts,
)
from docketlink.synthetic.draws import Flags, Ints, Stage, Texts, happens, pick, rank_within, stream, texts
from docketlink.synthetic.noise import blank, split_days
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation
from docketlink.synthetic.references import arrest_number, case_urn
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.writing import chosen, iso, numbers, table

SOURCE = "crown_xhibit"
NODE_TABLE = "xhb_defendant_on_case"
JOURNEY_SCHEMA = pa.schema([("magistrates_key", pa.string()), ("crown_key", pa.string())])
_FIRST_ID, _IDS_PER_BLOCK, _CASES_PER_BLOCK, _FIRST_COURT = 100_000_000, 10_000, 60, 401
_PLEAS = ("G", "NG", "IG", "NI", "")
_GUILTY, _DENIED = np.array([0.90, 0.04, 0.04, 0.01, 0.01]), np.array([0.0, 0.85, 0.0, 0.05, 0.10])


def nodes(plan: Plan, block: int, world: World) -> tuple[list[Texts], Ints]:
    """Native key columns and person of each linking node; companies and masked defendants have no truth."""
    made = receipts(plan, block, world)
    entries = docket(plan, block, world, made)
    people = np.flatnonzero(~entries.is_company & ~entries.is_masked)
    return [_ids(block, len(entries.receipt))[people]], world.cases.person[made.case[entries.receipt[people]]]


def journeys(plan: Plan, block: int, world: World) -> pa.Table:
    """Which defendant on case continues which magistrates' row: native keys of both, JOURNEY_SCHEMA.

    A transferred case and an entry that was withdrawn continue it too; companies have no row below, masked people are left out.
    """
    made = receipts(plan, block, world)
    entries = docket(plan, block, world, made)
    people = np.flatnonzero(~entries.is_company & ~entries.is_masked)
    below = magistrates.row_ids(plan, block, world)[made.case[entries.receipt[people]]] if len(people) else people
    return pa.table([pa.array(below, pa.string()), pa.array(_ids(block, len(entries.receipt))[people], pa.string())], schema=JOURNEY_SCHEMA)


def tables(plan: Plan, block: int, world: World, country: Nation, registers: Registers) -> dict[str, pa.Table]:
    """The landing tables of a block."""
    made = receipts(plan, block, world)
    entries = docket(plan, block, world, made)
    ended = _has_ended(plan, made)
    offence = _offences(stream(plan.seed, block, Stage.CROWN, 4), block, world, made, entries, ended)
    return {
        "xhb_case": _cases(stream(plan.seed, block, Stage.CROWN, 2), block, world, made, entries, ended),
        **crown_people.tables(plan, block, world, country, registers, made, entries, _ids(block, len(entries.receipt))),
        NODE_TABLE: _on_case(stream(plan.seed, block, Stage.CROWN, 3), block, world, registers, made, entries, ended),
        **offence,
    }


def _ids(block: int, count: int) -> Texts:
    return numbers(_FIRST_ID + block * _IDS_PER_BLOCK + np.arange(count) + 1)


def _has_ended(plan: Plan, made: Receipts) -> Flags:
    """Receipts whose end this system knows: it came before the snapshot, and not in the system that replaced this one."""
    snapshot = int(np.datetime64(plan.snapshot_date, "D").astype(np.int64))
    return (made.ended <= snapshot) & ~made.reopened


def _results(made: Receipts, entries: Docket) -> Ints:
    """The result of each defendant on case: that of the receipt, and fines for companies."""
    result = made.result[entries.receipt] if len(entries.receipt) else entries.receipt
    return np.where(entries.is_company & (result < WITHDRAWN), FINE, result)


def _moment(days: Ints, where: Flags | None = None) -> Texts:
    """Days as timestamps at midnight, as the extract writes every date; nothing where not ``where``."""
    written = texts([f"{day} 00:00:00" for day in iso(days)])
    return written if where is None else blank(written, ~where)


def _case_number(block: int, entries: Docket) -> Texts:
    """Numbers that count within court, kind and year, so that two courts use the same one."""
    year = split_days(entries.received)[0]
    order = np.lexsort((entries.kind, year, entries.court))
    group = ((entries.court * 10_000 + year) * 10 + entries.kind)[order]
    serial = np.empty(len(order), dtype=np.int64)
    serial[order] = block * _CASES_PER_BLOCK + rank_within(group) + 1
    return numbers(year * 1_000_000 + serial)


def _cases(rng: np.random.Generator, block: int, world: World, made: Receipts, entries: Docket, ended: Flags) -> pa.Table:
    size, below = len(entries.kind), world.cases
    ids, number, kind = _ids(block, size), _case_number(block, entries), entries.kind
    is_second = entries.linked >= 0
    left = np.zeros(size, dtype=bool)
    left[entries.linked[is_second]] = True
    open_ones = np.zeros(size, dtype=bool)
    open_ones[entries.case[~ended[entries.receipt]]] = True
    convicted = below.result_day[entries.mags_case] if size else entries.mags_case
    at = entries.received - np.where(is_second, 0, rng.integers(0, 3, size=size))
    return table(
        {
            "case_id": ids,
            "case_number": number,
            "case_type": chosen(KINDS, kind),
            "case_sub_type": chosen(("E", "I", ""), pick(rng, np.array([0.5, 0.3, 0.2]), size)),
            "court_id": numbers(_FIRST_COURT + entries.court),
            "magistrates_case_ref": _lower_case(rng, magistrates.case_numbers(block, world)[entries.mags_case]),
            "original_case_number": blank(_pointed(chosen(KINDS, kind), number, entries.linked), ~is_second),
            "committal_date": _moment(convicted, kind == SENTENCE_CASE),
            "sent_for_trial_date": _moment(convicted, (kind != SENTENCE_CASE) & (kind != APPEAL)),
            "received_date": _moment(entries.received),
            "appeal_lodged_date": _moment(np.maximum(at - 5, convicted), kind == APPEAL),
            "mag_conviction_date": _moment(convicted, (kind == SENTENCE_CASE) | (kind == APPEAL)),
            "case_status": texts(np.where(left, "T", np.where(open_ones, "L", "C"))),
            "transferred_case": chosen(("N", "Y"), left.astype(np.int64)),
            "linked_case_id": blank(_pointed(texts([""] * size), ids, entries.linked), ~is_second),
            "public_display_hide": chosen(("N", "Y"), happens(rng, 0.01, size).astype(np.int64)),
        }
    )


def _pointed(prefix: Texts, values: Texts, at: Ints) -> Texts:
    return texts([p + values[n] for p, n in zip(prefix, at.tolist(), strict=True)])


def _lower_case(rng: np.random.Generator, number: Ints) -> Texts:
    """Libra's numbers as typed: with a slash or spaces, some with a wrong digit, some not at all."""
    size = len(number)
    wrong = happens(rng, RATES.case_ref_wrong, size)
    place = 10 ** rng.integers(0, 8, size=size)
    digits = numbers(np.where(wrong, number + np.where(number // place % 10 == 9, -place, place), number), 10)
    form = pick(rng, np.array([0.50, 0.20, 0.15, 0.10, 0.05]), size).tolist()
    split = (
        lambda d: d,
        lambda d: f"{d[:2]}/{d[2:]}",
        lambda d: f"{d[:2]} {d[2:]}",
        lambda d: f"{d[:4]} {d[4:7]} {d[7:]}",
        lambda d: f"{d} ",
    )
    return blank(texts([split[f](d) for f, d in zip(form, digits, strict=True)]), happens(rng, RATES.case_ref_missing, size))


def _on_case(
    rng: np.random.Generator, block: int, world: World, registers: Registers, made: Receipts, entries: Docket, ended: Flags
) -> pa.Table:
    size, receipt = len(entries.receipt), entries.receipt
    ids, below = _ids(block, size), world.cases
    case = made.case[receipt] if size else receipt
    person, result, force = below.person[case], _results(made, entries), below.court[case] // 2
    is_young = crown_people.age(world, person, entries.received[entries.case]) < 18
    first, final = (day + np.where(happens(rng, RATES.hearing_off, size), rng.integers(-7, 8, size=size), 0)
                    for day in (below.hearing_day[case], below.result_day[case]))  # fmt: skip
    known, free = ~entries.is_company, ~entries.is_masked
    done = ended[receipt]
    return table(
        {
            "defendant_on_case_id": ids,
            "case_id": _ids(block, len(entries.kind))[entries.case],
            "defendant_id": ids,
            "pnc_id": blank(crown_people.pnc(rng, registers, person), ~known | crown_people.no_pnc(rng, world, entries, person)),
            "asn": blank(arrest_number(force, below.urn[case], person), ~known | happens(rng, RATES.asn_missing, size)),
            "ptiurn": blank(case_urn(force, below.urn[case]), happens(rng, RATES.urn_missing, size)),
            "nationality": blank(crown_people.nationality(world, person), ~known | happens(rng, 0.3, size)),
            "is_masked": chosen(("Y", "N"), free.astype(np.int64)),
            "masked_name": blank(crown_people.invented(rng, size), free),
            "is_juvenile": chosen(("N", "Y"), (is_young & known).astype(np.int64)),
            "obs_ind": chosen(("", "Y"), entries.is_obsolete.astype(np.int64)),
            "date_of_committal": _moment(below.result_day[case], made.kind[receipt] != APPEAL),
            "mag_court_first_hearing_date": _moment(first, ~happens(rng, RATES.hearing_missing, size)),
            "mag_court_final_hearing_date": _moment(final, ~happens(rng, RATES.hearing_missing, size)),
            "custodial": chosen(("N", "Y"), (done & (result <= CUSTODIAL)).astype(np.int64)),
            "suspended": chosen(("N", "Y"), (done & (result == SUSPENDED)).astype(np.int64)),
            "no_of_tics": numbers(rng.poisson(0.1, size=size)),
            "current_bc_status": blank(chosen(("C", "B", "J"), np.where(done & (result <= CUSTODIAL), 0, 1 + is_young)), ~known),
            "hate_ind": chosen(("N", "Y"), happens(rng, 0.02, size).astype(np.int64)),
        }
    )


def _offences(rng: np.random.Generator, block: int, world: World, made: Receipts, entries: Docket, ended: Flags) -> dict[str, pa.Table]:
    size, receipt = len(entries.receipt), entries.receipt
    of = np.repeat(np.arange(size), 1 + rng.poisson(1.2, size=size))
    principal, on = rank_within(of) == 0, receipt[of]
    first = world.cases.offence[made.case[on]] if len(on) else on
    offence = np.where(principal, first, rng.integers(0, len(OFFENCES) - 1, size=len(of)))
    # The principal offence bears the heaviest result; the others end no worse.
    lesser = pick(rng, np.array([0.0, 0.15, 0.10, 0.10, 0.05, 0.15, 0.05, 0.0, 0.25, 0.15]), len(of))
    heaviest = _results(made, entries)[of]
    result = np.where(principal, heaviest, np.maximum(lesser, heaviest))
    guilty, is_trial, done = result < WITHDRAWN, made.kind[on] == TRIAL_CASE, ended[on]
    plea = np.where(guilty & (~is_trial | happens(rng, 0.65, len(of))), pick(rng, _GUILTY, len(of)), pick(rng, _DENIED, len(of)))
    ids, owner = _ids(block, len(of)), _ids(block, size)[of]
    verdict = texts(np.where(~done | (plea == 0), "", np.where(guilty, "G", np.where(result == WITHDRAWN, "", "NG"))))
    offences = {
        "defendant_on_offence_id": ids,
        "defendant_on_case_id": owner,
        "final_offence_ho_code": magistrates.home_office_code(rng, offence),
        "plea": chosen(_PLEAS, plea),
        "verdict": verdict,
        "obs_ind": chosen(("", "Y"), (happens(rng, RATES.obsolete, len(of)) & ~principal).astype(np.int64)),
    }
    return {"xhb_defendant_on_offence": table(offences), "xhb_disposal": _disposals(rng, block, made, on, ids, result, done)}


def _disposals(rng: np.random.Generator, block: int, made: Receipts, receipt: Ints, offence: Texts, result: Ints, done: Flags) -> pa.Table:
    """What the court ordered for each offence of cases that ended, the main order first; a second one is a fine or lighter."""
    of = np.repeat(np.arange(len(receipt)), np.where(done, 1 + rng.poisson(0.45, size=len(receipt)) * (result < WITHDRAWN), 0))
    size = len(of)
    main = rank_within(of) == 0
    order = np.where(main, result[of], np.maximum(result[of], pick(rng, np.array([0, 0, 0, 0.1, 0.5, 0.4]), size)))
    days = np.where(order == CUSTODIAL, rng.lognormal(np.log(420), 0.9, size=size), rng.lognormal(np.log(200), 0.5, size=size))
    has_days = np.isin(order, (CUSTODIAL, SUSPENDED))
    return table(
        {
            "disposal2_id": _ids(block, size),
            "defendant_on_offence_id": offence[of],
            "result_code": chosen(RESULTS, order),
            "result_priority": numbers(order + 1),
            "custodial_period_days": texts(np.where(has_days, numbers(days.astype(np.int64) + 7), "")),
            "monetary": texts(np.where(order == FINE, numbers(rng.integers(2, 200, size=size) * 25), "")),
            "disposal_date": _moment(made.ended[receipt[of]]),
        }
    )
