"""What one block holds: keys, references, truth, and dirt at the stated rates. No Spark."""

import subprocess
import sys
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pytest
from docketlink.synthetic.contacts import draw_returns, live
from docketlink.synthetic.draws import Stage, stream
from docketlink.synthetic.kernels import generate_block, truth_of_block
from docketlink.synthetic.parameters import PEOPLE_PER_BLOCK, RECORDS_PER_PERSON, Plan, plan
from docketlink.synthetic.places import nation
from docketlink.synthetic.population import age_at, populate

from tests.synthetic.written import MANY_PRISONERS

DATE = "2026-01-05"
SMALL = Plan(seed=11, people=900, snapshot_date=DATE, people_per_block=300, rates=MANY_PRISONERS)
LARGE = Plan(seed=5, people=8_000, snapshot_date=DATE, people_per_block=8_000, rates=MANY_PRISONERS)
RATES = MANY_PRISONERS


@lru_cache(maxsize=8)
def block(system: Plan, number: int) -> dict[str, pa.Table]:
    return generate_block(system, number)


def column(table: pa.Table, name: str) -> np.ndarray:
    return np.array(table[name].to_pylist(), dtype=object)


def missing(table: pa.Table, name: str, rows: np.ndarray | None = None) -> float:
    values = column(table, name)
    return float(np.mean([value is None for value in (values if rows is None else values[rows])]))


def people_rows(table: pa.Table) -> np.ndarray:
    return np.flatnonzero(column(table, "defendantType") != "O")


def test_a_block_depends_on_seed_and_number_alone() -> None:
    again = generate_block(SMALL, 1)
    assert all(again[name].equals(content) for name, content in block(SMALL, 1).items())
    larger = Plan(seed=11, people=90_000, snapshot_date=DATE, people_per_block=300, rates=MANY_PRISONERS)
    assert generate_block(larger, 1)["prison_nomis.offenders"].equals(block(SMALL, 1)["prison_nomis.offenders"])
    other_seed = generate_block(Plan(12, 900, DATE, people_per_block=300, rates=MANY_PRISONERS), 1)
    assert not other_seed["mags_hocas.hocas_flatfile"].equals(block(SMALL, 1)["mags_hocas.hocas_flatfile"])
    assert not block(SMALL, 0)["mags_hocas.hocas_flatfile"].equals(block(SMALL, 1)["mags_hocas.hocas_flatfile"])


def test_truth_has_one_row_for_each_node_and_none_for_an_organisation() -> None:
    for number in range(SMALL.blocks):
        tables = block(SMALL, number)
        flat, offenders, truth = tables["mags_hocas.hocas_flatfile"], tables["prison_nomis.offenders"], tables["truth"]
        offender, assessed = tables["probation_delius.offender"], tables["assess_oasys.oasys_assessments_metadata"].to_pylist()
        keys = column(truth, "record_key")
        expected = {f"mags_hocas\x1f{key}" for key in column(flat, "row_id")[people_rows(flat)]}
        expected |= {f"prison_nomis\x1f{key}" for key in column(offenders, "root_offender_id")}
        expected |= {f"probation_delius\x1f{key}" for key in column(offender, "crn")}
        expected |= {f"assess_oasys\x1f{row['crn'] or row['prison_number']}" for row in assessed}
        assert len(set(keys)) == len(keys)
        assert {
            key for key in keys if key.split("\x1f")[0] in ("mags_hocas", "prison_nomis", "probation_delius", "assess_oasys")
        } == expected
        assert truth.equals(truth_of_block(SMALL, number))


def test_the_same_person_has_one_true_id_in_both_sources_and_none_in_two_blocks() -> None:
    persons = [column(block(SMALL, number)["truth"], "true_person_id") for number in range(SMALL.blocks)]
    assert not set(persons[0]) & set(persons[1])
    truth = block(LARGE, 0)["truth"]
    source, person = column(truth, "source"), column(truth, "true_person_id")
    mags, prison = set(person[source == "mags_hocas"]), set(person[source == "prison_nomis"])
    assert len(mags & prison) / len(mags) == pytest.approx(RATES.prison_among_magistrates, abs=0.03)
    assert len(mags & prison) / len(prison) == pytest.approx(1 - RATES.prison_only, abs=0.03)


