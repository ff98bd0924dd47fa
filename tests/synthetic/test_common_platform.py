"""Common Platform's messages: whole states of hearings, of which the latest counts; dirt at the stated rates. No Spark."""

import json
import re
from collections import Counter, defaultdict
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from docketlink.synthetic import common_platform, crown_cases, platform_cases
from docketlink.synthetic.contacts import World, live
from docketlink.synthetic.json_text import lists, objects, quoted
from docketlink.synthetic.kernels import generate_block
from docketlink.synthetic.parameters import Plan, Rates
from docketlink.synthetic.places import nation
from docketlink.synthetic.platform_cases import RATES, Defendants, Hearings, cases
from docketlink.synthetic.population import populate

from tests.synthetic.written import MANY_PRISONERS

DATE = "2026-01-05"
PLAN = Plan(5, 40_000, DATE, people_per_block=40_000, rates=MANY_PRISONERS)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@lru_cache(maxsize=1)
def made() -> tuple[World, Defendants, Hearings]:
    country = nation(PLAN.seed)
    world = live(PLAN, 0, populate(PLAN.seed, 0, PLAN.people, country, Rates()), country)
    return world, *cases(PLAN, 0, world)


@lru_cache(maxsize=1)
def tables() -> dict[str, Any]:
    return generate_block(PLAN, 0)


@lru_cache(maxsize=1)
def hearings() -> list[dict[str, Any]]:
    return [json.loads(line)["hearing"] for line in tables()["common_platform.hearing_event"]["message"].to_pylist()]


def shared_at(hearing: dict[str, Any]) -> str:
    return max((result["lastSharedDateTime"] for _, _, result in results(hearing)), default="")


def defendants(hearing: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for case in hearing["prosecutionCases"] for each in case["defendants"]]


def results(hearing: dict[str, Any]) -> list[tuple[Any, Any, Any]]:
    return [(d, o, r) for d in defendants(hearing) for o in d["offences"] for r in o["judicialResults"]]


@lru_cache(maxsize=1)
def latest() -> dict[str, dict[str, Any]]:
    """The latest message of each hearing, by the time of its results, then by arrival."""
    found: dict[str, tuple[str, int]] = {}
    for place, hearing in enumerate(hearings()):
        found[hearing["id"]] = max(found.get(hearing["id"], ("", -1)), (shared_at(hearing), place))
    return {key: hearings()[place] for key, (_, place) in found.items()}


@lru_cache(maxsize=1)
def nodes() -> list[dict[str, Any]]:
    """Each defendant as the latest of the hearings tells."""
    by_id: dict[str, tuple[str, dict[str, Any]]] = {}
    for hearing in latest().values():
        for each in defendants(hearing):
            by_id[each["id"]] = max(
                by_id.get(each["id"], ("", {})), (hearing["hearingDays"][0]["sittingDay"], each), key=lambda pair: pair[0]
            )
    return [each for _, each in by_id.values()]


def persons() -> list[dict[str, Any]]:
    return [each["personDefendant"]["personDetails"] for each in nodes() if "personDefendant" in each]


def share(values: list[bool]) -> float:
    return float(np.mean(values))


def test_truth_has_each_person_in_a_case_once_and_no_company() -> None:
    truth = {row["record_key"]: row["true_person_id"] for row in tables()["truth"].to_pylist() if row["source"] == "common_platform"}
    people = {f"common_platform\x1f{each['id']}" for each in nodes() if "personDefendant" in each}
    assert {*truth} == people
    companies = [each for each in nodes() if "legalEntityDefendant" in each]
    assert len(companies) / len(nodes()) == pytest.approx(RATES.company, abs=0.006)
    assert not any("personDefendant" in each or each["pncId"] or each["croNumber"] or each["aliases"] for each in companies)
    assert all(each["legalEntityDefendant"]["organisation"]["name"] for each in companies)


def test_ids_are_uuids_and_no_two_blocks_share_one() -> None:
    small = Plan(11, 1_200, DATE, people_per_block=400, rates=MANY_PRISONERS)
    seen: list[str] = []
    for number in range(small.blocks):
        text = "\n".join(generate_block(small, number)["common_platform.hearing_event"]["message"].to_pylist())
        seen += {*UUID.findall(text)}
    assert len(seen) == len({*seen}) > 500
    assert all(UUID.fullmatch(hearing["id"]) for hearing in hearings())


def test_a_defendant_belongs_to_one_case_and_a_hearing_to_one_court_and_day() -> None:
    case_of: dict[str, set[str]] = defaultdict(set)
    head: dict[str, set[str]] = defaultdict(set)
    for hearing in hearings():
        fixed = {name: value for name, value in hearing.items() if name != "prosecutionCases"}
        head[hearing["id"]].add(json.dumps(fixed))
        for case in hearing["prosecutionCases"]:
            for each in case["defendants"]:
                case_of[each["id"]].add(case["id"] + str(case["prosecutionCaseIdentifier"]))
    assert all(len(cases_) == 1 for cases_ in case_of.values())
    assert all(len(heads) == 1 for heads in head.values())


