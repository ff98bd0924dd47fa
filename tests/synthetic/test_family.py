"""The family courts' cases and their store: who is in them, keys, references, gaps by role. No Spark."""

from collections import Counter
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pytest
from docketlink.synthetic import family_familyman
from docketlink.synthetic.contacts import World, live
from docketlink.synthetic.family_contacts import APPLICANT, AUTHORITY, CHILD, RESPONDENT, FamilyCases, meet
from docketlink.synthetic.family_drafts import ADOPTION, COVERED_FROM, COVERED_TO, PRIVATE, PUBLIC, SHAPE, VIOLENCE, modern
from docketlink.synthetic.family_people import DIRT
from docketlink.synthetic.households import households
from docketlink.synthetic.kernels import generate_block
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import nation
from docketlink.synthetic.population import NEVER, age_at, populate

from tests.synthetic.written import MANY_PRISONERS

DATE = "2026-01-05"
SMALL = Plan(11, 900, DATE, people_per_block=300, rates=MANY_PRISONERS)
LARGE = Plan(5, 20_000, DATE, people_per_block=20_000, rates=MANY_PRISONERS)


@lru_cache(maxsize=4)
def world(plan: Plan) -> World:
    country = nation(plan.seed)
    return live(plan, 0, populate(plan.seed, 0, plan.people_of(0), country, plan.rates), country)


@lru_cache(maxsize=4)
def cases(plan: Plan) -> FamilyCases:
    return meet(plan, 0, world(plan))


@lru_cache(maxsize=8)
def block(plan: Plan, number: int) -> dict[str, pa.Table]:
    return {
        name.removeprefix("family_familyman."): t for name, t in generate_block(plan, number).items() if "family" in name or name == "truth"
    }


def column(table: pa.Table, name: str) -> np.ndarray:
    return np.array(table[name].to_pylist(), dtype=object)


def roles_of(plan: Plan) -> list[dict[str, str | None]]:
    """Live roles with their party and the postcode that counts."""
    tables = block(plan, 0)
    party = {row["party"]: row for row in tables["parties"].to_pylist()}
    address = {row["address"]: row for row in tables["addresses"].to_pylist()}
    rows = []
    for role in tables["roles"].to_pylist():
        if role["delete_flag"] == "N" and role["role_model"] != "SOLR":
            own = party[role["party"]]
            rows.append({**own, **role, **address[role["address"] or own["address"]]})
    return rows


def test_children_are_minors_and_adults_are_grown() -> None:
    made, people = cases(LARGE), world(LARGE).people
    age = age_at(people.birth[made.person], made.day[made.of])
    assert age[made.role == CHILD].min() >= 0
    assert age[made.role == CHILD].max() < 18
    adults = (made.role != CHILD) & (made.person != AUTHORITY)
    assert age[adults].min() >= 16
    assert float(((age[adults] > 20) & (age[adults] < 50)).mean()) > 0.75
    assert 0.8 < np.mean(age[made.role == CHILD] < 9) / 0.35 < 1.4


def test_children_are_those_of_one_family_and_a_parent_is_in_the_case() -> None:
    made, people = cases(LARGE), world(LARGE).people
    family = np.where(made.person == AUTHORITY, -1, people.family[made.person])
    for case in range(0, len(made.day), 7):
        own = made.of == case
        children = set(family[own & (made.role == CHILD)])
        assert len(children) <= 1
        assert made.kind[case] not in (PRIVATE, PUBLIC) or children
        if made.kind[case] == PRIVATE:
            assert children & set(family[own & (made.role != CHILD)])


def test_nobody_is_twice_in_a_case_and_a_council_applies_in_public_law_alone() -> None:
    made = cases(LARGE)
    pairs = Counter(zip(made.of.tolist(), made.person.tolist(), strict=True))
    assert max(pairs.values()) == 1
    applies = made.kind[made.of[(made.person == AUTHORITY) & (made.role == APPLICANT)]]
    assert set(applies) == {PUBLIC}
    assert (made.person == AUTHORITY).sum() == (made.kind == PUBLIC).sum()
    assert not np.any((made.person == AUTHORITY) & (made.role != APPLICANT))
    assert not np.any(made.role[made.kind[made.of] == VIOLENCE] == CHILD)


