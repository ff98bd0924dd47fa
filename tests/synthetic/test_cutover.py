"""Cases when their court changes its system: nothing is lost, one case keeps one URN, and earlier systems keep their bytes. No Spark."""

from functools import lru_cache

import numpy as np
import pytest
from docketlink.synthetic.contacts import COVERED_TO, CUSTODY, SENTENCE, TRIAL, World, live
from docketlink.synthetic.cutover import REOPENED
from docketlink.synthetic.parameters import Plan, Rates
from docketlink.synthetic.places import nation
from docketlink.synthetic.population import age_at, populate
from docketlink.synthetic.references import arrest_number, case_urn, uuids

from tests.synthetic.written import MANY_PRISONERS

DATE = "2026-01-05"
SNAPSHOT = int(np.datetime64(DATE).astype(int))


@lru_cache(maxsize=2)
def world(people: int = 40_000) -> World:
    plan, country = Plan(8, people, DATE, people_per_block=people, rates=MANY_PRISONERS), nation(8)
    return live(plan, 0, populate(8, 0, people, country, Rates()), country)


def test_moved_cases_are_heard_after_the_cut_over_and_before_the_snapshot_and_no_others_are() -> None:
    moved, cases, shift = world().moved, world().cases, nation(8).court_shift
    assert len(moved.person) > 3_000
    assert bool((moved.hearing_day > shift[moved.court]).all())
    assert bool((moved.hearing_day < SNAPSHOT).all())
    assert bool((cases.hearing_day <= COVERED_TO - 30).all())
    assert bool((cases.hearing_day <= shift[cases.court] + 90).all())


def test_moved_cases_come_in_the_order_of_person_and_day_and_run_forward() -> None:
    moved = world().moved
    assert np.array_equal(np.lexsort((moved.hearing_day, moved.person)), np.arange(len(moved.person)))
    assert bool((moved.offence_day < moved.hearing_day).all())
    assert bool((moved.hearing_day <= moved.result_day).all())
    assert float(age_at(world().people.birth[moved.person], moved.hearing_day).min()) >= 10


def test_there_are_a_fifth_as_many_moved_cases_as_magistrates_rows() -> None:
    assert len(world().moved.person) / len(world().cases.person) == pytest.approx(0.20, abs=0.02)


def test_a_moved_case_that_ends_in_prison_has_the_day_of_its_sentence() -> None:
    moved, stay, stays = world().moved, world().moved_stay, world().stays
    tied = np.flatnonzero(stay >= 0)
    assert len(tied) > 50
    assert bool((stays.case[stay[tied]] == -1).all())
    assert np.array_equal(stays.person[stay[tied]], moved.person[tied])
    assert set(moved.outcome[tied].tolist()) == {CUSTODY, TRIAL, SENTENCE}
    later = stays.sentence_day[stay[tied]] - moved.result_day[tied]
    below = moved.outcome[tied] == CUSTODY
    assert bool((later[below] == 0).all())
    assert bool((later[~below] >= 20).all())
    assert len(np.unique(stay[tied])) == len(tied)
    assert bool((moved.outcome[stay < 0] != CUSTODY).all())


def test_stays_name_the_case_that_they_follow_from() -> None:
    cases, stays = world().cases, world().stays
    tied = np.flatnonzero(stays.case >= 0)
    assert np.array_equal(stays.person[tied], cases.person[stays.case[tied]])
    assert set(cases.outcome[stays.case[tied]].tolist()) == {CUSTODY, TRIAL, SENTENCE}


def test_of_the_cases_open_at_the_cut_over_the_stated_share_is_made_anew_whole() -> None:
    cases, reopened, shift = world().cases, world().reopened, nation(8).court_shift
    is_open = (cases.hearing_day <= shift[cases.court]) & (cases.result_day > shift[cases.court])
    assert bool(is_open[reopened].all())
    assert len(reopened) / is_open.sum() == pytest.approx(REOPENED, abs=0.12)
    left = np.setdiff1d(np.flatnonzero(is_open), reopened)
    assert not set(cases.case[reopened].tolist()) & set(cases.case[left].tolist())


def test_a_case_has_one_urn_and_no_two_cases_share_one() -> None:
    for cases in (world().cases, world().moved):
        assert len(np.unique(cases.urn)) == len(np.unique(cases.case))
        assert len(np.unique(np.c_[cases.case, cases.urn], axis=0)) == len(np.unique(cases.case))
    assert not set(world().cases.urn.tolist()) & set(world().moved.urn.tolist())


def test_urns_and_arrest_numbers_have_their_published_shape_and_differ() -> None:
    urn = np.array([year * 10**9 + number for year in (11, 25) for number in (0, 7, 99_999, 32_499_999)])
    force = np.arange(len(urn))
    written = case_urn(force, urn)
    assert len(set(written)) == len(urn)
    assert all(len(each) == 11 and each[:2].isdigit() and each[2:4].isalpha() and each[4:].isdigit() for each in written)
    arrests = np.r_[arrest_number(force, urn, force * 0 + 5), arrest_number(force, urn, force * 0 + 1_005)]
    assert len(set(arrests)) == 2 * len(urn)
    assert {len(each) for each in arrests} == {20}


def test_no_two_uuids_of_any_block_and_kind_are_equal() -> None:
    rng = np.random.default_rng(0)
    made = [each for block in (0, 1, 12_999) for kind in (9, 13) for each in uuids(rng, block, kind, 500).to_pylist()]
    assert len(set(made)) == len(made)
    assert all(each[14] == "4" and each[19] in "89ab" and [len(part) for part in each.split("-")] == [8, 4, 4, 4, 12] for each in made)