def test_there_are_as_many_messages_and_offences_a_defendant_as_stated() -> None:
    appearances = [each for hearing in hearings() for each in defendants(hearing)]
    assert len(appearances) / len(nodes()) == pytest.approx(RATES.messages, abs=0.15)
    assert share([len(each["offences"]) for each in nodes()]) == pytest.approx(RATES.offences, abs=0.06)  # type: ignore[misc]
    rows = tables()["mags_hocas.hocas_flatfile"].num_rows
    assert len(nodes()) / rows == pytest.approx(0.2, abs=0.02)


def test_messages_tell_the_whole_state_and_results_only_grow() -> None:
    before: dict[str, tuple[str, set[str]]] = {}
    ordered = sorted(hearings(), key=shared_at)
    without = with_results = 0
    for hearing in ordered:
        who = {each["id"] for each in defendants(hearing)}
        said = {result["judicialResultId"] for _, _, result in results(hearing)}
        time, earlier = before.get(hearing["id"], ("", set()))
        assert earlier <= who | earlier
        without, with_results = without + (not said), with_results + bool(said)
        if hearing["id"] in before:
            assert earlier == who, time
        before[hearing["id"]] = (shared_at(hearing), who)
    assert min(without, with_results) > 1_000
    assert all(results(hearing) for hearing in latest().values()) or share([not results(h) for h in latest().values()]) < 0.01


def test_some_messages_are_overtaken_so_that_arrival_alone_would_mislead() -> None:
    last_arrived = {hearing["id"]: hearing for hearing in hearings()}
    misled = [key for key, hearing in last_arrived.items() if hearing is not latest()[key]]
    assert 0 < len(misled) < 0.05 * len(last_arrived)


def test_hearings_are_before_the_snapshot_and_after_the_cut_over() -> None:
    days = [day["sittingDay"][:10] for hearing in hearings() for day in hearing["hearingDays"]]
    assert max(days) < DATE
    assert min(days) > "2020-08-25"
    assert {hearing["jurisdictionType"] for hearing in hearings()} == {"MAGISTRATES", "CROWN"}
    several = [len(hearing["hearingDays"]) > 1 for hearing in hearings() if hearing["jurisdictionType"] == "CROWN"]
    assert 0.05 < share(several) < 0.4
    assert all(len(hearing["courtCentre"]["code"]) == 7 for hearing in hearings())


def test_migrated_cases_have_new_uuids_and_the_urn_that_xhibit_has() -> None:
    world, held, _ = made()
    old = np.flatnonzero((held.lower >= 0) & ~held.is_company)
    assert set(world.reopened.tolist()) <= set(held.lower[old].tolist())
    above = crown_cases.receipts(PLAN, 0, world)
    left = above.case[~above.in_xhibit | above.reopened]
    assert set(held.lower[old].tolist()) == set(world.reopened.tolist()) | set(left.tolist())
    assert np.array_equal(held.urn[old], world.cases.urn[held.lower[old]])
    assert np.array_equal(held.person[old], world.cases.person[held.lower[old]])
    theirs = {row["ptiurn"] for row in tables()["crown_xhibit.xhb_defendant_on_case"].to_pylist()} - {None}
    ours = {case["prosecutionCaseIdentifier"]["caseURN"] for hearing in hearings() for case in hearing["prosecutionCases"]} - {None}
    assert len(theirs & ours) > 5
    pairs = common_platform.migrations(PLAN, 0, world).to_pylist()
    truth = {row["record_key"]: row["true_person_id"] for row in tables()["truth"].to_pylist()}
    assert len(pairs) == len(old)
    for pair in pairs:
        assert truth[f"mags_hocas\x1f{pair['magistrates_key']}"] == truth[f"common_platform\x1f{pair['platform_key']}"]


def test_the_urn_or_the_prosecutors_own_reference_names_a_case() -> None:
    said = {case["id"]: case["prosecutionCaseIdentifier"] for hearing in hearings() for case in hearing["prosecutionCases"]}
    assert all((each["caseURN"] is None) != (each["prosecutionAuthorityReference"] is None) for each in said.values())
    assert share([each["caseURN"] is None for each in said.values()]) == pytest.approx(RATES.urn_missing, abs=0.006)


def test_values_are_missing_at_the_stated_rates() -> None:
    people = [each for each in nodes() if "personDefendant" in each]
    for found, expected, tolerance in (
        ([each["dateOfBirth"] is None for each in persons()], RATES.dob_missing, 0.005),
        ([each["gender"] not in ("MALE", "FEMALE") for each in persons()], RATES.sex_missing, 0.008),
        ([each["middleName"] is None for each in persons()], RATES.middle_missing, 0.02),
        ([each["address"]["postcode"] is None for each in persons()], RATES.postcode_missing, 0.012),
        ([not each["pncId"] for each in people], RATES.pnc_missing, 0.02),
        ([each["croNumber"] is None for each in people], RATES.cro_missing, 0.02),
        ([each["masterDefendantId"] is None for each in people], RATES.master_unset, 0.015),
        ([bool(each["aliases"]) for each in people], RATES.aliases, 0.01),
        ([str(each["address"]["address1"]).startswith("c/o") for each in persons()], RATES.solicitor, 0.006),
    ):
        assert share(found) == pytest.approx(expected, abs=tolerance)
    assert {each["gender"] for each in persons()} == {"MALE", "FEMALE", "NOT SPECIFIED", "NOT_KNOWN", None}
    assert {each["pncId"] for each in people} >= {"", None}
    assert not {each["ethnicity"]["selfDefinedEthnicityCode"] for each in persons()} & {"W4", "W5", "W8", "ETH03", "Z1"}
    phones = [each["contact"]["mobile"] for each in persons() if each["contact"]["mobile"]]
    assert all(re.fullmatch(r"07700 900\d{3}", phone) for phone in phones)


