"""Assessments: a number is always there, both are the true ones, answers keep to their scales."""

from itertools import pairwise

import numpy as np
import pytest
from docketlink.synthetic.assessment_items import second_wording
from docketlink.synthetic.assessments import RATES

from tests.synthetic.written import LARGE, SMALL, Table, block, empty, person_of
from tests.synthetic.written import read as read_any

NAMED = (  # every question that the documentation of the system names
    "question_3_3", "question_3_tot", "question_5_1", "question_5_tot", "question_10_5", "question_10_7_histpsych",
    "question_10_7_v2_histpsych",
)  # fmt: skip


def read(name: str, number: int = 0, small: bool = False) -> Table:
    return read_any(f"assess_oasys.oasys_assessments_{name}", SMALL if small else LARGE, number)


def test_keys_are_unique_through_all_blocks_and_answers_belong_to_assessments() -> None:
    ids = [each for n in range(SMALL.blocks) for each in read("metadata", n, small=True)["assessment_id"]]
    assert len(set(ids)) == len(ids) > 300
    known = set(read("metadata")["assessment_id"])
    assert set(read("details_core_risk")["assessment_id"]) == known
    for name in ("details_bcs", "details_sara"):
        answered = read(name)["assessment_id"]
        assert len(set(answered)) == len(answered)
        assert set(answered) < known


def test_one_number_is_always_there_and_each_is_the_persons_own() -> None:
    rows, mine = read("metadata"), person_of("assess_oasys")
    crn_of, offenders, prison = person_of("probation_delius"), read_any("prison_nomis.offenders"), person_of("prison_nomis")
    holder = {n: prison[root] for n, root in zip(offenders["offender_id_display"], offenders["root_offender_id"], strict=True)}
    for crn, number in zip(rows["crn"], rows["prison_number"], strict=True):
        person = mine[crn or number]
        assert crn is None or crn_of[crn] == person
        assert number is None or holder[number] == person
    assert set(mine) == {crn or number for crn, number in zip(rows["crn"], rows["prison_number"], strict=True)}


def test_nobody_has_a_prison_number_before_prison() -> None:
    offenders, bookings = read_any("prison_nomis.offenders"), read_any("prison_nomis.offender_bookings")
    number = dict(zip(offenders["offender_id"], offenders["offender_id_display"], strict=True))
    of_root = person_of("prison_nomis")
    person = {n: of_root[root] for n, root in zip(offenders["offender_id_display"], offenders["root_offender_id"], strict=True)}
    first: dict[str, str] = {}
    for offender, day in zip(bookings["offender_id"], bookings["booking_begin_date"], strict=True):
        who = person[number[offender]]
        first[who] = min(first.get(who, day), day)
    rows = read("metadata")
    quoted = [(n, day) for n, day in zip(rows["prison_number"], rows["date_completed"], strict=True) if n]
    assert all(first[person[n]] <= day for n, day in quoted)


def test_some_people_stand_under_both_numbers_and_nodes_are_as_many_as_documented() -> None:
    mine = person_of("assess_oasys")
    assert len(mine) / len(person_of("probation_delius")) == pytest.approx(2.0 / 2.5, abs=0.06)
    by_number = [person for key, person in mine.items() if not key[1:].isdigit()]
    both = set(by_number) & {person for key, person in mine.items() if key[1:].isdigit()}
    assert 0.01 < len(both) / len(set(mine.values())) < 0.20


def test_values_are_missing_at_the_stated_rates() -> None:
    rows = read("metadata")
    for column, share, tolerance in (
        ("dob", RATES.dob_missing, 0.003),
        ("sex", RATES.sex_missing, 0.001),
        ("pnc", RATES.pnc_missing, 0.03),
        ("cro", RATES.cro_missing, 0.03),
        ("middle_name", RATES.middle_missing, 0.03),
        ("postcode", RATES.postcode_missing, 0.04),
        ("ethnicity", RATES.ethnicity_missing, 0.006),
    ):
        assert empty(rows[column]) == pytest.approx(share, abs=tolerance), column
    imprisoned = np.array([number is not None for number in rows["prison_number"]])
    assert empty(rows["crn"][imprisoned]) == pytest.approx(RATES.crn_missing / (1 - RATES.prison_number_missing), abs=0.06)
    assert 0 < empty(rows["crn"]) < 0.10


def test_answers_keep_to_their_scales() -> None:
    core = read("details_core_risk")
    assert len(core) > 60
    assert set(NAMED) <= set(core)
    assert set(core["question_3_3"]) == {"0", "1", "2", "M"}
    assert set(core["question_10_5"]) == {"0", "2", "M"}
    assert set(core["question_3_tot"]) == {*map(str, range(9)), "M"}
    assert set(core["question_5_tot"]) <= {*map(str, range(10)), "M"}
    assert set(core["question_8_1_heroin_weekly"]) == {None, "YES"}
    assert set(core["question_10_8"]) == {"NO", "YES"}
    scores = np.concatenate([core[name] for name in core if set(core[name]) <= {"0", "1", "2", "M"}])
    assert float((scores == "M").mean()) == pytest.approx(0.06, abs=0.004)
    assert "question_bcs33" in read("details_bcs")
    assert "question_sr45_1_1" in read("details_sara")


def test_a_question_is_asked_in_one_wording_which_changes_on_one_day() -> None:
    core, meta = read("details_core_risk"), read("metadata")
    assert second_wording("10_7_histpsych") == "10_7_v2_histpsych"
    day = dict(zip(meta["assessment_id"], meta["date_completed"], strict=True))
    for item in ("10_7_histpsych", "8_7"):
        old, new = core[f"question_{item}"], core[f"question_{second_wording(item)}"]
        asked_new = np.array([day[each] >= "2017-07-01" for each in core["assessment_id"]])
        assert ((new != None) == asked_new).all()  # noqa: E711 - element by element
        assert ((old != None) == ~asked_new).all()  # noqa: E711
        assert 0.2 < asked_new.mean() < 0.95


def test_needs_hang_together_and_last() -> None:
    core, meta, mine = read("details_core_risk"), read("metadata"), person_of("assess_oasys")
    score = {name: np.array([int(v) if v not in (None, "M") else 0 for v in core[f"question_{name}"]]) for name in ("8_4", "8_5", "5_2")}
    assert np.corrcoef(score["8_4"], score["8_5"])[0, 1] > np.corrcoef(score["8_4"], score["5_2"])[0, 1] > 0.1
    person = [mine[crn or number] for crn, number in zip(meta["crn"], meta["prison_number"], strict=True)]
    again = [a == b for a, b in pairwise(person)]
    pairs = np.flatnonzero(again)
    assert np.corrcoef(score["8_4"][pairs], score["8_4"][pairs + 1])[0, 1] > 0.25
    assert block(LARGE, 0)["assess_oasys.drug_lookup"].num_rows > 5
