"""Who stands in FamilyMan's roles and how their names, dates of birth and addresses are written, or left out."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import NATION, Flags, Ints, Reals, Stage, Texts, happens, pick, stream, texts, uneven
from docketlink.synthetic.family_contacts import APPLICANT, CHILD, COURTS, RESPONDENT, FamilyCases
from docketlink.synthetic.family_drafts import PUBLIC, VIOLENCE
from docketlink.synthetic.names import FEMALE, name_book, word_lists
from docketlink.synthetic.noise import blank, noisy_births, noisy_names
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation, rare_surname, write_address
from docketlink.synthetic.population import age_at
from docketlink.synthetic.writing import capitals, chosen, iso, spaced

_FIRMS, _FORMS = tuple(dict(word_lists("words.txt"))["firms"]), ("Solicitors", "LLP", "and Co", "Legal")


@dataclass(frozen=True)
class Dirt:
    """What the store leaves out or writes wrongly. By role: applicant, respondent, child (domain.md 6.3); the rest is ours."""

    dob_missing: tuple[float, ...] = (0.45, 0.55, 0.08)
    sex_missing: tuple[float, ...] = (0.06, 0.10, 0.03)
    postcode_missing: tuple[float, ...] = (0.12, 0.25, 0.25)
    postcode_missing_violence: float = 0.45  # of applicants who fear the respondent
    confidential: float = 0.6  # of addresses without postcode: nothing of them stands there
    middle_missing: float = 0.75
    deleted_role: float = 0.02  # documented (6.4); an event may still list it
    represented: float = 0.17  # of adults; ours
    nameless_baby: float = 0.25  # of children under one in public law: BABY
    unknown_forename: float = 0.015  # of respondents: UNKNOWN
    own_address: float = 0.35  # of roles that have an address of their own; the others take the party's
    authority_in_company: float = 0.3  # of councils that stand in the company, not in the family name
    sex_unknown: float = 0.003  # a gender that is neither 1 nor 2


DIRT = Dirt()


@dataclass(frozen=True)
class Roll:
    """Rows of ``roles``: one for each party of the contacts, then deleted twins of some, then their representatives."""

    party: Ints  # position among the contacts' parties
    deleted: Flags
    represents: Ints  # position among the parties; -1 for everyone but a representative


def roll(plan: Plan, block: int, made: FamilyCases) -> Roll:
    """The rows of a block, in the order of their ids."""
    rng, size = stream(plan.seed, block, Stage.FAMILY), len(made.of)
    twice = np.flatnonzero(happens(rng, DIRT.deleted_role, size))
    with_lawyer = np.flatnonzero((made.role != CHILD) & happens(rng, DIRT.represented, size))
    party = np.r_[np.arange(size), twice, with_lawyer]
    represents = np.r_[np.full(size + len(twice), -1), with_lawyer]
    return Roll(
        party, np.r_[np.zeros(size, dtype=bool), np.ones(len(twice), dtype=bool), np.zeros(len(with_lawyer), dtype=bool)], represents
    )


@lru_cache(maxsize=4)
def court_factor(seed: int) -> Reals:
    """How much more, or less, than usual each family court leaves empty."""
    return stream(seed, NATION, Stage.FAMILY).lognormal(0.0, 0.5, size=COURTS)


def people_columns(
    rng: np.random.Generator, plan: Plan, world: World, country: Nation, made: FamilyCases, rows: Roll, is_person: Flags
) -> dict[str, Texts]:
    """Names, birth and sex of every row of the roll; councils and solicitors have a name alone."""
    people, book, size = world.people, name_book(), len(rows.party)
    person, role, kind = made.person[rows.party], made.role[rows.party], made.kind[made.of[rows.party]]
    day = made.day[made.of[rows.party]]
    surname, sex, age = people.surname_at(person, day), people.sex[person], age_at(people.birth[person], day)
    care = court_factor(plan.seed)[made.court[made.of[rows.party]]] * rare_surname(surname) * np.where(age < 18, 1.5, 1.0)
    family_name = texts(np.where(sex == FEMALE, book.surname_of_women[surname], book.surname[surname]))
    first, last = noisy_names(rng, book.forename[people.forename[person]], family_name, plan.rates)
    middle = people.middle[person]
    existing = max(float((middle[is_person] >= 0).mean()) if is_person.any() else 0.0, 1e-9)
    told = (middle >= 0) & happens(rng, min(1.0, (1 - DIRT.middle_missing) / existing), size)
    first = texts(np.where(told, spaced(first, book.forename[np.maximum(middle, 0)]), first))
    baby = (role == CHILD) & (kind == PUBLIC) & (age < 1) & happens(rng, DIRT.nameless_baby, size)
    unknown = (role == RESPONDENT) & happens(rng, DIRT.unknown_forename, size)
    first = texts(np.where(baby, "BABY", np.where(unknown, "UNKNOWN", first)))
    born = blank(iso(noisy_births(rng, people.birth[person], plan.rates)), _missing(rng, DIRT.dob_missing, role, care))
    gender = np.where(happens(rng, DIRT.sex_unknown, size), "9", chosen(("1", "2"), sex))
    gender = blank(texts(gender), _missing(rng, DIRT.sex_missing, role, care))
    shouts = happens(rng, 0.35, size)
    firm, company = _organisations(rng, country, people.reach.area[0], made, rows)
    return {
        "person_given_first_name": blank(capitals(first, shouts), ~is_person),
        "person_family_name": texts(np.where(is_person, capitals(last, shouts), np.where(company, "", firm))),
        "company": texts(np.where(~is_person & company, firm, "")),
        "dob": blank(born, ~is_person),
        "gender": blank(gender, ~is_person),
    }


def _missing(rng: np.random.Generator, shares: tuple[float, ...], role: Ints, care: Reals) -> Flags:
    """What is left empty, by role, and more of it where less care is taken."""
    result = np.zeros(len(role), dtype=bool)
    for each in (APPLICANT, RESPONDENT, CHILD):
        # Where half is missing anyway, less care cannot double it.
        result[role == each] = uneven(rng, shares[each], care[role == each] ** (0.3 if shares[each] > 0.3 else 1.0))
    return result


def _organisations(rng: np.random.Generator, country: Nation, area: int, made: FamilyCases, rows: Roll) -> tuple[Texts, Flags]:
    """A council's or firm's name for every row, and which of them stand in the company rather than in the family name."""
    size = len(rows.party)
    council = spaced(
        texts([country.town[area]] * size), chosen(("City Council", "Borough Council", "County Council", "LA"), pick(rng, _LA, size))
    )
    firms = spaced(chosen(_FIRMS, rng.integers(0, len(_FIRMS), size)), chosen(_FORMS, rng.integers(0, len(_FORMS), size)))
    lawyer = rows.represents >= 0
    return texts(np.where(lawyer, firms, council)), lawyer | happens(rng, DIRT.authority_in_company, size)


_LA = np.array([0.4, 0.25, 0.3, 0.05])


def address_columns(
    rng: np.random.Generator, plan: Plan, country: Nation, world: World, made: FamilyCases, rows: Roll, is_person: Flags
) -> dict[str, Texts]:
    """An address for each row of the roll: where the party lived on the day of the case, unless that is kept secret."""
    people, size = world.people, len(rows.party)
    of = made.of[rows.party]
    person, role, kind, day = made.person[rows.party], made.role[rows.party], made.kind[of], made.day[of]
    at = write_address(country, people.reach, people.home_at(person, day))
    care = court_factor(plan.seed)[made.court[of]]
    hidden = _missing(rng, DIRT.postcode_missing, role, care)
    afraid = (kind == VIOLENCE) & (role == APPLICANT)
    hidden[afraid] = happens(rng, DIRT.postcode_missing_violence, int(afraid.sum()))
    hidden &= is_person
    confidential = hidden & happens(rng, DIRT.confidential, size)
    office = ~is_person
    return {
        "address_1": blank(texts(np.where(office, "Civic Centre", spaced(at.line1, at.line2, at.line3))), confidential),
        "address_2": blank(at.line4, confidential | office),
        "address_3": blank(at.line5, confidential),
        "address_4": texts([""] * size),
        "address_5": texts([""] * size),
        "postcode": blank(texts(np.where(office, people.reach.postcode[0], at.postcode)), hidden),
    }
