"""Assessments of risk and need (OASys): who was assessed, when, under which number, as the export writes it. Items: assessment_items.py."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from docketlink.synthetic import assessment_items
from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Stage, Texts, happens, rank_within, some, stream, texts
from docketlink.synthetic.identifiers import probation_number, write_cro, write_pnc
from docketlink.synthetic.names import FEMALE, name_book
from docketlink.synthetic.noise import blank, noisy_births, noisy_names
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation, street_of
from docketlink.synthetic.population import NEVER
from docketlink.synthetic.prison_numbers import PrisonNumbers, prison_numbers
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.supervision import REPORT, supervise
from docketlink.synthetic.writing import chosen, iso, numbers, table

SOURCE = "assess_oasys"
NODE_TABLE = "oasys_assessments_metadata"
_ROWS_PER_PERSON = 500


@dataclass(frozen=True)
class AssessmentRates:
    """Shares of people, assessments or rows; all are choices of ours, gaps as documented for the system."""

    of_supervised: float = 0.69  # of probation numbers, somebody is assessed under them: 2.0 nodes to 2.5 of probation
    of_prison_only: float = 0.60  # of prison people whom probation does not know
    again: float = 0.55  # of assessments, followed by another one
    crn_missing: float = 0.05  # of assessments of those with a prison number
    prison_number_missing: float = 0.25  # of assessments of those with a probation number
    dob_missing: float = 0.005
    sex_missing: float = 0.001
    pnc_missing: float = 0.20
    cro_missing: float = 0.70
    middle_missing: float = 0.50
    postcode_missing: float = 0.60
    ethnicity_missing: float = 0.02


RATES = AssessmentRates()


@dataclass(frozen=True)
class Assessments:
    """Assessments in order of person and day. One of the two numbers may be missing, never both."""

    person: Ints
    day: Ints
    inside: Flags  # done in prison
    crn: Texts
    prison_number: Texts

    @property
    def node(self) -> Texts:
        """The number that names the linking node: of probation, else of prison."""
        return texts(np.where(self.crn != "", self.crn, self.prison_number))


def assess(plan: Plan, block: int, world: World, held: PrisonNumbers) -> Assessments:
    """The assessments of a block: about each event of probation, some months apart, and inside for those known to prison alone."""
    rng, known = stream(plan.seed, block, Stage.ASSESSMENTS), supervise(plan, block, world)
    snapshot = int(np.datetime64(plan.snapshot_date, "D").astype(np.int64))
    events, numbers_ = known.events, known.numbers
    assessed = some(rng, np.arange(len(numbers_.person)), RATES.of_supervised * len(numbers_.person))
    event = np.flatnonzero(np.isin(events.of, assessed))
    first = rank_within(events.of[event]) == 0
    event = event[first | happens(rng, 0.5, len(event))]
    only = np.setdiff1d(world.stays.person, numbers_.person)
    only = some(rng, only, RATES.of_prison_only * len(only))
    stay = np.flatnonzero(np.isin(world.stays.person, only))
    stay = stay[rank_within(world.stays.person[stay]) == 0]
    inside_from = np.where(events.kind == REPORT, NEVER, events.disposal_day)[event]
    crn = np.r_[probation_number(numbers_.number)[events.of[event]], texts([""] * len(stay))]
    person = np.r_[numbers_.person[events.of[event]], world.stays.person[stay]]
    start = np.r_[events.referral_day[event], world.stays.admission_day[stay]]
    outside = np.r_[
        np.where(inside_from < NEVER, np.where(events.kind[event] < 2, 0, events.start_day[event]), 0), world.stays.release_day[stay]
    ]
    series = np.minimum(rng.geometric(1 - RATES.again, size=len(person)), 12)
    of = np.repeat(np.arange(len(person)), series)
    day = start[of] + rng.integers(0, 30, size=len(of)) + rank_within(of) * rng.integers(120, 240, size=len(of))
    is_first = rank_within(of) == 0
    day = np.where(is_first, np.minimum(day, np.minimum(world.people.death[person[of]], snapshot) - 1), day)
    kept = (start[of] <= day) & (day < snapshot) & world.people.present(person[of], day)
    of, day = of[kept], day[kept]
    order = np.lexsort((day, person[of]))
    of, day = of[order], day[order]
    admitted = np.full(len(world.people), NEVER)
    np.minimum.at(admitted, world.stays.person, world.stays.admission_day)
    prison = blank(held.latest(person[of]), day < admitted[person[of]])
    return _with_gaps(rng, prison, person[of], day, day < outside[of], crn[of])


def _with_gaps(rng: np.random.Generator, prison: Texts, person: Ints, day: Ints, inside: Flags, crn: Texts) -> Assessments:
    """Some assessments lack one of the numbers, so that one person stands under both; nobody has a prison number before prison."""
    size = len(person)
    lacks_crn = (prison != "") & happens(rng, RATES.crn_missing, size)
    lacks_prison = (crn != "") & ~lacks_crn & happens(rng, RATES.prison_number_missing, size)
    return Assessments(person, day, inside, blank(crn, lacks_crn), blank(prison, lacks_prison))


def nodes(plan: Plan, block: int, world: World) -> tuple[list[Texts], Ints]:
    """Native key columns and person of each linking node: one per number under which assessments stand."""
    made = assess(plan, block, world, prison_numbers(plan, block, world))
    node, first = np.unique(made.node.astype(str), return_index=True)
    return [texts(node.tolist())], made.person[first]


def tables(plan: Plan, block: int, world: World, country: Nation, registers: Registers) -> dict[str, pa.Table]:
    """The landing tables of a block."""
    made = assess(plan, block, world, prison_numbers(plan, block, world))
    ids = numbers(block * plan.people_per_block * _ROWS_PER_PERSON + np.arange(len(made.day)) + 1)
    items = assessment_items.tables(plan, block, world, made.person, made.day, made.inside, ids)
    return {NODE_TABLE: table(_metadata(plan, block, world, registers, made, ids)), **items}


def _metadata(plan: Plan, block: int, world: World, registers: Registers, made: Assessments, ids: Texts) -> dict[str, Texts]:
    rng, people, book = stream(plan.seed, block, Stage.ASSESSMENTS, 1), world.people, name_book()
    person, size = made.person, len(ids)
    surname = people.surname_at(person, made.day)
    family_name = np.where(people.sex[person] == FEMALE, book.surname_of_women[surname], book.surname[surname])
    first, last = noisy_names(rng, book.forename[people.forename[person]], texts(family_name), plan.rates)
    middle = people.middle[person]
    existing = max(float((middle >= 0).mean()), 1e-9) if size else 1.0
    hidden = (middle < 0) | happens(rng, max(0.0, 1 - (1 - RATES.middle_missing) / existing), size)
    entry = registers.offender_of(person)
    # What is wrong with a date of birth or a number was typed once, and is copied from one assessment to the next.
    whose, at = np.unique(person, return_inverse=True)
    own = registers.offender_of(whose)
    born = noisy_births(rng, people.birth[whose], plan.rates)[at]
    pnc = write_pnc(rng, registers.pnc_year[own], registers.pnc[own], plan.rates)[at]
    cro = write_cro(rng, registers.cro_year[own], registers.cro[own], plan.rates)[at]
    lacks = [happens(rng, share, len(whose))[at] for share in (RATES.pnc_missing, RATES.cro_missing, RATES.postcode_missing)]
    return {
        "assessment_id": ids,
        "crn": made.crn,
        "prison_number": made.prison_number,
        "pnc": blank(pnc, lacks[0]),
        "cro": blank(cro, lacks[1]),
        "forename": first,
        "middle_name": blank(book.forename[np.maximum(middle, 0)], hidden),
        "surname": last,
        "dob": blank(iso(born), happens(rng, RATES.dob_missing, size)),
        "sex": blank(chosen(("M", "F"), people.sex[person]), happens(rng, RATES.sex_missing, size)),
        "postcode": blank(people.reach.postcode[street_of(people.home_at(person, made.day))], lacks[2]),
        "ethnicity": blank(registers.ethnicity[entry], happens(rng, RATES.ethnicity_missing, size)),
        "date_completed": iso(made.day),
        "assessment_type": chosen(("Layer 3", "Layer 1", "Basic Custody Screening"), np.where(made.inside, 2, rng.integers(0, 2, size))),
        "level_healthcare_req_elm": chosen(("", "Low", "Medium", "High"), rng.integers(0, 4, size)),
    }