def test_the_number_of_records_is_about_what_was_asked_for() -> None:
    nodes = generate_block(plan(1, 16_000, DATE), 0)["truth"].num_rows + generate_block(plan(1, 16_000, DATE), 1)["truth"].num_rows
    assert nodes / 4_000 == pytest.approx(RECORDS_PER_PERSON, rel=0.05)
    assert plan(1, 10_000, DATE).people == round(10_000 / RECORDS_PER_PERSON)


@pytest.mark.parametrize("people", [20, 2_000, 2_001, 30_000_000])
def test_every_block_lies_in_exactly_one_file_and_every_person_in_one_block(people: int) -> None:
    system = Plan(1, people, DATE, rates=MANY_PRISONERS)
    blocks = [number for file in range(system.files) for number in system.blocks_of(file)]
    assert blocks == list(range(system.blocks))
    assert sum(map(system.people_of, blocks)) == people
    assert all(0 < system.people_of(number) <= PEOPLE_PER_BLOCK for number in blocks)
    assert system.files <= 2_000


def test_a_tiny_system_is_whole() -> None:
    tables = generate_block(Plan(3, 20, DATE, rates=MANY_PRISONERS), 0)
    assert all(content.num_columns for content in tables.values())


def test_prison_tables_refer_to_rows_that_are_there() -> None:
    tables = {name.removeprefix("prison_nomis."): content for name, content in block(SMALL, 2).items() if name.startswith("prison_nomis.")}
    roots = set(column(tables["offenders"], "root_offender_id"))
    names = set(column(tables["offenders"], "offender_id"))
    books = set(column(tables["offender_bookings"], "offender_book_id"))
    assert roots <= names
    assert set(column(tables["offender_bookings"], "offender_id")) <= names
    for name in ("offender_identifiers", "offender_addresses"):
        assert set(column(tables[name], "root_offender_id")) <= roots
    for name in ("offender_external_movements", "offender_imprison_statuses", "offender_sentences"):
        assert set(column(tables[name], "offender_book_id")) <= books
    numbers = set(zip(*(column(tables["offenders"], name) for name in ("root_offender_id", "offender_id_display")), strict=True))
    assert len(numbers) == len(roots) == len({display for _, display in numbers})


def test_the_main_name_is_the_latest_of_its_number_and_the_one_of_the_latest_stay() -> None:
    tables = block(SMALL, 0)
    rows = tables["prison_nomis.offenders"].to_pylist()
    main: dict[str, dict[str, str]] = {}
    for row in rows:
        best = main.get(row["root_offender_id"])
        if best is None or (row["create_date"], row["offender_id"]) > (best["create_date"], best["offender_id"]):
            main[row["root_offender_id"]] = row
    assert all(row["alias_offender_id"] is None for row in main.values())
    root_of = {row["offender_id"]: row["root_offender_id"] for row in rows}
    latest: dict[str, tuple[str, str]] = {}
    for stay in tables["prison_nomis.offender_bookings"].to_pylist():
        root = root_of[stay["offender_id"]]
        latest[root] = max(latest.get(root, ("", "")), (stay["booking_begin_date"], stay["offender_id"]))
    assert all(main[root]["offender_id"] == offender for root, (_, offender) in latest.items())


def test_stays_run_forward_and_movements_begin_with_an_admission() -> None:
    tables = block(LARGE, 0)
    for stay in tables["prison_nomis.offender_bookings"].to_pylist():
        assert stay["booking_begin_date"] < DATE
        assert stay["booking_end_date"] is None or stay["booking_begin_date"] <= stay["booking_end_date"] <= DATE
    moves = tables["prison_nomis.offender_external_movements"].to_pylist()
    last: dict[str, tuple[int, str]] = {}
    for move in moves:
        book, place = move["offender_book_id"], (int(move["movement_seq"]), f"{move['movement_date']} {move['movement_time']}")
        if book in last:
            assert last[book][0] < place[0]
            assert last[book][1] <= place[1]
        else:
            assert move["movement_type"] == "ADM"
        last[book] = place
    assert len(moves) / tables["prison_nomis.offender_bookings"].num_rows == pytest.approx(9, rel=0.1)


