"""Probation: keys within areas, the people that prison knows too, events that follow from cases and stays, dirt at the stated rates."""

import numpy as np
import pytest
from docketlink.synthetic import probation, probation_addresses, probation_areas, probation_orders
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import nation
from docketlink.synthetic.population import populate
from docketlink.synthetic.supervision import KINDS, RATES

from tests.synthetic import written
from tests.synthetic.written import DATE, LARGE, SMALL, Table, block, empty, person_of

TABLES = {
    "offender": "offender_id",
    "alias": "alias_id",
    "offender_address": "address_id",
    "additional_identifier": "additional_identifier_id",
    "event": "row_id",
    "rqmnt": "rqmnt_id",
    "licence_condition": "licence_condition_id",
    "pss_rqmnt": "pss_rqmnt_id",
    "recall": "recall_id",
    "breach": "breach_id",
}


def read(name: str, system: Plan = LARGE, number: int = 0) -> Table:
    """A table of the system, or one of another system by its whole name."""
    return written.read(name if "." in name else f"probation_delius.{name}", system, number)


@pytest.mark.parametrize("name", TABLES)
def test_ids_are_unique_within_an_area_through_all_blocks_and_repeat_between_areas(name: str) -> None:
    rows = [read(name, SMALL, number) for number in range(SMALL.blocks)]
    pairs = [pair for table in rows for pair in zip(table["partition_area_id"], table[TABLES[name]], strict=True)]
    assert len(set(pairs)) == len(pairs)
    if name != "event" and len(pairs) > 200:
        assert len({key for _, key in pairs}) < len(pairs)


def test_probation_numbers_are_never_given_twice() -> None:
    crn = [number for n in range(SMALL.blocks) for number in read("offender", SMALL, n)["crn"]]
    assert len(set(crn)) == len(crn) > 200
    assert all(len(each) == 7 and each[0].isalpha() and each[1:].isdigit() for each in crn)


def test_every_row_hangs_on_an_offender_or_on_one_disposal_of_its_area() -> None:
    area = dict(zip(read("offender")["crn"], read("offender")["partition_area_id"], strict=True))
    for name in ("alias", "offender_address", "additional_identifier", "event"):
        rows = read(name)
        assert all(area[crn] == own for crn, own in zip(rows["crn"], rows["partition_area_id"], strict=True)), name
    event = read("event")
    disposals = [pair for pair in zip(event["partition_area_id"], event["disposal_id"], strict=True) if pair[1]]
    assert len(set(disposals)) == len(disposals)
    for name in ("rqmnt", "licence_condition", "pss_rqmnt", "recall", "breach"):
        rows = read(name)
        assert set(zip(rows["partition_area_id"], rows["disposal_id"], strict=True)) <= set(disposals), name
    assert not set(event["event_id"]) <= set(event["disposal_id"])


def test_the_reference_list_decodes_every_id_and_stands_in_the_first_block_alone() -> None:
    listed = read("standard_reference_list")
    sets = dict(zip(listed["standard_reference_list_id"], listed["code_set_name"], strict=True))
    assert len(sets) == len(listed["code_set_name"])
    for name in ("rqmnt", "licence_condition", "pss_rqmnt"):
        rows = read(name)
        for column, code_set in (
            (f"{name}_type_sub_category_id", "REQUIREMENT SUB CATEGORY"),
            (f"{name}_termination_reason_id", "REQUIREMENT TERMINATION REASON"),
            ("units_id", "UNITS"),
        ):
            assert {sets[each] for each in rows[column] if each} == {code_set}, column
    assert {sets[each] for each in read("recall")["recall_reason_id"]} == {"RECALL REASON"}
    assert {sets[each] for each in read("breach")["breach_outcome_id"] if each} == {"BREACH OUTCOME"}
    assert block(SMALL, 1)["probation_delius.standard_reference_list"].num_rows == 0


def test_probation_and_prison_share_people_as_published() -> None:
    probation_people, prison_people = set(person_of("probation_delius").values()), set(person_of("prison_nomis").values())
    both = probation_people & prison_people
    assert len(both) / len(prison_people) == pytest.approx(RATES.of_prison_people, abs=0.005)
    assert 1 - len(both) / len(probation_people) == pytest.approx(RATES.not_in_prison, abs=0.005)
    # which makes the records of both as many as their systems hold nationally: 2.5 to 2.3 million
    assert len(person_of("probation_delius")) / len(person_of("prison_nomis")) == pytest.approx(2.5 / 2.3, abs=0.04)