def test_shares_of_kinds_overlap_and_sizes_are_as_stated() -> None:
    made, mine = cases(LARGE), world(LARGE)
    kinds = np.bincount(made.kind, minlength=4) / len(made.day)
    assert np.allclose(kinds, SHAPE.kinds, atol=0.05)
    offenders, adults = np.unique(mine.cases.person), made.person[(made.role != CHILD) & (made.person != AUTHORITY)]
    assert float(np.isin(offenders, adults).mean()) == pytest.approx(SHAPE.offenders, abs=0.025)
    # 48 % of the people are men (domain.md 6.2).
    known = np.unique(made.person[made.person != AUTHORITY])
    assert float((mine.people.sex[known] == 0).mean()) == pytest.approx(0.48, abs=0.04)
    assert (made.person != AUTHORITY).sum() / len(mine.cases.person) == pytest.approx(20.9 / 20.0, rel=0.06)
    assert (made.role == CHILD).sum() / len(made.day) == pytest.approx(1.6, abs=0.15)


def test_an_event_is_on_a_working_day_of_the_covered_years_and_august_and_december_are_quiet() -> None:
    day = cases(LARGE).day
    assert day.min() >= COVERED_FROM
    assert day.max() <= COVERED_TO + 2
    assert float(np.isin((day + 3) % 7, (5, 6)).mean()) < 0.01
    month = np.bincount(day.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12, minlength=12)
    assert month[[7, 11]].mean() < 0.92 * np.delete(month, [7, 11]).mean()


def test_families_that_part_come_more_often_and_soon_after() -> None:
    made, people = cases(LARGE), world(LARGE).people
    homes = households(people)
    child = made.role == CHILD
    often = np.zeros(len(homes.children))
    np.add.at(often, np.unique(np.c_[made.of[child], people.family[made.person[child]]], axis=0)[:, 1], 1)
    couples = (homes.father >= 0) & (homes.mother >= 0) & (homes.children > 0)
    youngest = np.zeros(len(homes.children))
    own = np.flatnonzero(couples)
    youngest[own] = people.birth[homes.first_child[own] + homes.children[own] - 1]
    eligible = couples & (youngest > COVERED_FROM - 17 * 365)
    apart = homes.parted < NEVER
    assert often[eligible & apart].mean() > 1.8 * often[eligible & ~apart].mean()


def test_cases_of_the_new_system_are_absent_in_the_documented_share() -> None:
    day = np.array([np.datetime64(f"{year}-07-01", "D").astype(np.int64) for year in (2018, 2019, 2020, 2021, 2022)])
    assert list(modern(day)) == pytest.approx([0.0, 0.02, 0.0633, 0.1067, 0.15], abs=1e-3)


def test_keys_are_unique_within_and_between_blocks() -> None:
    for name, key in (
        ("cases", ["case_number"]),
        ("case_fields", ["case_number", "field_model"]),
        ("events", ["event"]),
        ("event_fields", ["event", "field_model"]),
        ("hearings", ["event"]),
        ("roles", ["role"]),
        ("role_fields", ["role", "field_model"]),
        ("parties", ["party"]),
        ("addresses", ["address"]),
    ):
        keys = [each for n in range(SMALL.blocks) for each in zip(*(column(block(SMALL, n)[name], c) for c in key), strict=True)]
        assert len(keys) > 50, name
        assert len(set(keys)) == len(keys), name


def test_case_numbers_fit_however_large_the_nation() -> None:
    made = cases(Plan(5, 2_000, DATE, rates=MANY_PRISONERS))
    for number in (0, 12_999):
        numbers = family_familyman.case_numbers(Plan(5, 2_000, DATE, rates=MANY_PRISONERS), number, made)
        assert {len(each) for each in numbers} == {10}
        assert len(set(numbers)) == len(numbers)
        assert all(each[4] in "CPFAZ" and each[:2].isalpha() and each[5:].isdigit() for each in numbers)


def test_every_reference_is_found() -> None:
    tables = block(SMALL, 0)
    case, event, role = (set(column(tables[n], k)) for n, k in (("cases", "case_number"), ("events", "event"), ("roles", "role")))
    party, address = set(column(tables["parties"], "party")), set(column(tables["addresses"], "address"))
    for name in ("case_fields", "events", "roles"):
        assert set(column(tables[name], "case_number")) <= case
    for name in ("event_fields", "hearings"):
        assert set(column(tables[name], "event")) <= event
    assert set(column(tables["role_fields"], "role")) <= role
    assert set(column(tables["roles"], "party")) == party
    assert set(column(tables["roles"], "representative_role")) - {None} <= role
    assert (set(column(tables["roles"], "address")) | set(column(tables["parties"], "address"))) - {None} <= address
    case_of = dict(zip(*(column(tables["roles"], name) for name in ("role", "case_number")), strict=True))
    case_of_event = dict(zip(*(column(tables["events"], name) for name in ("event", "case_number")), strict=True))
    listed = [
        (row["event"], part.strip())
        for row in tables["event_fields"].to_pylist()
        if row["field_model"].endswith("_CH")
        for part in row["value"].split(",")
        if part.strip()
    ]
    assert listed
    assert all(case_of[child] == case_of_event[event] for event, child in listed)


