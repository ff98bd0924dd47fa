"""People are there to be met between their arrival and their death, and their homes lie in one area of every level."""

import numpy as np
import pytest
from docketlink.synthetic.contacts import World, live
from docketlink.synthetic.draws import NEVER, YEAR, Stage, stream
from docketlink.synthetic.geography import geography
from docketlink.synthetic.lives import BORN_ABROAD, FATHER, arrivals
from docketlink.synthetic.names import CULTURES, MALE, data_lines
from docketlink.synthetic.parameters import Plan, Rates
from docketlink.synthetic.places import nation
from docketlink.synthetic.population import Population, populate

from tests.synthetic.written import MANY_PRISONERS

DATE = "2026-01-05"
SYSTEM = Plan(seed=8, people=30_000, snapshot_date=DATE, people_per_block=30_000, rates=MANY_PRISONERS)
SNAPSHOT = int(np.datetime64(DATE).astype(int))


@pytest.fixture(scope="module")
def people() -> Population:
    return populate(8, 0, 30_000, nation(8), Rates())


@pytest.fixture(scope="module")
def world(people: Population) -> World:
    return live(SYSTEM, 0, people, nation(8))


def test_nobody_has_a_contact_before_arrival_or_after_death(world: World) -> None:
    people, cases, stays = world.people, world.cases, world.stays
    assert people.present(cases.person, cases.offence_day).all()
    assert people.present(cases.person, cases.hearing_day).all()
    assert people.present(cases.person, cases.result_day).all()
    assert people.present(stays.person, stays.admission_day).all()
    ended = stays.release_day < NEVER
    assert (stays.release_day[ended] <= people.death[stays.person[ended]]).all()
    assert (people.death[stays.person[~ended]] >= SNAPSHOT).all()
    sentenced = stays.sentence_day < NEVER
    assert people.present(stays.person[sentenced], stays.sentence_day[sentenced]).all()
    known = world.first_contact < NEVER
    assert (world.first_contact[known] >= people.arrived[known]).all()
    # somebody did die, and somebody did come, between their contacts and the snapshot
    assert (people.death[cases.person] < SNAPSHOT).sum() > 50
    assert (people.arrived[cases.person] > people.birth[cases.person]).sum() > 500


def test_adults_were_born_abroad_as_often_as_stated(people: Population) -> None:
    each = np.arange(44_000)
    culture, birth = each % len(CULTURES), np.full(44_000, 1_000)
    came = arrivals(stream(1, 0, Stage.LIVES), each, np.full(44_000, FATHER), culture, birth) > birth
    for name, share in BORN_ABROAD.items():
        assert float(came[culture == CULTURES.index(name)].mean()) == pytest.approx(share, abs=0.025), name
    assert float((people.arrived > people.birth).mean()) == pytest.approx(0.13, abs=0.02)


def test_a_family_comes_on_one_day_and_nobody_arrives_unborn(people: Population) -> None:
    assert (people.arrived >= people.birth).all()
    came = np.flatnonzero(people.arrived > people.birth)
    day = np.full(people.family[-1] + 1, -NEVER)
    np.maximum.at(day, people.family[came], people.arrived[came])
    assert (people.arrived[came] == day[people.family[came]]).all()
    eastern = came[people.culture[came] == CULTURES.index("eastern")]
    assert (people.arrived[eastern] >= int(np.datetime64("2004-05-01").astype(int))).all()


def test_people_die_at_the_ages_of_life_tables_and_parents_after_their_children_are_born(people: Population) -> None:
    age = (people.death - people.birth) / YEAR
    adult = age > 20
    for sex, median in ((MALE, 82.0), (1 - MALE, 86.0)):
        assert float(np.median(age[adult & (people.sex == sex)])) == pytest.approx(median, abs=1.0)
    assert float((age < 20).mean()) < 0.02
    assert age.min() > 0
    assert float((people.death < SNAPSHOT).mean()) == pytest.approx(0.077, abs=0.02)
    eldest = np.full(people.family[-1] + 1, -NEVER)
    np.maximum.at(eldest, people.family, people.birth)
    parents = np.r_[people.family[1:] == people.family[:-1], False] & np.r_[True, people.family[1:] != people.family[:-1]]
    assert (people.death[parents] > eldest[people.family[parents]]).all()


def test_every_postcode_lies_in_one_area_of_each_level() -> None:
    places, country = geography(), nation(8)
    members = [area for line in data_lines("regions.txt") for area in line.split(": ")[1].split()]
    assert sorted(members) == sorted(country.area)
    assert len(places.probation_area_name) == 12
    assert set(places.probation_area) == set(range(1, 13))
    assert len(set(places.region)) == 10
    assert len(set(places.small_area)) == len(places.small_area)
    region_of = dict(zip(places.authority, places.region, strict=True))
    assert all(region_of[authority] == region for authority, region in zip(places.authority, places.region, strict=True))
    assert {code[:3] for code in places.small_area} == {"E01", "W01"}
    found = places.small_area_of(country.hostel_postcode)
    assert len(found) == len(set(country.hostel_postcode)) == 4 * len(country.area)
    assert {code[0] for code, postcode in zip(places.region[found], country.hostel_postcode, strict=True) if postcode[:2] == "CF"} == {"W"}