def test_the_prison_number_of_an_offender_is_one_that_prison_gave_the_same_person() -> None:
    offenders = read("prison_nomis.offenders")
    prison_person = person_of("prison_nomis")
    holder = {n: prison_person[root] for n, root in zip(offenders["offender_id_display"], offenders["root_offender_id"], strict=True)}
    mine, rows = person_of("probation_delius"), read("offender")
    quoted = [(number, mine[crn]) for crn, number in zip(rows["crn"], rows["noms_number"], strict=True) if number]
    assert all(holder[number] == person for number, person in quoted)
    in_prison = [crn for crn in rows["crn"] if mine[crn] in set(holder.values())]
    assert len(quoted) / len(in_prison) == pytest.approx(1 - probation.RATES.noms_missing, abs=0.015)
    other = read("additional_identifier")
    former = np.isin(other["type"], ("XNOMS", "PRNOMS"))
    wrong = [holder[value] != mine[crn] for crn, value in zip(other["crn"][former], other["value"][former], strict=True)]
    assert 0 < sum(wrong) < len(wrong)


def test_one_person_has_one_national_insurance_number_under_both_probation_numbers() -> None:
    mine, rows = person_of("probation_delius"), read("offender")
    numbers: dict[str, set[str]] = {}
    for crn, ni in zip(rows["crn"], rows["ni"], strict=True):
        if ni:
            numbers.setdefault(mine[crn], set()).add(ni)
    assert all(len(each) == 1 for each in numbers.values())
    assert len(set().union(*numbers.values())) == len(numbers)


def test_values_are_missing_or_junk_at_the_stated_rates() -> None:
    rows, own = read("offender"), probation.RATES
    size = len(rows["crn"])
    assert size > 2_500
    for column, share, tolerance in (
        ("dateOfBirth", own.dob_missing, 0.006),
        ("gender", own.gender_missing, 0.003),
        ("pnc", own.pnc_missing, 0.025),
        ("cro", own.cro_missing, 0.035),
        ("ni", own.ni_missing, 0.035),
        ("middleName", own.middle_missing, 0.035),
        ("ethnicity", own.ethnicity_missing, 0.015),
    ):
        assert empty(rows[column]) == pytest.approx(share, abs=tolerance), column
    assert float(np.isin(rows["dateOfBirth"], ("1900-01-01", "1970-01-01")).mean()) == pytest.approx(own.dob_placeholder, abs=0.005)
    assert float(np.isin(rows["ethnicity"], ("Refusal", "Z_Dummy Ethnicity 04/05", "Z1", "ETH03")).mean()) == pytest.approx(
        own.ethnicity_junk, abs=0.007
    )
    marks = [
        sum(name.startswith(mark) for name in rows[column]) for column, mark in (("forename", "MIG_ERROR_"), ("surname", "DUPLICATE_"))
    ]
    assert np.array(marks) / size == pytest.approx([own.migrated_name, own.duplicate_name], abs=0.0035)
    assert min(marks) > 0
    addresses = read("offender_address")
    known = {crn for crn, postcode in zip(addresses["crn"], addresses["postcode"], strict=True) if postcode and postcode != "NF1 1NF"}
    assert 1 - len(known) / size == pytest.approx(probation_addresses.RATES.postcode_missing + 0.02, abs=0.02)
    assert float((addresses["noFixedAbode"] == "Y").mean()) == pytest.approx(probation_addresses.RATES.no_fixed_abode, abs=0.008)
    event, rates = read("event"), probation_orders.RATES
    assert float(np.isin(event["age_at_offence"], ("-1", "0", "157", "999")).mean()) == pytest.approx(rates.impossible_age, abs=0.002)
    assert float(np.isin(event["ethnicity_desc"], ("Refusal", "Z_Dummy Ethnicity 04/05")).mean()) == pytest.approx(
        rates.ethnicity_junk, abs=0.006
    )
    pairs = list(zip(event["partition_area_id"], event["event_id"], strict=True))
    assert 1 - len(set(pairs)) / len(pairs) == pytest.approx(rates.repeated_id, abs=0.0025)
    assert len(set(pairs)) < len(pairs)


