"""Who stands before the Crown Court, as XHIBIT writes them: a new defendant and address row for every case."""

import numpy as np
import pyarrow as pa

from docketlink.synthetic.contacts import World
from docketlink.synthetic.crown_cases import RATES, Docket, Receipts, crown_courts
from docketlink.synthetic.draws import Flags, Ints, Reals, Stage, Texts, happens, pick, stream, texts, uneven
from docketlink.synthetic.identifiers import CHECK_LETTERS, check_letter
from docketlink.synthetic.magistrates import company_names
from docketlink.synthetic.names import CULTURES, FEMALE, name_book
from docketlink.synthetic.noise import blank, noisy_births, noisy_names
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation, rare_surname, street_of, write_address
from docketlink.synthetic.population import age_at
from docketlink.synthetic.prison_stays import prison_code
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.writing import capitals, chosen, iso, observed, spaced, table

_NAME_CUT, _LINE_CUT = 35, 30  # characters that the fields hold
_COUNTIES = ("", "Kent", "Essex", "Surrey", "West Midlands", "Greater Manchester", "West Yorkshire", "Merseyside", "Devon")
_NATIONALITY = {"irish": "IRL", "muslim": "PAK", "indian": "IND", "african": "NGA", "caribbean": "JAM", "eastern": "POL",
                "arabic": "IRQ", "chinese": "CHN"}  # fmt: skip
_MASKED = ("Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Juliet", "Oscar", "Romeo", "Sierra", "Tango", "Victor")


def tables(
    plan: Plan, block: int, world: World, country: Nation, registers: Registers, made: Receipts, entries: Docket, ids: Texts
) -> dict[str, pa.Table]:
    """The tables of defendants and their addresses; ``ids`` are theirs, one row each for every defendant on case."""
    rng, people, size = stream(plan.seed, block, Stage.CROWN, 5), world.people, len(ids)
    person, day = _person(world, made, entries), entries.received[entries.case]
    surname = people.surname_at(person, day)
    young, abroad = age(world, person, day) < 18, happens(rng, plan.rates.no_fixed_abode, size)
    care = crown_courts(plan.seed).factor[entries.court[entries.case]] * rare_surname(surname) * np.where(young, 1.5, 1.0)
    care = care * np.where(abroad, 1.5, 1.0)
    firm, masked = entries.is_company, entries.is_masked
    first, middle, last = _names(rng, plan, world, person, surname)
    last = texts(np.where(firm, company_names(rng, size), last))
    born = blank(_timestamp(noisy_births(rng, people.birth[person], plan.rates)), uneven(rng, RATES.dob_missing, care))
    gender = chosen(("1", "2"), people.sex[person])
    gender = texts(np.where(uneven(rng, RATES.sex_missing, care), np.where(happens(rng, 0.5, size), "", "0"), gender))
    code = registers.ethnicity[registers.offender_of(person)]
    stay = made.stay[entries.receipt] if size else person
    inside = stay >= 0
    prison = prison_code(world.stays.prison[np.maximum(stay, 0)]) if len(world.stays.prison) else texts([""] * size)
    hidden = firm | masked
    defendant = {
        "defendant_id": ids,
        "crest_defendant_id": blank(texts([f"7{each[1:]}" for each in ids]), happens(rng, 0.3, size)),
        "address_id": ids,
        "first_name": blank(first, hidden),
        "middle_name": blank(middle, hidden),
        "surname": texts(np.where(masked, "MASKED", last)),
        "initials": blank(_initials(first, middle), hidden),
        "date_of_birth": blank(born, hidden),
        "gender": blank(gender, firm),
        "is_company": chosen(("N", "Y"), firm.astype(np.int64)),
        "parent_guardian_name": blank(_guardian(rng, world, person, last), ~young | hidden),
        "prison_id": blank(prison, ~inside | hidden),
        "current_prison_status": blank(chosen(("", "C"), inside.astype(np.int64)), hidden),
        "ethnic_appearance_code": blank(observed(code), hidden | happens(rng, 0.15, size)),
        "ethnicity_self_defined": blank(code, hidden | happens(rng, RATES.ethnicity_missing, size)),
    }
    return {"xhb_defendant": table(defendant), "xhb_address": _addresses(rng, world, country, person, day, ids, abroad, masked, care)}


def _person(world: World, made: Receipts, entries: Docket) -> Ints:
    """The person of each defendant on case; for a company a co-defendant, whose home stands for its seat."""
    return world.cases.person[made.case[entries.receipt]] if len(entries.receipt) else entries.receipt


def age(world: World, person: Ints, day: Ints) -> Reals:
    """Age in years of people on a day."""
    return age_at(world.people.birth[person], day)


