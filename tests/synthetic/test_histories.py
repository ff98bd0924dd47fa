"""Between extracts numbers of prison and probation are merged and split, and people who asked for it are erased everywhere."""

from collections import Counter
from dataclasses import replace
from functools import lru_cache

import pyarrow as pa
import pytest
from docketlink.synthetic.erasure import erased
from docketlink.synthetic.kernels import SYSTEMS, extract_of_block, generate_block, live, nation, populate, truth_of_block
from docketlink.synthetic.parameters import Plan, Rates
from docketlink.synthetic.renumbering import former_numbers

from tests.synthetic.written import MANY_PRISONERS

WEEKS = 6
# Rates so high that a small system has some of everything.
OFTEN = replace(MANY_PRISONERS, numbers_merged=0.5, numbers_split=0.25, erased=1 / 400)
PLAN = Plan(6, 4_000, "2026-01-05", rates=OFTEN, extracts=WEEKS, people_per_block=4_000)
CALM = replace(PLAN, rates=replace(OFTEN, numbers_merged=0.0, numbers_split=0.0, erased=1e-12))
ROOT, CRN = "prison_nomis\x1f", "probation_delius\x1f"


@lru_cache(maxsize=2 * WEEKS)
def extract(weeks: int, plan: Plan = PLAN) -> dict[str, pa.Table]:
    return extract_of_block(plan, 0, weeks)


@lru_cache(maxsize=1)
def made() -> dict[str, pa.Table]:
    return generate_block(PLAN, 0)


def column(table: pa.Table, name: str) -> list[str]:
    return table[name].to_pylist()


def truth(plan: Plan = PLAN) -> dict[str, str]:
    return dict(zip(*(column(truth_of_block(plan, 0), name) for name in ("record_key", "true_person_id")), strict=True))


@lru_cache(maxsize=1)
def gone() -> set[str]:
    flags = erased(PLAN, 0, PLAN.people_of(0), 0)
    return {f"P000000-{n:04d}" for n, is_gone in enumerate(flags.tolist()) if is_gone}


def test_a_single_extract_knows_of_no_history() -> None:
    one = replace(PLAN, extracts=1)
    alone = generate_block(one, 0)
    assert all(content.equals(alone[name]) for name, content in extract_of_block(one, 0, 0).items())
    assert len(truth(one)) == len(truth()) - len(former_numbers(PLAN, 0, made())) - sum(
        "\x1f00000" in k and int(k[-11:]) > 500_000 for k in truth()
    )


def test_merged_numbers_were_two_numbers_of_one_person() -> None:
    formers = former_numbers(PLAN, 0, made())
    assert Counter(each.source for each in formers).keys() == {"prison_nomis", "probation_delius"}
    known = truth()
    assert all(known[f"{each.source}\x1f{each.former}"] == known[f"{each.source}\x1f{each.now}"] for each in formers)
    first, last = extract(WEEKS - 1), extract(0)
    for source, table, key in (("prison_nomis", "offenders", "root_offender_id"), ("probation_delius", "offender", "crn")):
        now, then = ({*column(of[f"{source}.{table}"], key)} for of in (last, first))
        merged = [each for each in formers if each.source == source]
        assert len(merged) > 3
        assert not {each.former for each in merged} & now
        assert sum(each.former in then for each in merged) > 0.8 * len(merged)


def test_a_merge_moves_rows_and_loses_none() -> None:
    calm, first = extract(WEEKS - 1, CALM), extract(WEEKS - 1)
    erased_before = len(calm["prison_nomis.offenders"]) - len(first["prison_nomis.offenders"])
    assert erased_before == 0
    for name in ("offenders", "offender_identifiers", "offender_addresses", "offender_bookings"):
        assert first[f"prison_nomis.{name}"].num_rows == calm[f"prison_nomis.{name}"].num_rows
    changed = [
        (a, b) for a, b in zip(*(column(of["prison_nomis.offenders"], "root_offender_id") for of in (calm, first)), strict=True) if a != b
    ]
    assert changed
    events = [Counter(column(of["probation_delius.event"], "row_id")) for of in (calm, first)]
    assert events[0] == events[1]
    crns = {*column(first["probation_delius.offender"], "crn")}
    for name in ("alias", "offender_address", "additional_identifier", "event"):
        strays = {*column(first[f"probation_delius.{name}"], "crn")} - crns
        missing = {*column(calm[f"probation_delius.{name}"], "crn")} - {*column(calm["probation_delius.offender"], "crn")}
        assert len(strays) <= len(missing) + 2  # a row of the offender that is late or has vanished


@pytest.mark.parametrize("weeks", [0, 2, WEEKS - 1])
def test_every_prison_number_has_one_main_name_and_one_display_at_any_time(weeks: int) -> None:
    rows = extract(weeks)["prison_nomis.offenders"].to_pylist()
    displays: dict[str, set[str]] = {}
    mains: Counter[str] = Counter()
    for row in rows:
        displays.setdefault(row["root_offender_id"], set()).add(row["offender_id_display"])
        mains[row["root_offender_id"]] += row["alias_offender_id"] is None
    assert all(len(each) == 1 for each in displays.values())
    assert len({next(iter(each)) for each in displays.values()}) == len(displays)
    assert max(mains.values()) == 1


