"""Stays in prison as the export writes them: bookings, movements, legal statuses, sentences."""

import numpy as np
import pyarrow as pa

from docketlink.synthetic.contacts import LIFE, RECALL, RX, SENT, STATUSES, Stays, World
from docketlink.synthetic.draws import Ints, Stage, Texts, happens, pick, rank_within, stream, texts
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import PRISONS
from docketlink.synthetic.population import NEVER
from docketlink.synthetic.writing import chosen, iso, numbers, table

_FIRST_BOOK, _BOOKS_PER_BLOCK = 1_000_000_000, 20_000
_ADM, _CRT, _TAP, _TRN, _REL = range(5)
_TYPES = ("ADM", "CRT", "TAP", "TRN", "REL")
_REASONS = (("N", "R", "I"), ("CRT", "19", "PROD"), ("C3", "C5", "F1"), ("NOTR", "SEC", "PROG"), ("CR", "AR", "HD"))
_PAIRS_A_STAY = {_CRT: 1.6, _TAP: 0.9, _TRN: 1.0}
_OUTSIDE = texts(["OUT"])


def prison_code(prison: Ints) -> Texts:
    """Three-letter codes of prisons."""
    return PRISONS[prison]


def tables(plan: Plan, block: int, world: World, offender_id: Ints) -> dict[str, pa.Table]:
    """The landing tables of stays; ``offender_id`` is the name under which each was booked."""
    rng, stays = stream(plan.seed, block, Stage.PRISON, 2), world.stays
    snapshot = int(np.datetime64(plan.snapshot_date, "D").astype(np.int64))
    book_id = numbers(_FIRST_BOOK + block * _BOOKS_PER_BLOCK + np.arange(len(stays.person)) + 1)
    open_end = np.minimum(stays.release_day, snapshot)
    ended = stays.release_day < NEVER
    return {
        "offender_bookings": table(
            {
                "offender_book_id": book_id,
                "offender_id": numbers(offender_id),
                "booking_begin_date": iso(stays.admission_day),
                "booking_end_date": texts(np.where(ended, iso(open_end), "")),
                "agy_loc_id": prison_code(stays.prison),
            }
        ),
        "offender_external_movements": _movements(rng, stays, book_id, open_end),
        "offender_imprison_statuses": _statuses(stays, book_id, open_end),
        "offender_sentences": _sentences(rng, plan, stays, book_id, snapshot),
    }


def _movements(rng: np.random.Generator, stays: Stays, book_id: Texts, end: Ints) -> pa.Table:
    """Admission, then trips to court and elsewhere (out and in), transfers (out and in on a day), release."""
    size = len(book_id)
    stay, kind, out, day = [np.arange(size)], [np.full(size, _ADM)], [np.zeros(size, dtype=bool)], [stays.admission_day]
    for movement, mean in _PAIRS_A_STAY.items():
        of = np.repeat(np.arange(size), rng.poisson(mean, size=size))
        inside = np.maximum(end[of] - stays.admission_day[of] - 1, 1)
        leaves = stays.admission_day[of] + 1 + (rng.random(len(of)) * inside).astype(np.int64)
        nights = rng.integers(0, 3, size=len(of)) if movement == _TAP else np.zeros(len(of), dtype=np.int64)
        for going, when in ((True, leaves), (False, np.minimum(leaves + nights, end[of]))):
            stay, kind, day = [*stay, of], [*kind, np.full(len(of), movement)], [*day, when]
            out.append(np.full(len(of), going))
    released = np.flatnonzero(stays.release_day < NEVER)
    stay, kind, day = [*stay, released], [*kind, np.full(len(released), _REL)], [*day, stays.release_day[released]]
    out.append(np.ones(len(released), dtype=bool))
    return _movement_table(rng, stays, book_id, *(np.concatenate(part) for part in (stay, kind, out, day)))