def test_native_keys_differ_between_blocks() -> None:
    for name, key in (
        ("mags_hocas.hocas_flatfile", ["row_id"]),
        ("mags_hocas.hocas_offence", ["row_id", "seq"]),
        ("prison_nomis.offenders", ["offender_id"]),
        ("prison_nomis.offender_identifiers", ["root_offender_id", "identifier_type", "identifier"]),
        ("prison_nomis.offender_addresses", ["address_id"]),
        ("prison_nomis.offender_bookings", ["offender_book_id"]),
        ("prison_nomis.offender_external_movements", ["offender_book_id", "movement_seq"]),
        ("prison_nomis.offender_imprison_statuses", ["offender_book_id", "imprison_status_seq"]),
        ("prison_nomis.offender_sentences", ["offender_book_id", "sentence_seq"]),
    ):
        keys = [key_ for n in range(SMALL.blocks) for key_ in zip(*(column(block(SMALL, n)[name], c) for c in key), strict=True)]
        assert len(keys) > 50, name
        assert len(set(keys)) == len(keys), name
    cases = [set(column(block(SMALL, n)["mags_hocas.hocas_flatfile"], "caseNo")) for n in range(SMALL.blocks)]
    assert not cases[0] & cases[1]


def test_values_are_missing_at_the_stated_rates() -> None:
    flat = block(LARGE, 0)["mags_hocas.hocas_flatfile"]
    people = people_rows(flat)
    assert len(people) > 4_000
    assert 1 - len(people) / flat.num_rows == pytest.approx(RATES.organisation, abs=0.001)
    for name, share, tolerance in (
        ("defendantDob", RATES.mags_dob_missing, 0.01),
        ("defendantSex", RATES.mags_sex_missing, 0.01),
        ("pcode", RATES.mags_postcode_missing, 0.02),
        ("pnc", RATES.mags_pnc_missing, 0.03),
        ("cro", RATES.mags_cro_missing, 0.03),
        ("forename2", RATES.mags_middle_missing, 0.03),
    ):
        assert missing(flat, name, people) == pytest.approx(share, abs=tolerance), name
    organisations = np.flatnonzero(column(flat, "defendantType") == "O")
    assert all(missing(flat, name, organisations) == 1.0 for name in ("defendantDob", "forename1", "pnc", "defendantSex"))
    tables = block(LARGE, 0)
    roots = len(set(column(tables["prison_nomis.offenders"], "root_offender_id")))
    numbers = tables["prison_nomis.offender_identifiers"]
    kind, owner = column(numbers, "identifier_type"), column(numbers, "root_offender_id")
    assert len(set(owner[kind == "PNC"])) / roots == pytest.approx(1 - RATES.prison_pnc_missing, abs=0.03)
    assert len(set(owner[kind == "CRO"])) / roots == pytest.approx(1 - RATES.prison_cro_missing, abs=0.04)
    addresses = tables["prison_nomis.offender_addresses"]
    known = column(addresses, "postal_code") != None  # noqa: E711 - element by element
    assert len(set(column(addresses, "root_offender_id")[known])) / roots == pytest.approx(1 - RATES.prison_postcode_missing, abs=0.05)


def test_aliases_and_second_numbers_come_at_the_stated_rates() -> None:
    offenders, truth = block(LARGE, 0)["prison_nomis.offenders"], block(LARGE, 0)["truth"]
    roots, names = np.unique(column(offenders, "root_offender_id").astype(str), return_counts=True)
    assert float((names > 1).mean()) == pytest.approx(RATES.prison_aliases, abs=0.05)
    person = column(truth, "true_person_id")[column(truth, "source") == "prison_nomis"]
    _, numbers = np.unique(person.astype(str), return_counts=True)
    assert float((numbers > 1).mean()) == pytest.approx(RATES.prison_two_numbers, abs=0.005)
    assert len(roots) == len(person)


def test_returns_to_court_have_the_published_heavy_tail() -> None:
    returns = draw_returns(stream(9, 0, Stage.CONTACTS), 200_000)
    assert float((returns > 0).mean()) == pytest.approx(0.56, abs=0.005)
    assert float((returns == 1).mean()) == pytest.approx(0.17, abs=0.005)
    assert float((returns >= 6).mean()) == pytest.approx(0.18, abs=0.005)
    assert returns.max() == 200
    assert float(returns.mean()) == pytest.approx(2.7, abs=0.15)