def test_a_split_number_stood_under_somebody_elses_before() -> None:
    split = set()
    for source, table, key in (("prison_nomis", "offenders", "root_offender_id"), ("probation_delius", "offender", "crn")):
        calm, first = ({*column(extract(WEEKS - 1, plan)[f"{source}.{table}"], key)} for plan in (CALM, PLAN))
        split |= {(source, number) for number in calm - first}
        assert all(f"{source}\x1f{number}" in truth() for number in calm - first)
    assert len(split) > 2
    assert all(
        number in {*column(made()["prison_nomis.offenders"], "root_offender_id")} for source, number in split if source == "prison_nomis"
    )


def test_numbers_of_the_last_extract_are_as_made() -> None:
    last = extract(0)
    assert {*column(last["prison_nomis.offenders"], "root_offender_id")} <= {*column(made()["prison_nomis.offenders"], "root_offender_id")}
    assert {*column(last["probation_delius.offender"], "crn")} <= {*column(made()["probation_delius.offender"], "crn")}


def test_the_erased_are_in_earlier_extracts_of_every_system_and_in_no_later_one() -> None:
    people = gone()
    assert len(people) > 15
    country = nation(PLAN.seed)
    world = live(PLAN, 0, populate(PLAN.seed, 0, PLAN.people_of(0), country, PLAN.rates), country)
    found: Counter[tuple[str, int]] = Counter()
    first_key = {
        "mags_hocas": ("hocas_flatfile", "row_id"), "crown_xhibit": ("xhb_defendant_on_case", "defendant_on_case_id"),
        "prison_nomis": ("offenders", "root_offender_id"), "probation_delius": ("offender", "crn"), "family_familyman": ("roles", "role"),
    }  # fmt: skip
    for system in SYSTEMS:
        keys, person = system.nodes(PLAN, 0, world)
        theirs = {key for key, own in zip(keys[0].tolist(), person.tolist(), strict=True) if f"P000000-{own:04d}" in people}
        if system.SOURCE in first_key:
            table, name = first_key[system.SOURCE]
            for weeks in (0, WEEKS - 1):
                ids = {*column(extract(weeks)[f"{system.SOURCE}.{table}"], name)}
                found[system.SOURCE, weeks] = len(theirs & ids)
        if system.SOURCE == "common_platform":
            for weeks in range(WEEKS):
                sent = "".join(column(extract(weeks)["common_platform.hearing_event"], "message"))
                present = {f"P000000-{n:04d}" for n, is_gone in enumerate(erased(PLAN, 0, PLAN.people_of(0), weeks).tolist()) if is_gone}
                silent = {key for key, own in zip(keys[0].tolist(), person.tolist(), strict=True) if f"P000000-{own:04d}" in present}
                assert not [key for key in silent if key in sent]
    assert not any(number for (_, weeks), number in found.items() if weeks == 0)
    assert sum(number > 0 for (_, weeks), number in found.items() if weeks) >= 4


def test_nothing_hangs_in_the_air_after_an_erasure() -> None:
    """Children of rows that are gone are gone too, as far as the calm extract has none of them either."""
    parents = [
        ("mags_hocas.hocas_offence", "row_id", "mags_hocas.hocas_flatfile", "row_id"),
        ("crown_xhibit.xhb_defendant", "defendant_id", "crown_xhibit.xhb_defendant_on_case", "defendant_id"),
        ("crown_xhibit.xhb_address", "address_id", "crown_xhibit.xhb_defendant", "address_id"),
        ("crown_xhibit.xhb_defendant_on_offence", "defendant_on_case_id", "crown_xhibit.xhb_defendant_on_case", "defendant_on_case_id"),
        ("crown_xhibit.xhb_disposal", "defendant_on_offence_id", "crown_xhibit.xhb_defendant_on_offence", "defendant_on_offence_id"),
        ("prison_nomis.offender_bookings", "offender_id", "prison_nomis.offenders", "offender_id"),
        ("prison_nomis.offender_sentences", "offender_book_id", "prison_nomis.offender_bookings", "offender_book_id"),
        ("probation_delius.event", "crn", "probation_delius.offender", "crn"),
        ("assess_oasys.oasys_assessments_details_core_risk", "assessment_id", "assess_oasys.oasys_assessments_metadata", "assessment_id"),
        ("family_familyman.role_fields", "role", "family_familyman.roles", "role"),
        ("family_familyman.parties", "party", "family_familyman.roles", "party"),
        ("civil_caseman.parties", "party_id", "civil_caseman.case_party_roles", "party_id"),
    ]
    for child, own, parent, theirs in parents:
        strays = [{*column(extract(0, plan)[child], own)} - {*column(extract(0, plan)[parent], theirs)} for plan in (CALM, PLAN)]
        assert strays[1] <= strays[0], child
        assert extract(0)[child].num_rows < extract(0, CALM)[child].num_rows, child


def test_the_documented_rates_stand() -> None:
    assert (Rates().numbers_merged, Rates().numbers_split, Rates().erased) == (0.002, 0.0002, 1 / 500_000)