def test_the_master_id_spans_a_persons_cases_but_is_wrong_at_the_stated_rate() -> None:
    truth = {row["record_key"]: row["true_person_id"] for row in tables()["truth"].to_pylist()}
    person = {each["id"]: truth[f"common_platform\x1f{each['id']}"] for each in nodes() if "personDefendant" in each}
    told = [
        (each["masterDefendantId"], person[each["id"]], each["id"])
        for each in nodes()
        if each["id"] in person and each["masterDefendantId"]
    ]
    several = {who for who, number in Counter(person.values()).items() if number > 1}
    mine = [person.get(master) == who for master, who, _ in told]
    assert 1 - share(mine) == pytest.approx(RATES.master_wrong / (1 - RATES.master_unset), abs=0.002)
    shared = Counter(master for master, who, _ in told if who in several)
    assert max(shared.values()) > 3
    assert len(shared) < len(told)


def test_a_corrected_first_message_differs_and_the_latest_has_what_stands() -> None:
    names: dict[str, set[str]] = defaultdict(set)
    count: Counter[str] = Counter()
    for hearing in hearings():
        for each in defendants(hearing):
            if "personDefendant" in each:
                details = each["personDefendant"]["personDetails"]
                names[each["id"]].add(json.dumps(details))
                count[each["id"]] += 1
    several = [key for key, number in count.items() if number > 1]
    assert share([len(names[key]) > 1 for key in several]) == pytest.approx(RATES.corrected, abs=0.02)
    assert max(len(found) for found in names.values()) == 2


def test_results_that_were_taken_back_stand_beside_those_given_instead() -> None:
    found = [result for hearing in latest().values() for _, _, result in results(hearing)]
    assert share([result["isDeleted"] for result in found]) == pytest.approx(RATES.deleted, abs=0.003)
    for hearing in latest().values():
        for each in defendants(hearing):
            for offence in each["offences"]:
                labels = [(r["label"], r["category"]) for r in offence["judicialResults"] if not r["isDeleted"]]
                assert {*[(r["label"], r["category"]) for r in offence["judicialResults"] if r["isDeleted"]]} <= {*labels}
    assert {result["category"] for result in found} == {"FINAL", "INTERMEDIARY", "ANCILLARY"}
    keys = [result["judicialResultId"] for result in found]
    assert len(keys) == len({*keys})


def test_offences_of_a_defendant_keep_their_ids_over_hearings_and_both_pleas_may_be_there() -> None:
    offences: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    both = 0
    for hearing in hearings():
        for each in defendants(hearing):
            offences[each["id"]].add(tuple(offence["id"] for offence in each["offences"]))
            both += sum(bool(offence["plea"] and offence["indicatedPlea"]) for offence in each["offences"])
    assert all(len(found) == 1 for found in offences.values())
    assert both > 100


def test_custody_has_the_day_of_the_prisons_sentence() -> None:
    world, held, heard = made()
    ended = {result["orderedDate"] for h in latest().values() for _, _, result in results(h) if result["label"] == "Imprisonment"}
    stays = world.moved_stay[world.moved_stay >= 0]
    days = {str(day) for day in world.stays.sentence_day[stays].astype("datetime64[D]") if str(day) < DATE}
    assert len(days) > 30
    assert days <= ended
    assert platform_cases.HEARING_TYPES[int(heard.kind.max())] == "Trial"
    assert len(held.person) == len(nodes())
    companies = [each for each in nodes() if "legalEntityDefendant" in each]
    labels = {result["label"] for each in companies for offence in each["offences"] for result in offence["judicialResults"]}
    assert not labels & {"Imprisonment", "Life imprisonment", "Suspended sentence order", "Community order"}


def test_json_texts_are_json_whatever_they_hold() -> None:
    names = np.array(["O'Neill", 'a "b" c', "back\\slash", "", "Zoë"], dtype=object)
    written = lists(objects({"name": quoted(names), "n": "1"}), np.array([2, 0, 3]))
    assert [json.loads(each) for each in written.to_pylist()] == [
        [{"name": "O'Neill", "n": 1}, {"name": 'a "b" c', "n": 1}],
        [],
        [{"name": "back\\slash", "n": 1}, {"name": None, "n": 1}, {"name": "Zoë", "n": 1}],
    ]
