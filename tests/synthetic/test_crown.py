"""XHIBIT's extract: keys and references, who reaches the Crown Court, journeys from below, dirt at the stated rates. No Spark."""

import re
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pytest
from docketlink.synthetic import crown, crown_cases
from docketlink.synthetic.contacts import World, live
from docketlink.synthetic.crown_cases import RATES, RESULTS, crown_courts
from docketlink.synthetic.kernels import generate_block
from docketlink.synthetic.parameters import Plan, Rates
from docketlink.synthetic.places import nation
from docketlink.synthetic.population import populate

from tests.synthetic.written import MANY_PRISONERS

DATE = "2026-01-05"
SMALL = Plan(11, 4_000, DATE, people_per_block=2_000, rates=MANY_PRISONERS)
LARGE = Plan(5, 60_000, DATE, people_per_block=60_000, rates=MANY_PRISONERS)


@lru_cache(maxsize=4)
def block(plan: Plan, number: int) -> dict[str, pa.Table]:
    return {name.removeprefix("crown_xhibit."): table for name, table in generate_block(plan, number).items()}


@lru_cache(maxsize=1)
def world() -> World:
    country = nation(LARGE.seed)
    return live(LARGE, 0, populate(LARGE.seed, 0, LARGE.people, country, Rates()), country)


def column(table: str, name: str, plan: Plan = LARGE, number: int = 0) -> np.ndarray:
    return np.array(block(plan, number)[table][name].to_pylist(), dtype=object)


def people() -> np.ndarray:
    """Rows of defendants on case that are people whose name is told."""
    return np.flatnonzero((column("xhb_defendant", "is_company") == "N") & (column("xhb_defendant_on_case", "is_masked") == "N"))


def is_none(values: np.ndarray) -> float:
    return float(np.mean([value is None for value in values]))


def test_keys_are_unique_over_blocks_and_every_reference_is_found() -> None:
    keys = {
        "xhb_case": ("case_id",), "xhb_defendant": ("defendant_id",), "xhb_address": ("address_id",),
        "xhb_defendant_on_case": ("defendant_on_case_id",), "xhb_defendant_on_offence": ("defendant_on_offence_id",),
        "xhb_disposal": ("disposal2_id",),
    }  # fmt: skip
    for table, key in (*keys.items(), ("xhb_case", ("court_id", "case_type", "case_number"))):
        made = [row for number in (0, 1) for row in zip(*(column(table, name, SMALL, number) for name in key), strict=True)]
        assert len(made) > 60
        assert len(set(made)) == len(made), table
    for child, own, parent, theirs in (
        ("xhb_defendant_on_case", "case_id", "xhb_case", "case_id"),
        ("xhb_defendant_on_case", "defendant_id", "xhb_defendant", "defendant_id"),
        ("xhb_defendant", "address_id", "xhb_address", "address_id"),
        ("xhb_defendant_on_offence", "defendant_on_case_id", "xhb_defendant_on_case", "defendant_on_case_id"),
        ("xhb_disposal", "defendant_on_offence_id", "xhb_defendant_on_offence", "defendant_on_offence_id"),
        ("xhb_case", "linked_case_id", "xhb_case", "case_id"),
    ):
        assert set(column(child, own)) - {None} <= set(column(parent, theirs)), (child, own)
    assert set(column("xhb_case", "case_id")) == set(column("xhb_defendant_on_case", "case_id"))
    assert set(column("xhb_defendant_on_case", "defendant_on_case_id")) == set(column("xhb_defendant_on_offence", "defendant_on_case_id"))


def test_case_numbers_repeat_between_courts() -> None:
    number, court = column("xhb_case", "case_number"), column("xhb_case", "court_id")
    assert len(set(number)) < len(set(zip(number, court, strict=True)))


def test_truth_has_each_person_once_and_no_company_or_masked_defendant() -> None:
    for number in range(SMALL.blocks):
        on_case, defendant = block(SMALL, number)["xhb_defendant_on_case"], block(SMALL, number)["xhb_defendant"]
        truth = [row["record_key"] for row in block(SMALL, number)["truth"].to_pylist() if row["source"] == "crown_xhibit"]
        known = [
            f"crown_xhibit\x1f{row['defendant_on_case_id']}"
            for row, person in zip(on_case.to_pylist(), defendant.to_pylist(), strict=True)
            if row["is_masked"] == "N" and person["is_company"] == "N"
        ]
        assert sorted(truth) == sorted(known)


def test_the_stated_share_of_magistrates_people_reaches_the_crown_court() -> None:
    made = crown_cases.receipts(LARGE, 0, world())
    below = np.unique(world().cases.person)
    reached = np.unique(world().cases.person[made.case[made.in_xhibit]])
    assert len(reached) / len(below) == pytest.approx(RATES.people, abs=0.004)
    appellants = np.unique(world().cases.person[made.case[made.kind == crown_cases.APPEAL]])
    assert len(appellants) / len(below) == pytest.approx(RATES.appellants, abs=0.002)
    rows = block(LARGE, 0)["xhb_defendant_on_case"].num_rows
    assert rows / block(LARGE, 0)["mags_hocas.hocas_flatfile"].num_rows == pytest.approx(0.05, abs=0.007)