def test_a_deleted_child_is_still_listed_on_events() -> None:
    tables = block(LARGE, 0)
    deleted = {row["role"] for row in tables["roles"].to_pylist() if row["delete_flag"] == "Y"}
    listed = {
        part.strip() for row in tables["event_fields"].to_pylist() if row["field_model"].endswith("_CH") for part in row["value"].split(",")
    }
    assert deleted & listed


def test_the_truth_is_every_live_role_of_a_person_once() -> None:
    tables = block(LARGE, 0)
    truth = [row["record_key"].split("\x1f")[1] for row in tables["truth"].to_pylist() if row["source"] == "family_familyman"]
    assert len(set(truth)) == len(truth)
    councils = {
        row["role"]
        for row in roles_of(LARGE)
        if row["case_number"][4] == "C"
        and row["role_model"].startswith("APL")
        and (row["person_given_first_name"] is None or row["gender"] not in ("1", "2"))
    }
    assert set(truth) == {row["role"] for row in roles_of(LARGE)} - councils
    assert len(councils) == (cases(LARGE).kind == PUBLIC).sum()


def test_values_are_missing_at_the_documented_rates_by_role() -> None:
    rows = [row for row in roles_of(LARGE) if row["person_given_first_name"]]
    of_role = {APPLICANT: "APL", RESPONDENT: "RSP", CHILD: "CHLD"}
    for role, prefix in of_role.items():
        own = [row for row in rows if row["role_model"].startswith(prefix)]
        for name, shares in (("dob", DIRT.dob_missing), ("gender", DIRT.sex_missing)):
            assert np.mean([row[name] is None for row in own]) == pytest.approx(shares[role], abs=0.02), (prefix, name)
        calm = [row for row in own if row["case_number"][4] != "F" or prefix != "APL"]
        assert np.mean([row["postcode"] is None for row in calm]) == pytest.approx(DIRT.postcode_missing[role], abs=0.025), prefix
    afraid = [row for row in rows if row["case_number"][4] == "F" and row["role_model"] == "APLA"]
    assert np.mean([row["postcode"] is None for row in afraid]) == pytest.approx(DIRT.postcode_missing_violence, abs=0.05)
    secret = [row for row in rows if row["postcode"] is None]
    assert np.mean([row["address_1"] is None for row in secret]) == pytest.approx(DIRT.confidential, abs=0.03)
    assert np.mean([" " not in row["person_given_first_name"] for row in rows]) == pytest.approx(DIRT.middle_missing, abs=0.02)
    assert {"BABY", "UNKNOWN"} <= {row["person_given_first_name"] for row in rows}


def test_rows_a_case_errors_and_deleted_roles_are_as_stated() -> None:
    tables = block(LARGE, 0)
    number = tables["cases"].num_rows
    assert tables["events"].num_rows / number == pytest.approx(6, abs=0.5)
    assert tables["roles"].num_rows / number == pytest.approx(4.1, abs=0.25)
    assert np.mean(column(tables["events"], "error") == "Y") == pytest.approx(0.01, abs=0.004)
    assert np.mean(column(tables["roles"], "delete_flag") == "Y") == pytest.approx(DIRT.deleted_role, abs=0.006)
    concerning = {row["event"] for row in tables["events"].to_pylist() if row["event_model"] in ("U22", "C43", "G50")}
    listing = {row["event"] for row in tables["event_fields"].to_pylist() if row["field_model"].endswith("_CH")}
    assert len(concerning & listing) / len(concerning) == pytest.approx(0.70, abs=0.03)


def test_an_adoption_is_about_one_child_and_strangers_apply() -> None:
    made, people = cases(LARGE), world(LARGE).people
    for case in np.flatnonzero(made.kind == ADOPTION)[:100].tolist():
        own = made.of == case
        assert (own & (made.role == CHILD)).sum() <= 1
        applying = people.family[made.person[own & (made.role == APPLICANT)]]
        assert not set(applying) & set(people.family[made.person[own & (made.role == CHILD)]])