def _timestamp(days: Ints) -> Texts:
    return texts([f"{day} 00:00:00" for day in iso(days)])


def _names(rng: np.random.Generator, plan: Plan, world: World, person: Ints, surname: Ints) -> tuple[Texts, Texts, Texts]:
    book, people, size = name_book(), world.people, len(person)
    family_name = np.where(people.sex[person] == FEMALE, book.surname_of_women[surname], book.surname[surname])
    first, last = noisy_names(rng, book.forename[people.forename[person]], texts(family_name), plan.rates)
    second, third = people.middle[person], people.middle_2[person]
    existing = max(float((second >= 0).mean()), 1e-9) if size else 1.0
    hidden = (second < 0) | happens(rng, max(0.0, 1 - (1 - RATES.middle_missing) / existing), size)
    middle = spaced(book.forename[np.maximum(second, 0)], blank(book.forename[np.maximum(third, 0)], third < 0))
    shouts = happens(rng, 0.3, size)
    written = [texts([name[:_NAME_CUT] for name in capitals(part, shouts)]) for part in (first, blank(middle, hidden), last)]
    return written[0], written[1], written[2]


def _initials(first: Texts, middle: Texts) -> Texts:
    return texts([(f[:1] + "".join(word[:1] for word in m.split())).upper() for f, m in zip(first, middle, strict=True)])


def _guardian(rng: np.random.Generator, world: World, person: Ints, surname: Texts) -> Texts:
    """A parent's name: another forename with the child's surname."""
    book, size = name_book(), len(person)
    sex = rng.integers(0, 2, size=size)
    given = book.draw_forenames(rng, world.people.culture[person], sex, np.ones(size, dtype=np.int64))
    return texts([name[:_NAME_CUT] for name in spaced(book.forename[given], surname)])


def _addresses(
    rng: np.random.Generator, world: World, country: Nation, person: Ints, day: Ints, ids: Texts, abroad: Flags, masked: Flags, care: Reals
) -> pa.Table:
    size, people = len(ids), world.people
    home = people.home_at(person, day)
    at = write_address(country, people.reach, home)
    street = spaced(at.line1, at.line2, at.line3)
    hidden = abroad | masked
    missing = max(0.0, RATES.postcode_missing - 0.03) / 0.97  # who has no fixed abode has no postcode either
    county = blank(chosen(_COUNTIES, people.reach.area[street_of(home)] % len(_COUNTIES)), happens(rng, 0.5, size))
    lines = {
        "address_1": texts(np.where(abroad & ~masked, "NFA", blank(street, hidden))),
        "address_2": blank(at.line4, hidden),
        "address_3": blank(at.line5, hidden | ~happens(rng, 0.2, size)),
        "address_4": texts([""] * size),
        "town": blank(at.line5, hidden),
        "county": blank(county, hidden),
    }
    cut = {name: texts([value[:_LINE_CUT] for value in values]) for name, values in lines.items()}
    return table({"address_id": ids, **cut, "postcode": blank(at.postcode, hidden | uneven(rng, missing, care))})


def pnc(rng: np.random.Generator, registers: Registers, person: Ints) -> Texts:
    """PNC ids of ten characters, short year and no slash; some with a wrong letter, some that are nobody's."""
    entry, size = registers.offender_of(person), len(person)
    year, serial = registers.pnc_year[entry] % 100, registers.pnc[entry]
    form = pick(rng, np.array([0.95, 0.03, 0.02]), size)
    letter = check_letter(year, serial, 7)
    wrong = texts([CHECK_LETTERS[(CHECK_LETTERS.index(each) + 7) % 23] for each in letter])
    columns = zip(year.tolist(), serial.tolist(), np.where(form == 1, wrong, letter), form.tolist(), strict=True)
    return texts(["000000000Z" if f == 2 else f"{y:02d}{s:07d}{c}" for y, s, c, f in columns])


def no_pnc(rng: np.random.Generator, world: World, entries: Docket, person: Ints) -> Flags:
    """Whose PNC is not written."""
    surname = world.people.surname_at(person, entries.received[entries.case])
    return uneven(rng, RATES.pnc_missing, rare_surname(surname) ** 0.3)


def nationality(world: World, person: Ints) -> Texts:
    """Three-letter nationalities; most are British whatever their names."""
    culture = chosen(tuple(_NATIONALITY.get(name, "GBR") for name in CULTURES), world.people.culture[person])
    return texts(np.where(person % 3 == 0, culture, "GBR"))


def invented(rng: np.random.Generator, size: int) -> Texts:
    """Names that stand for masked defendants."""
    return spaced(chosen(_MASKED, rng.integers(0, len(_MASKED), size)), chosen(_MASKED, rng.integers(0, len(_MASKED), size)))