def test_receipts_begin_in_2013_and_end_within_a_quarter_of_the_courts_cut_over() -> None:
    received, court = column("xhb_case", "received_date"), column("xhb_case", "court_id").astype(int) - 401
    first_hand = column("xhb_case", "linked_case_id") == None  # noqa: E711 - element by element
    day = np.array([each[:10] for each in received]).astype("datetime64[D]").astype(int)
    assert received.min() >= "2013-01-01"
    assert bool((day[first_hand] <= crown_courts(LARGE.seed).shift[court[first_hand]] + 90).all())
    year = np.array([each[:4] for each in received])
    assert (year == "2022").sum() < (year == "2021").sum() < (year == "2019").sum()


def test_journeys_lead_from_the_magistrates_row_of_the_same_person_and_committal() -> None:
    pairs = crown.journeys(LARGE, 0, world()).to_pylist()
    truth = {row["record_key"]: row["true_person_id"] for row in block(LARGE, 0)["truth"].to_pylist()}
    below = {row["row_id"]: row for row in block(LARGE, 0)["mags_hocas.hocas_flatfile"].to_pylist()}
    case = {row["case_id"]: row for row in block(LARGE, 0)["xhb_case"].to_pylist()}
    above = {row["defendant_on_case_id"]: row for row in block(LARGE, 0)["xhb_defendant_on_case"].to_pylist()}
    assert len(pairs) == len({pair["crown_key"] for pair in pairs}) == len(people())
    typed = agree = 0
    for pair in pairs:
        row, entry = below[pair["magistrates_key"]], above[pair["crown_key"]]
        assert truth[f"mags_hocas\x1f{pair['magistrates_key']}"] == truth[f"crown_xhibit\x1f{pair['crown_key']}"]
        on = case[entry["case_id"]]
        assert (row["committed_to_crown"] == "Y") == (on["case_type"] != "A")
        if on["magistrates_case_ref"]:
            typed += 1
            agree += re.sub(r"\D", "", on["magistrates_case_ref"]) == row["caseNo"]
    assert 1 - agree / typed == pytest.approx(RATES.case_ref_wrong, abs=0.008)
    forms = {re.sub(r"\d", "9", on["magistrates_case_ref"]) for on in case.values() if on["magistrates_case_ref"]}
    assert any("/" in form for form in forms)
    assert any(" " in form.strip() for form in forms)


def test_a_transfer_makes_a_second_case_with_a_defendant_of_its_own() -> None:
    cases = {row["case_id"]: row for row in block(LARGE, 0)["xhb_case"].to_pylist()}
    second = [row for row in cases.values() if row["linked_case_id"]]
    assert len(second) / (len(cases) - len(second)) == pytest.approx(RATES.transferred, abs=0.01)
    for row in second:
        first = cases[row["linked_case_id"]]
        assert (first["transferred_case"], first["case_status"]) == ("Y", "T")
        assert first["court_id"] != row["court_id"]
        assert row["original_case_number"] == first["case_type"] + first["case_number"]
        assert first["received_date"] < row["received_date"]


def test_days_of_stays_in_prison_are_days_of_disposals() -> None:
    made = crown_cases.receipts(LARGE, 0, world())
    tied = made.stay >= 0
    assert tied.sum() > 300
    assert np.array_equal(made.ended[tied], world().stays.sentence_day[made.stay[tied]])
    assert set(made.result[tied].tolist()) <= {crown_cases.INDETERMINATE, crown_cases.CUSTODIAL}
    assert not set(made.result[~tied].tolist()) & {crown_cases.INDETERMINATE, crown_cases.CUSTODIAL}
    assert bool((made.received <= made.ended).all())


def test_values_are_missing_at_the_stated_rates() -> None:
    known = people()
    for table, name, share, tolerance in (
        ("xhb_defendant", "date_of_birth", RATES.dob_missing, 0.008),
        ("xhb_defendant", "middle_name", RATES.middle_missing, 0.03),
        ("xhb_defendant", "ethnicity_self_defined", RATES.ethnicity_missing, 0.02),
        ("xhb_address", "postcode", RATES.postcode_missing, 0.025),
        ("xhb_defendant_on_case", "pnc_id", RATES.pnc_missing, 0.03),
        ("xhb_defendant_on_case", "asn", RATES.asn_missing, 0.02),
        ("xhb_defendant_on_case", "ptiurn", RATES.urn_missing, 0.015),
        ("xhb_defendant_on_case", "mag_court_first_hearing_date", RATES.hearing_missing, 0.02),
    ):
        assert is_none(column(table, name)[known]) == pytest.approx(share, abs=tolerance), name
    assert float(np.mean(~np.isin(column("xhb_defendant", "gender")[known], ["1", "2"]))) == pytest.approx(RATES.sex_missing, abs=0.01)
    assert is_none(column("xhb_case", "magistrates_case_ref")) == pytest.approx(RATES.case_ref_missing, abs=0.012)
    size = len(column("xhb_defendant", "is_company"))
    assert float((column("xhb_defendant", "is_company") == "Y").mean()) == pytest.approx(RATES.company, abs=0.003)
    assert float((column("xhb_defendant_on_case", "is_masked") == "Y").mean()) == pytest.approx(RATES.masked, abs=0.003)
    assert float((column("xhb_defendant_on_case", "obs_ind") == "Y").mean()) == pytest.approx(RATES.obsolete, abs=0.008)
    assert 1.0 - len(people()) / size < 0.02


