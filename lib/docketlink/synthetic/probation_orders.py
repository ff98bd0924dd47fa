"""What probation carries out: events, and the requirements, licence conditions, recalls and breaches that hang on them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from docketlink.synthetic.contacts import OFFENCES, World
from docketlink.synthetic.draws import Flags, Ints, Stage, Texts, happens, pick, stream, texts
from docketlink.synthetic.geography import geography
from docketlink.synthetic.noise import blank
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import street_of
from docketlink.synthetic.population import NEVER, age_at
from docketlink.synthetic.probation_areas import filed, ids_in_area
from docketlink.synthetic.probation_lists import (
    BREACH_OUTCOME,
    BREACHED,
    COMPLETED,
    CONDITIONS,
    DAYS,
    DIED,
    EXPIRED,
    HOURS,
    RECALL_REASON,
    REQUIREMENTS,
    REVOKED,
    SESSIONS,
    SUB_CATEGORY,
    TERMINATION,
    TOP_UPS,
    UNITS,
    Category,
    reference_ids,
    sub_categories,
)  # fmt: skip
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.supervision import COMMUNITY, KINDS, SUSPENDED, Events, Supervised
from docketlink.synthetic.writing import chosen, iso, numbers, table

_ROWS_PER_PERSON = 500


@dataclass(frozen=True)
class OrderRates:
    """Shares of events unless said otherwise, and means a row. The means are documented; the shares are choices of ours."""

    repeated_id: float = 0.004  # an event id that another event of the area has
    impossible_age: float = 0.003
    gender_missing: float = 0.003
    ethnicity_missing: float = 0.06
    ethnicity_junk: float = 0.015
    residence_missing: float = 0.08
    requirements: float = 1.6  # an order; licence conditions a release likewise
    top_ups: float = 1.2  # requirements a post-sentence supervision


RATES = OrderRates()
# Group of offence to a main offence code of the Home Office and its description.
_OFFENCES = {
    "VAP": ("00801", "Violence against the person"), "SEX": ("01908", "Sexual offences"), "ROB": ("03401", "Robbery"),
    "THEFT": ("04600", "Theft and handling"), "CDA": ("05800", "Criminal damage and arson"), "DRUGS": ("09261", "Drugs"),
    "WEAP": ("08101", "Weapons"), "PUBORD": ("06601", "Public order"), "MISC": ("07900", "Miscellaneous crimes against society"),
    "FRAUD": ("05300", "Fraud and forgery"), "SNM": ("12500", "Summary non-motoring"), "SM": ("80001", "Summary motoring"),
    "NK": ("09999", "Not known"),
}  # fmt: skip
_CODE = tuple(_OFFENCES[group][0] for group in OFFENCES)
_GROUP = tuple(_OFFENCES[group][1] for group in OFFENCES)
_ETHNICITY = {
    "A1": "Asian/Asian British: Indian", "A2": "Asian/Asian British: Pakistani", "A3": "Asian/Asian British: Bangladeshi",
    "A4": "Asian/Asian British: Chinese", "A9": "Asian/Asian British: Other", "B1": "Black/Black British: Caribbean",
    "B2": "Black/Black British: African", "B9": "Black/Black British: Other", "M1": "Mixed: White & Black Caribbean",
    "M2": "Mixed: White & Black African", "M3": "Mixed: White & Asian", "M9": "Mixed: Other", "O2": "Other Ethnic Group: Arab",
    "O9": "Other Ethnic Group", "W1": "White: British/English/Welsh/Scottish/Northern Irish", "W2": "White: Irish",
    "W3": "White: Gypsy or Irish Traveller", "W5": "White: Roma", "W9": "White: Other",
}  # fmt: skip
_NOTES = ("", "", "", "Attended induction.", "Missed appointment, letter sent; works nights.", "See contact log of the last review.")
_SPANS = {HOURS: 40, DAYS: 15, SESSIONS: 10}


def tables(plan: Plan, block: int, world: World, known: Supervised, crn: Texts, registers: Registers) -> dict[str, pa.Table]:
    """Tables of events and of what hangs on them; all hang by the number of the disposal, which counts within an area."""
    rng = stream(plan.seed, block, Stage.PROBATION, 2)
    snapshot = int(np.datetime64(plan.snapshot_date, "D").astype(np.int64))
    events, area = known.events, known.numbers.area[known.events.of]
    disposal = numbers(3 * ids_in_area(plan, block, area) + 1)
    orders = (events.kind == COMMUNITY) | (events.kind == SUSPENDED)
    released = ~orders & (events.start_day < NEVER)
    topped_up = released & (events.supervised_to > events.end_day)
    parts = (
        ("rqmnt", REQUIREMENTS, orders, RATES.requirements, events.start_day, events.end_day),
        ("licence_condition", CONDITIONS, released, RATES.requirements, events.start_day, events.end_day),
        ("pss_rqmnt", TOP_UPS, topped_up, RATES.top_ups, events.end_day, events.supervised_to),
    )
    death = world.people.death[known.numbers.person[events.of]]
    made = {"event": table(_events(rng, plan, block, world, known, crn, registers, disposal))}
    for name, group, where, mean, start, end in parts:
        of = np.repeat(np.flatnonzero(where), 1 + rng.poisson(mean - 1, size=int(where.sum())))
        how = _ends(rng, events, of, end, death, snapshot)
        columns = _requirement(rng, name, group, of, disposal, start, end, how)
        made[name] = table(filed(rng, plan, block, area[of], columns, f"{name}_id"))
    for name, day, code_set, extra in (("recall", events.recall_day, RECALL_REASON, 28), ("breach", events.breach_day, BREACH_OUTCOME, 60)):
        of = np.flatnonzero(day < snapshot)
        columns = _incident(rng, name, of, disposal, day, code_set, extra, np.minimum(death, snapshot))
        made[name] = table(filed(rng, plan, block, area[of], columns, f"{name}_id"))
    return made


def _events(
    rng: np.random.Generator, plan: Plan, block: int, world: World, known: Supervised, crn: Texts, registers: Registers, disposal: Texts
) -> dict[str, Texts]:
    events, people, size = known.events, world.people, len(known.events)
    person, area = known.numbers.person[events.of], known.numbers.area[events.of]
    has = events.disposal_day < NEVER
    event_id = ids_in_area(plan, block, area)
    # The event that stands before in the same area lends its id.
    again = happens(rng, RATES.repeated_id, size) & (event_id % (plan.people_per_block * 10) > 1)
    age = np.floor(age_at(people.birth[person], events.offence_day)).astype(np.int64)
    impossible = chosen(("-1", "0", "157", "999"), rng.integers(0, 4, size))
    code = registers.ethnicity[registers.offender_of(person)]
    words = texts([_ETHNICITY[each] for each in code])
    junk = happens(rng, RATES.ethnicity_junk, size)
    words = texts(np.where(junk, chosen(("Refusal", "Z_Dummy Ethnicity 04/05"), rng.integers(0, 2, size)), words))
    home = people.reach.postcode[street_of(people.home_at(person, events.referral_day))]
    places = geography()
    return {
        "row_id": numbers(block * plan.people_per_block * _ROWS_PER_PERSON + np.arange(size) + 1, 11),
        **filed(
            rng,
            plan,
            block,
            area,
            {
                "crn": crn[events.of],
                "referral_date": iso(events.referral_day),
                "main_offence_date": iso(events.offence_day),
                "mo_code": chosen(_CODE, events.offence),
                "mo_category_description": chosen(_GROUP, events.offence),
                "disposal_id": blank(disposal, ~has),
                "disposal_date": blank(iso(events.disposal_day), ~has),
                "disposal_type_description": chosen(KINDS, events.kind),
                "age_at_offence": texts(np.where(happens(rng, RATES.impossible_age, size), impossible, numbers(age))),
                "gender": blank(chosen(("M", "F"), people.sex[person]), happens(rng, RATES.gender_missing, size)),
                "ethnicity_desc": blank(words, happens(rng, RATES.ethnicity_missing, size)),
                "lsoa_residence": blank(places.small_area[places.small_area_of(home)], happens(rng, RATES.residence_missing, size)),
                "probation_area_desc": places.probation_area_name[area - 1],
                "breach_marker": chosen(("N", "Y"), (events.breach_day < NEVER).astype(np.int64)),
                "recall_count": numbers(events.recalls),
            },
            "event_id",
        ),
        "event_id": numbers(event_id - again),
    }


def _ends(rng: np.random.Generator, events: Events, of: Ints, end: Ints, death: Ints, snapshot: int) -> Ints:
    """Why each requirement ended, or -1 for those that last."""
    size = len(of)
    dead = death[of] <= end[of]
    breached = events.breach_day[of] < NEVER
    how = np.where(happens(rng, 0.65, size), COMPLETED, np.where(happens(rng, 0.85, size), EXPIRED, REVOKED))
    how = np.where(breached & happens(rng, 0.5, size), np.where(happens(rng, 0.7, size), BREACHED, REVOKED), how)
    return np.where(end[of] >= snapshot, -1, np.where(dead, DIED, how))


def _requirement(
    rng: np.random.Generator, name: str, group: tuple[Category, ...], of: Ints, disposal: Texts, start: Ints, end: Ints, how: Ints
) -> dict[str, Texts]:
    """Rows of one of the three tables of requirements, which have the same columns under names of their own."""
    size = len(of)
    begins, ends = start[of], end[of]
    which = pick(rng, np.array([category[2] for category in group]), size)
    first, count = sub_categories(group)
    sub = first[which] + (rng.random(size) * count[which]).astype(np.int64)
    unit = np.array([category[3] for category in group])[which]
    length = np.where(how == EXPIRED, 1.0, np.where(how == DIED, 1.0, 0.4 + 0.6 * rng.random(size)))
    ended = begins + (np.maximum(ends - begins, 0) * length).astype(np.int64)
    step = np.array([_SPANS.get(each, 1) for each in range(4)])[unit]
    commenced = np.minimum(begins + rng.integers(0, 22, size=size), ended)
    return {
        "disposal_id": disposal[of],
        "commencement_date": iso(commenced),
        "expected_start_date": iso(begins),
        "expected_end_date": iso(ends),
        "termination_date": blank(iso(ended), how < 0),
        f"{name}_type_main_category_code": chosen(tuple(category[0] for category in group), which),
        f"{name}_type_main_category_desc": chosen(tuple(category[1] for category in group), which),
        f"{name}_type_sub_category_id": reference_ids(SUB_CATEGORY)[sub],
        f"{name}_termination_reason_id": blank(reference_ids(TERMINATION)[np.maximum(how, 0)], how < 0),
        "length": numbers(step * rng.integers(1, 7, size=size)),
        "units_id": reference_ids(UNITS)[unit],
        f"{name}_notes": chosen(_NOTES, rng.integers(0, len(_NOTES), size)),
    }


def _incident(
    rng: np.random.Generator, name: str, of: Ints, disposal: Texts, day: Ints, code_set: str, within: int, last: Ints
) -> dict[str, Texts]:
    """Rows of recalls or breaches: the day, why or with what outcome, and the day on which that was known."""
    ids = reference_ids(code_set)
    settled = day[of] + rng.integers(1, within, size=len(of))
    known: Flags = settled < last[of]
    what = "return_to_custody_date" if name == "recall" else "outcome_date"
    code = ids[rng.integers(0, len(ids), size=len(of))]
    return {
        "disposal_id": disposal[of],
        f"{name}_date": iso(day[of]),
        f"{name}_reason_id" if name == "recall" else "breach_outcome_id": code if name == "recall" else blank(code, ~known),
        what: blank(iso(settled), ~known),
    }
