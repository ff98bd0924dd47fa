"""Weekly extracts differ from the last one by what came late, was corrected, withdrawn, renumbered or vanished meanwhile."""

import itertools
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pytest
from docketlink.synthetic.changes import CHANGES
from docketlink.synthetic.extracts import CORRECTED, LATE, RENUMBERED, VANISHED, VERY_LATE
from docketlink.synthetic.kernels import extract_of_block, generate_block
from docketlink.synthetic.landing import FORMATS
from docketlink.synthetic.parameters import Plan

from tests.synthetic.written import MANY_PRISONERS

WEEKS = 8
PLAN = Plan(6, 6_000, "2026-01-05", rates=MANY_PRISONERS, extracts=WEEKS, people_per_block=6_000)
ONE = Plan(6, 6_000, "2026-01-05", rates=MANY_PRISONERS, people_per_block=6_000)


@lru_cache(maxsize=WEEKS)
def extract(weeks: int) -> dict[str, pa.Table]:
    return extract_of_block(PLAN, 0, weeks)


@lru_cache(maxsize=2)
def made(plan: Plan) -> dict[str, pa.Table]:
    return generate_block(plan, 0)


def column(table: pa.Table, name: str) -> np.ndarray:
    return table[name].to_numpy(zero_copy_only=False)


def test_every_landing_table_says_how_it_changes() -> None:
    assert {f"{source}.{table}" for source, table in FORMATS} == {*CHANGES}


def test_a_single_extract_is_what_the_systems_made() -> None:
    last = extract_of_block(ONE, 0, 0)
    assert all(last[key].equals(made(ONE)[key]) for key in CHANGES)


def test_an_extract_does_not_depend_on_how_many_there_are_but_for_rows_that_vanish() -> None:
    fewer = Plan(6, 6_000, "2026-01-05", rates=MANY_PRISONERS, extracts=3, people_per_block=6_000)
    for key in ("prison_nomis.offenders", "mags_hocas.hocas_flatfile", "probation_delius.event"):
        here, there = ({str(row) for row in tables[key].to_pylist()} for tables in (extract(2), extract_of_block(fewer, 0, 2)))
        assert len(here ^ there) / len(there) < 0.01


@pytest.mark.parametrize("weeks", [0, 3, WEEKS - 1])
def test_every_row_hangs_on_a_row_of_the_same_extract(weeks: int) -> None:
    tables = extract(weeks)
    for key, change in CHANGES.items():
        if change.parent:
            table, own, theirs = change.parent
            above = {*column(tables[f"{key.partition('.')[0]}.{table}"], theirs)}
            assert {*column(tables[key], own)} <= above, key


@pytest.mark.parametrize("weeks", [0, 3, WEEKS - 1])
def test_no_extract_knows_what_is_to_come(weeks: int) -> None:
    today = PLAN.date_before(weeks)
    for key, change in CHANGES.items():
        for name in [*change.ahead, *([change.entered] if change.entered and not change.day else [])]:
            assert max((value[:10] for value in column(extract(weeks)[key], name) if value), default="") <= today, (key, name)


def test_rows_are_entered_week_by_week_some_late_and_few_vanish() -> None:
    keys = [{*column(extract(weeks)["prison_nomis.offender_bookings"], "offender_book_id")} for weeks in range(WEEKS)]
    entered = sum(len(now - before) for now, before in itertools.pairwise(keys))
    vanished = sum(len(before - now) for now, before in itertools.pairwise(keys))
    assert entered > 5
    assert vanished / len(keys[0]) < 3 * VANISHED * WEEKS
    movements = made(PLAN)["prison_nomis.offender_external_movements"].num_rows
    missing = movements - extract(0)["prison_nomis.offender_external_movements"].num_rows
    assert 0 < missing < movements * (LATE + VERY_LATE)


def test_messages_are_sent_once_each() -> None:
    key = "common_platform.hearing_event"
    sent = [message for weeks in range(WEEKS) for message in column(extract(weeks)[key], "message")]
    assert len({*sent}) == len(sent)
    assert {*sent} <= {*column(made(PLAN)[key], "message")}
    assert len(sent) > 0.98 * made(PLAN)[key].num_rows


def test_one_row_in_a_hundred_is_corrected_every_week_and_then_stays() -> None:
    key, ids = "prison_nomis.offenders", "offender_id"
    changed = []
    for weeks in range(1, WEEKS):
        now, before = ({row[ids]: row for row in extract(w)[key].to_pylist()} for w in (weeks - 1, weeks))
        changed.append(np.mean([row != before[number] for number, row in now.items() if number in before]))
    # An other value drawn from the table is sometimes the same.
    assert np.mean(changed) == pytest.approx(CORRECTED, rel=0.5)


def test_withdrawn_rows_were_live_before_half_of_the_time() -> None:
    now = then = 0
    for key, change in CHANGES.items():
        if change.withdrawn:
            flag, gone, live = change.withdrawn
            flags = [column(extract(weeks)[key], flag) for weeks in (0, WEEKS - 1)]
            assert all({*values} <= {gone, live} for values in flags)
            now, then = now + (flags[0] == gone).sum(), then + (flags[1] == gone).sum()
    assert 0.9 < then / now < 1.0  # eight of a hundred and four weeks, for one half


def test_renumbered_rows_have_two_keys_and_one_true_person() -> None:
    key = "mags_hocas.hocas_flatfile"
    first, last = ({*column(extract(weeks)[key], "row_id")} for weeks in (WEEKS - 1, 0))
    old = sorted(number for number in first - last if int(number) > 500_000)
    assert len(old) / len(first) == pytest.approx(RENUMBERED * WEEKS, rel=0.5)
    truth = {row["record_key"]: row["true_person_id"] for row in made(PLAN)["truth"].to_pylist()}
    named = [(f"mags_hocas\x1f{n}", f"mags_hocas\x1f{int(n) - 500_000:011d}") for n in old]
    known = [(truth[a], truth[b]) for a, b in named if a in truth]
    assert len(known) > 10
    assert all(a == b for a, b in known)
    assert {*column(extract(WEEKS - 1)["mags_hocas.hocas_offence"], "row_id")} <= first
