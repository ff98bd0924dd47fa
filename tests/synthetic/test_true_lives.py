"""The truth about people agrees with the population, with the landing tables and with who is who; every life is possible."""

from collections import Counter
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa
from docketlink.synthetic.kernels import generate_block, write_links, write_people
from docketlink.synthetic.places import nation
from docketlink.synthetic.population import populate
from docketlink.synthetic.true_lives import KINDS, LINK_SCHEMA, PEOPLE_SCHEMA

from tests.synthetic.written import DATE, SMALL

SNAPSHOT = date.fromisoformat(DATE)


@lru_cache(maxsize=1)
def people() -> dict[str, dict]:
    batches = write_people([pa.record_batch([pa.array([0])], ["id"])], plan=SMALL)
    return {row["true_person_id"]: row for row in pa.Table.from_batches(batches, PEOPLE_SCHEMA).to_pylist()}


@lru_cache(maxsize=1)
def links() -> list[dict]:
    return pa.Table.from_batches(write_links([pa.record_batch([pa.array([0])], ["id"])], plan=SMALL), LINK_SCHEMA).to_pylist()


@lru_cache(maxsize=1)
def blocks() -> dict[str, list[dict]]:
    """Rows of every table, all blocks together: they share the one file of the plan."""
    found: dict[str, list[dict]] = {}
    for number in SMALL.blocks_of(0):
        for name, content in generate_block(SMALL, number).items():
            found.setdefault(name, []).extend(content.to_pylist())
    return found


def person_of() -> dict[str, str]:
    return {row["record_key"]: row["true_person_id"] for row in blocks()["truth"]}


def days(person: dict, kind: str) -> list[date]:
    return [event["event_date"] for event in person["life_event_arr"] if event["kind"] == kind]


def test_everybody_with_a_record_has_one_row_and_nobody_else() -> None:
    assert SMALL.files == 1
    batches = write_people([pa.record_batch([pa.array([0])], ["id"])], plan=SMALL)
    listed = [row for batch in batches for row in batch["true_person_id"].to_pylist()]
    assert len({*listed}) == len(listed)
    assert {*listed} == {*person_of().values()}


def test_attributes_are_those_of_the_population() -> None:
    for number in SMALL.blocks_of(0):
        known = populate(SMALL.seed, number, SMALL.people_of(number), nation(SMALL.seed), SMALL.rates)
        for row in people().values():
            block, _, place = row["true_person_id"][1:].partition("-")
            if int(block) == number:
                at = int(place)
                assert row["sex"] == "MF"[known.sex[at]]
                assert row["birth_year"] == known.birth[at].astype("datetime64[D]").astype(object).year
                assert row["born_abroad"] == (known.arrived[at] > known.birth[at])
                assert row["family_id"] == f"F{number:06d}-{known.family[at]:04d}"
    groups = Counter(row["ethnicity_group"] for row in people().values())
    assert {*groups} == {*"ABMWO"}
    assert groups.most_common(1)[0][0] == "W"


def test_a_code_of_ethnicity_is_the_one_that_the_systems_write() -> None:
    told = [(row["ethnicity_self_defined"], f"mags_hocas\x1f{row['row_id']}") for row in blocks()["mags_hocas.hocas_flatfile"]]
    true = person_of()
    pairs = [(code, people()[true[key]]["ethnicity"]) for code, key in told if code and key in true]
    assert len(pairs) > 300
    assert all(written == own for written, own in pairs)


def test_a_life_runs_from_one_birth_to_at_most_one_death_and_ends_with_the_snapshot() -> None:
    for person in people().values():
        (birth,), death = days(person, "birth"), days(person, "death")
        assert len(death) <= 1
        assert birth.year == person["birth_year"]
        last = death[0] if death else SNAPSHOT
        assert all(birth <= event["event_date"] <= last <= SNAPSHOT for event in person["life_event_arr"])
        arrived = days(person, "arrival")
        assert bool(arrived) == person["born_abroad"]
        assert all(day > arrived[0] for day in days(person, "move") if arrived)
        for kind in KINDS:
            told = [event for event in person["life_event_arr"] if event["kind"] == kind]
            assert [event["number"] for event in told] == list(range(1, len(told) + 1))
            assert days(person, kind) == sorted(days(person, kind))
    assert {event["kind"] for person in people().values() for event in person["life_event_arr"]} == {*KINDS}


def test_hearings_and_admissions_that_the_systems_know_are_in_the_lives() -> None:
    true = person_of()
    for row in blocks()["mags_hocas.hocas_flatfile"]:
        if person := true.get(f"mags_hocas\x1f{row['row_id']}"):
            assert date.fromisoformat(row["first_hearing_date"]) in days(people()[person], "court_hearing")
    root = {row["offender_id"]: row["root_offender_id"] for row in blocks()["prison_nomis.offenders"]}
    stays = blocks()["prison_nomis.offender_bookings"]
    for stay in stays:
        person = people()[true[f"prison_nomis\x1f{root[stay['offender_id']]}"]]
        assert date.fromisoformat(stay["booking_begin_date"]) in days(person, "prison_admission")
    assert len(stays) == sum(len(days(person, "prison_admission")) for person in people().values())


def test_linked_rows_are_of_one_person_and_each_pair_stands_once() -> None:
    true = person_of()
    pairs = [(row["kind"], row["magistrates_key"], row["record_key"]) for row in links()]
    assert len({*pairs}) == len(pairs)
    assert Counter(row["kind"] for row in links()).keys() == {"committed", "migrated"}
    assert all(true[row["magistrates_key"]] == true[row["record_key"]] for row in links())
    assert all(row["record_key"].startswith(f"{row['source']}\x1f") for row in links())
    on_case = {key for key in true if key.startswith("crown_xhibit")}
    assert {row["record_key"] for row in links() if row["kind"] == "committed"} == on_case


def test_moves_are_changes_of_home() -> None:
    moves = [len(days(person, "move")) for person in people().values()]
    assert 1 < np.mean(moves) < 8