def _movement_table(rng: np.random.Generator, stays: Stays, book_id: Texts, stay: Ints, kind: Ints, out: Ints, day: Ints) -> pa.Table:
    minute = 420 + 60 * kind + 240 * ~out.astype(bool) + rng.integers(0, 59, size=len(stay))
    minute = np.where(kind == _REL, 1380, np.where(kind == _ADM, 0, minute))
    order = np.lexsort((minute, day, stay))
    stay, kind, out, day, minute = stay[order], kind[order], out[order].astype(bool), day[order], minute[order]
    # After each transfer the next prison holds the person.
    arrived = np.cumsum((kind == _TRN) & ~out)
    start = np.searchsorted(stay, np.arange(len(book_id)))
    before = (arrived - ((kind == _TRN) & ~out)) - np.r_[arrived[:1] * 0, arrived][start][stay]
    here = (stays.prison[stay] + 13 * before) % len(PRISONS)
    there = prison_code((here + 13) % len(PRISONS))
    away = texts(np.where(kind == _TRN, there, _OUTSIDE))
    own = prison_code(here)
    leaving, coming = texts(np.where(out, own, away)), texts(np.where(out, away, own))
    transfer_in = (kind == _TRN) & ~out
    columns = {
        "offender_book_id": book_id[stay],
        "movement_seq": numbers(rank_within(stay) + 1),
        "movement_date": iso(day),
        "movement_time": texts([f"{m // 60:02d}:{m % 60:02d}:00" for m in minute.tolist()]),
        "movement_type": chosen(_TYPES, kind),
        "movement_reason_code": texts(_REASONS_FLAT[kind * 3 + rng.integers(0, 3, size=len(kind))]),
        "direction_code": chosen(("IN", "OUT"), out.astype(np.int64)),
        "from_agy_loc_id": texts(np.where(transfer_in, own, leaving)),
        "to_agy_loc_id": texts(np.where(transfer_in, there, coming)),
    }
    lost = happens(rng, 0.005, len(kind)) & (kind != _ADM)  # an out without its in, a stay without its end
    return table({name: values[~lost] for name, values in columns.items()})


_REASONS_FLAT = texts([reason for group in _REASONS for reason in group])


def _statuses(stays: Stays, book_id: Texts, end: Ints) -> pa.Table:
    """The legal status on admission and, for those on remand who were sentenced inside, the one after."""
    on_remand = stays.status == RX
    convicted = on_remand & (stays.sentence_day < end)
    stay = np.concatenate([np.arange(len(book_id)), np.flatnonzero(convicted)])
    second = np.r_[np.zeros(len(book_id), dtype=bool), np.ones(int(convicted.sum()), dtype=bool)]
    order = np.lexsort((second, stay))
    stay, second = stay[order], second[order]
    status = np.where(second, SENT, stays.status[stay])
    expiry = np.where(
        second | ~convicted[stay], np.where(stays.release_day[stay] < NEVER, iso(end[stay]), ""), iso(stays.sentence_day[stay])
    )
    return table(
        {
            "offender_book_id": book_id[stay],
            "imprison_status_seq": numbers(rank_within(stay) + 1),
            "imprisonment_status": chosen(STATUSES, status),
            "effective_date": iso(np.where(second, stays.sentence_day[stay], stays.admission_day[stay])),
            "expiry_date": texts(expiry),
            "latest_status": chosen(("N", "Y"), (second | ~convicted[stay]).astype(np.int64)),
        }
    )


def _sentences(rng: np.random.Generator, plan: Plan, stays: Stays, book_id: Texts, snapshot: int) -> pa.Table:
    """Sentences that are served; who was on remand only has none."""
    sentenced = (stays.sentence_day < snapshot) & ~((stays.status == RX) & happens(rng, 0.2, len(book_id)))
    count = np.where(sentenced, 1 + rng.poisson(0.25, size=len(book_id)), 0)
    stay = np.repeat(np.arange(len(book_id)), count)
    number = rank_within(stay)
    passed = stays.sentence_day[stay] + np.where((number > 0) & happens(rng, 0.3, len(stay)), 28, 0)
    placeholder = happens(rng, plan.rates.sentence_placeholder, len(stay))
    life = stays.status[stay] == LIFE
    return table(
        {
            "offender_book_id": book_id[stay],
            "sentence_seq": numbers(number + 1),
            "start_date": iso(passed),
            "end_date": texts(np.where(life, "", iso(stays.sentence_end[stay]))),
            "sentence_date": iso(np.where(placeholder, 0, passed)),
            "recall_flag": chosen(("N", "Y"), (stays.status[stay] == RECALL).astype(np.int64)),
            "sentence_calc_type": chosen(("ADIMP", "SOPC", "YOI"), pick(rng, np.array([0.85, 0.05, 0.10]), len(stay))),
        }
    )
