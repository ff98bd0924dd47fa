"""The probation system: offenders with their names and numbers, as its export writes them. Orders, addresses and lists: probation_*.py."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from docketlink.synthetic import probation_addresses, probation_lists, probation_orders
from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Stage, Texts, happens, pick, rank_within, stream, texts
from docketlink.synthetic.identifiers import national_insurance, probation_number, write_cro, write_pnc
from docketlink.synthetic.names import CULTURES, FEMALE, name_book
from docketlink.synthetic.noise import blank, familiar_form, noisy_births, noisy_names
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation
from docketlink.synthetic.population import Population
from docketlink.synthetic.prison_numbers import PrisonNumbers, prison_numbers
from docketlink.synthetic.probation_areas import filed
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.supervision import Supervised, supervise
from docketlink.synthetic.writing import chosen, iso, table

SOURCE = "probation_delius"
NODE_TABLE = "offender"


@dataclass(frozen=True)
class ProbationRates:
    """Shares of rows that lack a value, or hold junk. All are choices of ours, of the size that published extracts show."""

    dob_missing: float = 0.01
    dob_placeholder: float = 0.008
    gender_missing: float = 0.003
    gender_unknown: float = 0.002
    pnc_missing: float = 0.15
    cro_missing: float = 0.40
    ni_missing: float = 0.45
    noms_missing: float = 0.05  # of those who have a prison number
    middle_missing: float = 0.45
    ethnicity_missing: float = 0.06
    ethnicity_junk: float = 0.015
    migrated_name: float = 0.004
    duplicate_name: float = 0.003
    aliases: float = 0.25  # of numbers
    alias_dob: float = 0.05  # of numbers: an alias with a date of birth of its own


RATES = ProbationRates()
_JUNK_ETHNICITY = ("Refusal", "Z_Dummy Ethnicity 04/05", "Z1", "ETH03")
_NATIONALITIES = {
    "irish": "Irish", "muslim": "Pakistani", "indian": "Indian", "african": "Nigerian", "caribbean": "Jamaican", "eastern": "Polish",
    "arabic": "Iraqi", "chinese": "Chinese",
}  # fmt: skip
_OF_CULTURE = tuple(_NATIONALITIES.get(culture, "British") for culture in CULTURES)


def nodes(plan: Plan, block: int, world: World) -> tuple[list[Texts], Ints]:
    """Native key columns and person of each linking node: one per probation number."""
    numbers = supervise(plan, block, world).numbers
    return [probation_number(numbers.number)], numbers.person


def tables(plan: Plan, block: int, world: World, country: Nation, registers: Registers) -> dict[str, pa.Table]:
    """The landing tables of a block."""
    rng = stream(plan.seed, block, Stage.PROBATION, 1)
    known, crn = supervise(plan, block, world), probation_number(supervise(plan, block, world).numbers.number)
    held = prison_numbers(plan, block, world)
    born = noisy_births(rng, world.people.birth[known.numbers.person], plan.rates)
    addresses = probation_addresses.tables(plan, block, world, country, known, crn)
    return {
        NODE_TABLE: table(_offenders(rng, plan, block, world, registers, known, crn, held, born)),
        "alias": table(_aliases(rng, plan, block, world, known, crn, born)),
        **addresses,
        "additional_identifier": table(probation_addresses.other_identifiers(plan, block, world, registers, known, crn, held)),
        **probation_orders.tables(plan, block, world, known, crn, registers),
        "standard_reference_list": probation_lists.reference_list(block),
    }


def _offenders(
    rng: np.random.Generator, plan: Plan, block: int, world: World, registers: Registers, known: Supervised, crn: Texts,
    held: PrisonNumbers, born: Ints,
) -> dict[str, Texts]:  # fmt: skip
    people, person, size = world.people, known.numbers.person, len(crn)
    day = known.events.referral_day[_first_event(known)]
    forename, surname = _true_names(people, person, day)
    first, last = noisy_names(rng, forename, surname, plan.rates)
    first, last = _marked(rng, first, "MIG_ERROR_", RATES.migrated_name), _marked(rng, last, "DUPLICATE_", RATES.duplicate_name)
    entry = registers.offender_of(person)
    pnc = write_pnc(rng, registers.pnc_year[entry], registers.pnc[entry], plan.rates)
    cro = write_cro(rng, registers.cro_year[entry], registers.cro[entry], plan.rates)
    placeholder = happens(rng, RATES.dob_placeholder, size)
    birth = texts(np.where(placeholder, chosen(("1900-01-01", "1970-01-01"), rng.integers(0, 2, size)), iso(born)))
    junk = happens(rng, RATES.ethnicity_junk, size)
    ethnicity = texts(np.where(junk, chosen(_JUNK_ETHNICITY, rng.integers(0, 4, size)), registers.ethnicity[entry]))
    nationality = _nationality(people, person)
    both = (nationality != "British") & happens(rng, 0.3, size)
    columns = {
        "crn": crn,
        "noms_number": blank(held.latest(person), happens(rng, RATES.noms_missing, size)),
        "pnc": blank(pnc, happens(rng, RATES.pnc_missing, size)),
        "cro": blank(cro, happens(rng, RATES.cro_missing, size)),
        "ni": blank(national_insurance(block * plan.people_per_block + person), happens(rng, RATES.ni_missing, size)),
        "forename": first,
        "middleName": _middle_names(rng, people, person),
        "surname": last,
        "dateOfBirth": blank(birth, happens(rng, RATES.dob_missing, size)),
        "gender": _gender(rng, people, person),
        "ethnicity": blank(ethnicity, happens(rng, RATES.ethnicity_missing, size)),
        "nationality": nationality,
        "secondNationality": blank(texts(["British"] * size), ~both),
    }
    return filed(rng, plan, block, known.numbers.area, columns, "offender_id")


def _first_event(known: Supervised) -> Ints:
    return np.flatnonzero(rank_within(known.events.of) == 0)


def _true_names(people: Population, person: Ints, day: Ints) -> tuple[Texts, Texts]:
    book, surname = name_book(), people.surname_at(person, day)
    family_name = np.where(people.sex[person] == FEMALE, book.surname_of_women[surname], book.surname[surname])
    return book.forename[people.forename[person]], texts(family_name)


def _marked(rng: np.random.Generator, names: Texts, mark: str, share: float) -> Texts:
    """``names`` with the mark of a migration, or of somebody who tidied up, in front of a few."""
    where = happens(rng, share, len(names))
    return texts(np.where(where, mark + names, names))


def _middle_names(rng: np.random.Generator, people: Population, person: Ints) -> Texts:
    """Both middle names in one field; left out so that the stated share of rows has none."""
    book, middle, second = name_book(), people.middle[person], people.middle_2[person]
    existing = max(float((middle >= 0).mean()), 1e-9) if len(person) else 1.0
    hidden = (middle < 0) | happens(rng, max(0.0, 1 - (1 - RATES.middle_missing) / existing), len(person))
    both = book.forename[np.maximum(middle, 0)] + blank(texts(" " + book.forename[np.maximum(second, 0)]), second < 0)
    return blank(texts(both), hidden)


def _gender(rng: np.random.Generator, people: Population, person: Ints) -> Texts:
    unknown = happens(rng, RATES.gender_unknown, len(person))
    written = texts(np.where(unknown, "N", chosen(("M", "F"), people.sex[person])))
    return blank(written, happens(rng, RATES.gender_missing, len(person)))


def _nationality(people: Population, person: Ints) -> Texts:
    """British, and another one for most of those who came from abroad."""
    came = people.arrived[person] > people.birth[person]
    return texts(np.where(came, chosen(_OF_CULTURE, people.culture[person]), "British"))


def _aliases(rng: np.random.Generator, plan: Plan, block: int, world: World, known: Supervised, crn: Texts, born: Ints) -> dict[str, Texts]:
    """Other names: a familiar form, another surname (for many women the one before the wedding), another forename."""
    people, book = world.people, name_book()
    has = happens(rng, RATES.aliases, len(crn))
    of = np.repeat(np.arange(len(crn)), has * rng.geometric(1 / 1.4, size=len(crn)))
    lies = happens(rng, RATES.alias_dob / RATES.aliases, len(crn))[of]
    person, size = known.numbers.person[of], len(of)
    kind = pick(rng, np.array([0.35, 0.40, 0.25]), size)
    surname = people.surname_at(person, known.events.referral_day[_first_event(known)][of])
    maiden = (surname != people.surname[person]) & happens(rng, 0.7, size)
    other = np.where(maiden, people.surname[person], book.draw_surnames(rng, people.culture[person]))
    surname = np.where(kind == 1, other, surname)
    another = book.draw_forenames(rng, people.culture[person], people.sex[person], np.ones(size, dtype=np.int64))
    middle = people.middle[person]
    another = np.where((middle >= 0) & happens(rng, 0.6, size), middle, another)
    forename = book.forename[np.where(kind == 2, another, people.forename[person])]
    family_name = np.where(people.sex[person] == FEMALE, book.surname_of_women[surname], book.surname[surname])
    first, last = noisy_names(rng, familiar_form(rng, forename, kind == 0), texts(family_name), plan.rates)
    day = born[of] + _moved(rng, lies)
    columns = {
        "crn": crn[of],
        "forename": first,
        "middleName": blank(_middle_names(rng, people, person), kind == 2),
        "surname": last,
        "dateOfBirth": blank(iso(day), ~lies & happens(rng, 0.5, size)),
        "gender": _gender(rng, people, person),
    }
    return filed(rng, plan, block, known.numbers.area[of], columns, "alias_id")


def _moved(rng: np.random.Generator, where: Flags) -> Ints:
    """Days by which a made-up date of birth differs from the own one."""
    size = len(where)
    off = rng.integers(1, 6, size=size) * rng.choice([-365, 365], size=size) + rng.integers(-60, 61, size=size)
    return np.where(where, off, 0)
