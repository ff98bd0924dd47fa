"""The county court's claims and its tables: who is in them, keys, references, names in one field. No Spark."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pytest
from docketlink.synthetic import civil_names, civil_register, civil_roll
from docketlink.synthetic.civil_contacts import (
    BULK_CENTRE,
    CLAIMANT,
    COVERED_FROM,
    COVERED_TO,
    DEFENDANT,
    LAND,
    MORT,
    ORGANISATION,
    SHAPE,
    CivilCases,
    meet,
)
from docketlink.synthetic.contacts import World, live
from docketlink.synthetic.kernels import generate_block
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import nation
from docketlink.synthetic.population import age_at, populate

from tests.synthetic.written import MANY_PRISONERS

DATE = "2026-01-05"
SMALL = Plan(11, 900, DATE, people_per_block=300, rates=MANY_PRISONERS)
LARGE = Plan(5, 20_000, DATE, people_per_block=20_000, rates=MANY_PRISONERS)
FIRM = {"LTD", "LIMITED", "PLC", "LLP", "BANK", "COUNCIL", "HOUSING", "TRUST"}


@lru_cache(maxsize=4)
def world(plan: Plan) -> World:
    country = nation(plan.seed)
    return live(plan, 0, populate(plan.seed, 0, plan.people_of(0), country, plan.rates), country)


@lru_cache(maxsize=4)
def cases(plan: Plan) -> CivilCases:
    return meet(plan, 0, world(plan))


@lru_cache(maxsize=8)
def block(plan: Plan, number: int) -> dict[str, pa.Table]:
    return {
        name.removeprefix("civil_caseman."): t for name, t in generate_block(plan, number).items() if "civil" in name or name == "truth"
    }


def column(table: pa.Table, name: str) -> np.ndarray:
    return np.array(table[name].to_pylist(), dtype=object)


def test_people_are_adults_and_claims_fall_on_working_days_of_the_covered_years() -> None:
    made, people = cases(LARGE), world(LARGE).people
    for person in (made.person, made.second):
        there = person >= 0
        age = age_at(people.birth[person[there]], made.day[made.of[there]])
        assert age.min() > 17.9
        assert age.max() < 80.1
    assert made.day.min() >= COVERED_FROM
    assert made.day.max() <= COVERED_TO + 2
    assert float(np.isin((made.day + 3) % 7, (5, 6)).mean()) < 0.01


def test_shares_of_organisations_offenders_and_men_are_the_documented_ones() -> None:
    made, mine = cases(LARGE), world(LARGE)
    assert float((made.person == ORGANISATION).mean()) == pytest.approx(0.55, abs=0.02)
    assert float((made.person[made.role == CLAIMANT] == ORGANISATION).mean()) == pytest.approx(SHAPE.firm_claims, abs=0.01)
    assert len(made.of) / len(made.day) == pytest.approx(2.3, abs=0.05)
    sued = np.unique(np.r_[made.person[made.role == DEFENDANT], made.second])
    sued = sued[sued >= 0]
    offenders = np.unique(mine.cases.person)
    assert float(np.isin(offenders, sued).mean()) == pytest.approx(SHAPE.offenders, abs=0.02)
    assert float((mine.people.sex[sued] == 0).mean()) == pytest.approx(0.55, abs=0.03)
    kinds = np.bincount(made.kind, minlength=8) / len(made.day)
    assert np.allclose(kinds, SHAPE.kinds, atol=0.01)


def test_people_of_both_registers_are_as_many_as_magistrates_ones() -> None:
    truth = block(LARGE, 0)["truth"]
    source = column(truth, "source")
    assert (source == "civil_caseman").sum() / (source == "mags_hocas").sum() == pytest.approx(1.0, rel=0.06)


def test_possession_claims_all_but_stop_in_the_summer_of_2020() -> None:
    made = [cases(Plan(seed, 20_000, DATE, people_per_block=20_000, rates=MANY_PRISONERS)) for seed in (5, 6, 7, 8)]
    possession = np.concatenate([np.isin(each.kind, (MORT, LAND)) for each in made])
    months = np.concatenate([each.day.astype("datetime64[D]").astype("datetime64[M]") for each in made])
    closed = np.isin(months, np.arange("2020-04", "2020-10", dtype="datetime64[M]"))
    summers = [np.arange(f"{year}-04", f"{year}-10", dtype="datetime64[M]") for year in (2017, 2018, 2019, 2021)]
    usual = np.isin(months, np.concatenate(summers))
    left = (possession & closed).sum() / ((possession & usual).sum() / 4)
    assert left == pytest.approx(1 - SHAPE.closed, abs=0.06)
    assert (~possession & closed).sum() / ((~possession & usual).sum() / 4) == pytest.approx(1.0, abs=0.1)


def test_nobody_is_on_both_sides_or_twice_in_a_claim() -> None:
    made = cases(LARGE)
    pairs = np.r_[np.c_[made.of, made.person], np.c_[made.of, made.second]]
    pairs = pairs[pairs[:, 1] >= 0]
    assert len(np.unique(pairs, axis=0)) == len(pairs)


def test_keys_are_unique_within_and_between_blocks() -> None:
    for name, key, least in (
        ("cases", ["case_number"], 100),
        ("case_party_roles", ["case_number", "party_role_code", "case_party_no"], 100),
        ("parties", ["party_id"], 100),
        ("given_addresses", ["address_id"], 100),
        ("coded_parties", ["code"], 100),
        ("case_events", ["case_number", "event_seq"], 100),
        ("judgments", ["case_number", "judg_seq"], 50),
        ("warrants", ["warrant_no"], 20),
        ("pcol_claim", ["claim_no"], 10),
        ("pcol_party", ["claim_no", "role", "party_no"], 20),
    ):
        keys = [each for n in range(SMALL.blocks) for each in zip(*(column(block(SMALL, n)[name], c) for c in key), strict=True)]
        assert len(keys) > least, name
        assert len(set(keys)) == len(keys), name


def test_claim_numbers_fit_however_large_the_nation() -> None:
    plan = Plan(5, 2_000, DATE, rates=MANY_PRISONERS)
    seen: set[str] = set()
    for number in (0, 1, 12_998, 12_999):
        numbers = civil_roll.case_numbers(plan, number, cases(plan))
        assert {len(each) for each in numbers} == {8}
        assert not seen & set(numbers)
        seen |= set(numbers)
        assert len(set(numbers)) == len(numbers)


def test_every_reference_is_found_and_only_creditors_stand_in_the_first_block() -> None:
    parts = [block(SMALL, n) for n in range(SMALL.blocks)]
    tables = {name: pa.concat_tables([part[name] for part in parts]) for name in parts[0]}
    case, party = set(column(tables["cases"], "case_number")), set(column(tables["parties"], "party_id"))
    for name in ("case_party_roles", "case_events", "judgments", "warrants"):
        assert set(column(tables[name], "case_number")) <= case, name
    assert set(column(tables["pcol_claim"], "claim_no")) <= case
    assert set(column(tables["pcol_party"], "claim_no")) == set(column(tables["pcol_claim"], "claim_no"))
    assert set(column(tables["case_party_roles"], "party_id")) <= party
    assert set(column(tables["coded_parties"], "party_id")) <= party
    assert set(column(tables["cases"], "cred_code")) - {None} <= set(column(tables["coded_parties"], "code"))
    assert [part["coded_parties"].num_rows for part in parts] == [civil_names.CREDITORS, 0, 0]
    named = ("case_number", "party_role_code", "case_party_no")
    roles = set(zip(*(column(tables["case_party_roles"], name) for name in named), strict=True))
    address = tables["given_addresses"]
    coded = column(address, "address_type_code") == "CODED PARTY"
    assert set(zip(*(column(address, name)[~coded] for name in named), strict=True)) <= roles
    assert all(party is None for party in column(address, "party_id")[~coded])
    current = [
        key
        for key, to in zip(zip(*(column(address, n)[~coded] for n in named), strict=True), column(address, "valid_to")[~coded], strict=True)
        if to is None
    ]
    assert len(set(current)) == len(current)


def test_the_truth_is_every_person_of_a_party_role_and_of_the_online_register_once() -> None:
    plan = LARGE
    truth = [tuple(row["record_key"].split("\x1f")[1:]) for row in block(plan, 0)["truth"].to_pylist() if row["source"] == "civil_caseman"]
    assert len(set(truth)) == len(truth)
    made = cases(plan)
    rows, number = civil_roll.roll(plan, 0, made), civil_roll.case_numbers(plan, 0, made)
    expected = {
        (number[rows.of[n]], civil_roll.ROLES[rows.role[n]], str(rows.number[n]), place)
        for person, place in ((rows.person, "1"), (rows.second, "2"))
        for n in np.flatnonzero(person >= 0).tolist()
    }
    online = block(plan, 0)["pcol_party"].to_pylist()
    expected |= {(row["claim_no"], f"PCOL {row['role']}", row["party_no"], "1") for row in online if row["forename"]}
    assert set(truth) == expected
    assert not any(FIRM & set(row["surname"].upper().split()) for row in online if row["forename"])


def test_values_are_missing_at_the_documented_rates() -> None:
    tables, made = block(LARGE, 0), cases(LARGE)
    rows = civil_roll.roll(LARGE, 0, made)
    born = dict(zip(column(tables["parties"], "party_id"), column(tables["parties"], "person_dob"), strict=True))
    ids = column(tables["case_party_roles"], "party_id")
    alone = np.flatnonzero((rows.person >= 0) & (rows.second < 0))
    assert np.mean([born[ids[n]] is None for n in alone]) == pytest.approx(civil_roll.DIRT.dob_missing, abs=0.01)
    assert all(born[ids[n]] is None for n in np.flatnonzero(rows.person < 0))
    named = ("case_number", "party_role_code", "case_party_no")
    keys = list(zip(*(column(tables["case_party_roles"], name) for name in named), strict=True))
    postcode = dict(
        zip(
            zip(*(column(tables["given_addresses"], name) for name in named), strict=True),
            column(tables["given_addresses"], "postcode"),
            strict=True,
        )
    )
    people = np.flatnonzero(rows.person >= 0)
    assert np.mean([postcode[keys[n]] is None for n in people]) == pytest.approx(civil_roll.DIRT.postcode_missing, abs=0.015)
    assert np.mean(rows.creditor[(rows.role == CLAIMANT) & (rows.person < 0)] >= 0) == pytest.approx(civil_roll.DIRT.coded, abs=0.02)


def test_names_stand_in_one_field_apart_by_runs_of_blanks() -> None:
    tables, made = block(LARGE, 0), cases(LARGE)
    rows = civil_roll.roll(LARGE, 0, made)
    name = dict(zip(column(tables["parties"], "party_id"), column(tables["parties"], "person_requested_name"), strict=True))
    written = np.array([name[each] for each in column(tables["case_party_roles"], "party_id")], dtype=object)
    single, joint = (rows.person >= 0) & (rows.second < 0), rows.second >= 0
    assert max(map(len, written)) <= civil_names.FIELD
    assert np.mean(["  " in each for each in written[single]]) == pytest.approx(1 - civil_names.DIRT.unpadded, abs=0.02)
    assert all(" & " in each or " AND " in each.upper() for each in written[joint])
    assert np.mean([" & " in each for each in written[joint]]) == pytest.approx(1 - civil_names.DIRT.spelt_and, abs=0.08)
    # A middle name shows as a second word before the last run of blanks.
    told = [each.rstrip().rpartition("  ")[0].strip().split() for each in written[single] if "  " in each.strip()]
    titles = {"MR", "MRS", "MISS", "MS"}
    middle = [len([word for word in words if word.upper() not in titles]) > 1 for words in told if words]
    assert np.mean(middle) == pytest.approx(1 - civil_roll.DIRT.middle_missing, abs=0.03)
    firms = written[(rows.person < 0) & (rows.role < 2) & (rows.creditor < 0)]
    unsaid = [not FIRM & set(each.upper().split()) for each in firms]
    assert np.mean(unsaid) == pytest.approx(civil_names.DIRT.unstated_firm, abs=0.01)


def test_what_follows_a_claim_comes_at_the_documented_rates() -> None:
    tables, shape = block(LARGE, 0), civil_register.SHAPE
    number = tables["cases"].num_rows
    assert tables["case_events"].num_rows / number == pytest.approx(shape.events, abs=0.1)
    assert len(set(column(tables["judgments"], "case_number"))) / number == pytest.approx(shape.judgments, abs=0.02)
    assert tables["warrants"].num_rows / number == pytest.approx(shape.warrants, abs=0.02)
    kind = dict(zip(column(tables["cases"], "case_number"), column(tables["cases"], "claim_type"), strict=True))
    possession = [case for case, each in kind.items() if each in ("MORT", "LAND")]
    assert tables["pcol_claim"].num_rows / len(possession) == pytest.approx(shape.online, abs=0.04)
    assert {kind[claim] for claim in column(tables["pcol_claim"], "claim_no")} == {"MORT", "LAND"}
    for row in tables["warrants"].to_pylist()[:500]:
        assert (row["warrant_type"] == "POSSESSION") == (kind[row["case_number"]] in ("MORT", "LAND"))
    money = column(tables["cases"], "admin_crt_code")[column(tables["cases"], "claim_type") == "SPEC"]
    assert np.mean(money == str(BULK_CENTRE)) == pytest.approx(SHAPE.bulk, abs=0.02)