def test_rows_of_every_table_are_withdrawn_at_the_stated_rate() -> None:
    marks = np.concatenate([read(name)["soft_deleted"] for name in TABLES])
    assert set(marks) == {"0", "1"}
    assert float((marks == "1").mean()) == pytest.approx(probation_areas.SOFT_DELETED, abs=0.002)


def test_aliases_and_second_numbers_come_at_the_stated_rates() -> None:
    rows, alias, rates = read("offender"), read("alias"), probation.RATES
    size = len(rows["crn"])
    assert len(set(alias["crn"])) / size == pytest.approx(rates.aliases, abs=0.03)
    born = dict(zip(rows["crn"], rows["dateOfBirth"], strict=True))
    usable = {crn: day for crn, day in born.items() if day and day not in ("1900-01-01", "1970-01-01")}
    own = {crn for crn, day in zip(alias["crn"], alias["dateOfBirth"], strict=True) if day and crn in usable and day != usable[crn]}
    assert len(own) / size == pytest.approx(rates.alias_dob, abs=0.012)
    _, numbers = np.unique([*person_of("probation_delius").values()], return_counts=True)
    assert float((numbers > 1).mean()) == pytest.approx(RATES.two_numbers, abs=0.005)


def test_events_and_requirements_are_as_many_as_documented() -> None:
    event, numbers = read("event"), len(read("offender")["crn"])
    assert len(event["crn"]) / numbers == pytest.approx(2.1, abs=0.1)
    assert set(event["crn"]) == set(read("offender")["crn"])
    for name, mean in (("rqmnt", 1.6), ("licence_condition", 1.6), ("pss_rqmnt", 1.2)):
        rows = read(name)
        per = len(rows["disposal_id"]) / len(set(zip(rows["partition_area_id"], rows["disposal_id"], strict=True)))
        assert per == pytest.approx(mean, abs=0.08), name
    orders = np.isin(event["disposal_type_description"], KINDS[:2])
    assert float((event["breach_marker"][orders] == "Y").mean()) == pytest.approx(RATES.breached * 0.95, abs=0.04)
    assert (event["breach_marker"] == "Y").sum() == len(read("breach")["disposal_id"])
    assert (event["recall_count"] != "0").sum() == len(read("recall")["disposal_id"]) > 20


def test_a_report_alone_has_no_disposal_and_everything_else_has_one_after_its_referral() -> None:
    event = read("event")
    report = event["disposal_type_description"] == "Pre-sentence report"
    assert (event["disposal_id"][report] == None).all()  # noqa: E711 - element by element
    assert (event["disposal_date"][report] == None).all()  # noqa: E711
    assert all(a <= b for a, b in zip(event["referral_date"][~report], event["disposal_date"][~report], strict=True))
    assert 0.005 < report.mean() < 0.06
    waits = event["referral_date"][~report] < event["disposal_date"][~report]
    assert float(waits.mean()) == pytest.approx(RATES.reported_first, abs=0.03)


def test_sentence_dates_of_probation_are_those_of_prison() -> None:
    prison_person, mine = person_of("prison_nomis"), person_of("probation_delius")
    roots = dict(zip(read("prison_nomis.offenders")["offender_id"], read("prison_nomis.offenders")["root_offender_id"], strict=True))
    bookings = read("prison_nomis.offender_bookings")
    root_of = {book: roots[offender] for book, offender in zip(bookings["offender_book_id"], bookings["offender_id"], strict=True)}
    sentences = read("prison_nomis.offender_sentences")
    days: dict[str, set[str]] = {}
    for book, day in zip(sentences["offender_book_id"], sentences["sentence_date"], strict=True):
        days.setdefault(prison_person[root_of[book]], set()).add(day)
    event = read("event")
    custody = np.isin(event["disposal_type_description"], ("Adult Custody", "Youth Custody"))
    shared = [day in days.get(mine[crn], ()) for crn, day in zip(event["crn"][custody], event["disposal_date"][custody], strict=True)]
    assert float(np.mean(shared)) > 0.85