def test_masked_defendants_and_companies_tell_nothing_of_a_person() -> None:
    defendant, hidden = block(LARGE, 0)["xhb_defendant"].to_pylist(), set(range(len(column("xhb_defendant", "surname")))) - set(people())
    assert hidden
    for place in hidden:
        row = defendant[place]
        assert not any(row[name] for name in ("first_name", "middle_name", "date_of_birth", "initials", "ethnicity_self_defined"))
        assert row["is_company"] == "Y" or row["surname"] == "MASKED"
    assert all(row["surname"] != "MASKED" for place, row in enumerate(defendant) if place not in hidden)


def test_pncs_have_ten_characters_and_fields_their_widths() -> None:
    pnc = [value for value in column("xhb_defendant_on_case", "pnc_id") if value]
    assert all(re.fullmatch(r"\d{9}[A-Z]", value) for value in pnc)
    letters = "ZABCDEFGHJKLMNPQRTUVWXY"
    wrong = [letters[int(value[:9]) % 23] != value[9] for value in pnc if value != "000000000Z"]
    assert float(np.mean(wrong)) == pytest.approx(0.03, abs=0.01)
    assert pnc.count("000000000Z") / len(pnc) == pytest.approx(0.02, abs=0.01)
    assert {len(value) for value in column("xhb_defendant_on_case", "asn") if value} == {20}
    for table, names, width in (
        ("xhb_defendant", ("first_name", "middle_name", "surname"), 35),
        ("xhb_address", ("address_1", "address_2", "address_3", "town"), 30),
        ("xhb_address", ("postcode",), 8),
    ):
        assert all(len(value) <= width for name in names for value in column(table, name) if value)


def test_results_carry_the_published_priority_and_the_principal_offence_the_heaviest() -> None:
    disposals = block(LARGE, 0)["xhb_disposal"].to_pylist()
    assert all(RESULTS.index(row["result_code"]) + 1 == int(row["result_priority"]) for row in disposals)
    assert all((row["custodial_period_days"] is not None) == (row["result_code"] in ("IMP", "SUSP")) for row in disposals)
    assert all(row["disposal_date"][:10] <= DATE for row in disposals)
    offences = column("xhb_defendant_on_offence", "defendant_on_offence_id").tolist()
    owner = dict(zip(offences, column("xhb_defendant_on_offence", "defendant_on_case_id"), strict=True))
    custodial = dict(zip(*(column("xhb_defendant_on_case", name) for name in ("defendant_on_case_id", "custodial")), strict=True))
    heaviest: dict[str, int] = {}
    for row in disposals:
        on = owner[row["defendant_on_offence_id"]]
        heaviest[on] = min(heaviest.get(on, 99), int(row["result_priority"]))
    assert all((custodial[on] == "Y") == (priority <= 2) for on, priority in heaviest.items())
    assert len(offences) / len(custodial) == pytest.approx(2.2, abs=0.1)
    assert len(disposals) / len({row["defendant_on_offence_id"] for row in disposals}) == pytest.approx(1.3, abs=0.1)


def test_a_case_that_ended_elsewhere_has_no_disposal_here() -> None:
    made = crown_cases.receipts(LARGE, 0, world())
    entries = crown_cases.docket(LARGE, 0, world(), made)
    assert made.reopened.sum() > 5
    away = {column("xhb_defendant_on_case", "defendant_on_case_id")[place] for place in np.flatnonzero(made.reopened[entries.receipt])}
    offence = {
        row["defendant_on_offence_id"]
        for row in block(LARGE, 0)["xhb_defendant_on_offence"].to_pylist()
        if row["defendant_on_case_id"] in away
    }
    assert not offence & set(column("xhb_disposal", "defendant_on_offence_id"))


def test_the_young_have_a_parents_name() -> None:
    young = column("xhb_defendant_on_case", "is_juvenile") == "Y"
    assert young.sum() > 10
    has = column("xhb_defendant", "parent_guardian_name") != None  # noqa: E711 - element by element
    known = np.zeros(len(young), dtype=bool)
    known[people()] = True
    assert np.array_equal(has[known], young[known])