def test_people_of_2011_return_to_court_as_published() -> None:
    system = Plan(8, 20_000, DATE, people_per_block=20_000, rates=MANY_PRISONERS)
    country = nation(8)
    world = live(system, 0, populate(8, 0, 20_000, country, RATES), country)
    cases = world.cases
    in_time = cases.hearing_day < int(np.datetime64("2020-01-01").astype(int))
    first = np.full(20_000, 2**31)
    np.minimum.at(first, cases.person, cases.hearing_day)
    cohort = np.flatnonzero(first < int(np.datetime64("2012-01-01").astype(int)))
    returns = np.bincount(cases.person[in_time], minlength=20_000)[cohort] - 1
    assert len(cohort) > 900
    assert float((returns > 0).mean()) == pytest.approx(0.56, abs=0.05)
    assert float((returns >= 6).mean()) == pytest.approx(0.18, abs=0.04)
    assert float(age_at(world.people.birth[cases.person], cases.offence_day).min()) >= 10


def test_families_hold_twins_and_fathers_with_sons_of_one_name() -> None:
    country = nation(8)
    people = populate(8, 0, 20_000, country, RATES)
    assert float(people.is_twin.mean()) == pytest.approx(RATES.twins, abs=0.002)
    twins = np.flatnonzero(people.is_twin)
    assert np.array_equal(people.birth[twins[::2]], people.birth[twins[1::2]])
    assert np.array_equal(people.family[twins[::2]], people.family[twins[1::2]])
    assert float((people.forename[twins[::2]] == people.forename[twins[1::2]]).mean()) < 0.02
    key = people.family * 10**9 + people.forename * 10_000 + people.surname
    _, place, count = np.unique(key, return_inverse=True, return_counts=True)
    men = people.sex == 0
    assert float((count[place][men] > 1).mean()) == pytest.approx(RATES.same_name_men, abs=0.006)


def test_names_collide_as_often_as_the_published_figures_say() -> None:
    country = nation(8)
    people = populate(8, 0, 60_000, country, RATES)
    men = np.flatnonzero(people.sex == 0)
    for values, published in ((people.forename[men], 0.0064), (people.surname[men], 7.9e-4)):
        _, count = np.unique(values, return_counts=True)
        chance = float(((count / count.sum()) ** 2).sum())
        assert published / 2 < chance < published * 2
    distinct = len(np.unique(people.forename)), len(np.unique(people.surname))
    assert distinct[0] > 300
    assert distinct[1] > 800


def test_names_and_dates_of_birth_of_one_person_differ_as_often_as_stated() -> None:
    tables = block(LARGE, 0)
    flat, truth = tables["mags_hocas.hocas_flatfile"], tables["truth"]
    person = dict(zip(column(truth, "record_key"), column(truth, "true_person_id"), strict=True))
    known = populate(5, 0, 8_000, nation(5), RATES)
    born = {f"P000000-{n:04d}": str(day) for n, day in enumerate(known.birth.astype("datetime64[D]"))}
    pairs = [
        ("-".join(reversed(dob.split("/"))), born[person[f"mags_hocas\x1f{row}"]])
        for row, dob, kind in zip(*(column(flat, name) for name in ("row_id", "defendantDob", "defendantType")), strict=True)
        if kind != "O" and dob and len(dob) == 10
    ]
    wrong = [written for written, true in pairs if written != true]
    stated = RATES.dob_edit + RATES.dob_swap + RATES.dob_year + RATES.dob_other + RATES.dob_placeholder
    assert len(wrong) / len(pairs) == pytest.approx(stated, abs=0.007)
    assert {"1900-01-01", "1970-01-01"} & set(wrong)


def test_kernels_need_nothing_that_executors_lack() -> None:
    lacking = ["pydantic", "yaml", "click", "structlog", "splink", "scipy", "delta", "pandas", "pyspark", "docketlink.config"]
    code = f"import sys; sys.modules.update(dict.fromkeys({lacking!r})); import docketlink.synthetic.kernels"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