def test_orders_follow_from_cases_of_the_magistrates_courts() -> None:
    flat, mags = read("mags_hocas.hocas_flatfile"), person_of("mags_hocas")
    results = {(mags[row], day) for row, day in zip(flat["row_id"], flat["final_result_date"], strict=True) if row in mags}
    event, mine = read("event"), person_of("probation_delius")
    orders = np.isin(event["disposal_type_description"], KINDS[:2])
    found = [(mine[crn], day) in results for crn, day in zip(event["crn"][orders], event["disposal_date"][orders], strict=True)]
    assert float(np.mean(found)) > 0.98  # a few results are written one day before the offence


def test_nobody_is_supervised_before_arrival_or_after_death() -> None:
    people = populate(LARGE.seed, 0, LARGE.people, nation(LARGE.seed), LARGE.rates)
    mine = {crn: int(person.rpartition("-")[2]) for crn, person in person_of("probation_delius").items()}
    event, rows = read("event"), read("offender_address")
    contacts = [
        (crn, day) for name in ("referral_date", "disposal_date") for crn, day in zip(event["crn"], event[name], strict=True) if day
    ]
    contacts += [(crn, day[:10]) for crn, day in zip(rows["crn"], rows["startDateTime"], strict=True)]
    person = np.array([mine[crn] for crn, _ in contacts])
    days = np.array([day for _, day in contacts], dtype="datetime64[D]").astype(np.int64)
    assert people.present(person, days).all()
    assert (people.death[person] < days + 2_000).sum() > 20
    assessed = {key: int(person.rpartition("-")[2]) for key, person in person_of("assess_oasys").items()}
    meta = written.read("assess_oasys.oasys_assessments_metadata")
    who = np.array([assessed[crn or number] for crn, number in zip(meta["crn"], meta["prison_number"], strict=True)])
    assert people.present(who, meta["date_completed"].astype("datetime64[D]").astype(np.int64)).all()


def test_nothing_begins_after_the_snapshot_and_requirements_end_after_they_begin() -> None:
    event = read("event")
    for name in ("referral_date", "disposal_date", "main_offence_date"):
        assert max(day for day in event[name] if day) < DATE, name
    for name in ("rqmnt", "licence_condition", "pss_rqmnt"):
        rows = read(name)
        ends = [(begin, end) for begin, end in zip(rows["commencement_date"], rows["termination_date"], strict=True) if end]
        assert all(begin <= end < DATE for begin, end in ends), name
        assert len(ends) > 0.5 * len(rows["disposal_id"])
        why = rows[f"{name}_termination_reason_id"]
        assert all((end is None) == (reason is None) for end, reason in zip(rows["termination_date"], why, strict=True)), name
    died = {
        row["standard_reference_list_id"]
        for row in block(LARGE, 0)["probation_delius.standard_reference_list"].to_pylist()
        if row["code_description"] == "Died"
    }
    assert set(read("licence_condition")["licence_condition_termination_reason_id"]) & died


def test_addresses_follow_one_another_and_hostels_are_the_nations() -> None:
    rows = read("offender_address")
    spans = [(begin, end) for begin, end in zip(rows["startDateTime"], rows["endDateTime"], strict=True) if end]
    assert all(begin[:10] <= end[:10] <= DATE for begin, end in spans)
    assert all((end is None) == (status == "M") for end, status in zip(rows["endDateTime"], rows["status"], strict=True))
    hostel = rows["buildingName"] == "Approved Premises"
    released = sum(read("event")["disposal_type_description"] == "Adult Custody")
    assert hostel.sum() / released == pytest.approx(probation_addresses.RATES.hostel, abs=0.025)
    assert (rows["uprn"][hostel] == None).all()  # noqa: E711 - element by element
    of_uprn: dict[str, set[str]] = {}
    for uprn, number, street in zip(rows["uprn"], rows["addressNumber"], rows["streetName"], strict=True):
        if uprn:
            of_uprn.setdefault(uprn, set()).add(f"{number} {street}")
    assert all(len(each) == 1 for each in of_uprn.values())
    assert all(len(uprn) == 12 for uprn in of_uprn)
