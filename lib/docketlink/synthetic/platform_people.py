"""Defendants of Common Platform as its messages write them: a person's details, or a company's; once a defendant, or twice."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.synthetic.contacts import OFFENCES, World
from docketlink.synthetic.draws import NATION, Flags, Ints, Reals, Stage, Texts, happens, pick, stream, texts, uneven
from docketlink.synthetic.identifiers import write_cro, write_pnc
from docketlink.synthetic.json_text import lists, objects, quoted, truths, where
from docketlink.synthetic.magistrates import company_names
from docketlink.synthetic.names import FEMALE, name_book
from docketlink.synthetic.noise import blank, noisy_births, noisy_names, split_days
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Address, Nation, nation, office_postcodes, rare_surname, street_of, write_address
from docketlink.synthetic.platform_cases import RATES, Defendants
from docketlink.synthetic.population import age_at
from docketlink.synthetic.references import arrest_number
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.writing import capitals, chosen, iso, observed, spaced

_SOLICITORS = 3_000
_TITLES = (("Mr", "Mr", "MR", ""), ("Miss", "Mrs", "Ms", ""))


def heads(
    plan: Plan, block: int, world: World, country: Nation, registers: Registers, held: Defendants, ids: pa.Array, day: Ints, again: Ints
) -> pa.Array:
    """The start of each defendant's JSON object, up to the list of offences; then a second one for the defendants ``again``.

    The second differs in what a clerk got wrong; ``day`` is that of each defendant's first hearing.
    """
    same = stream(plan.seed, block, Stage.COMMON_PLATFORM, 2)  # what no correction changes
    pnc, cro = _register_numbers(same, plan, world, registers, held.person)
    steady = _steady(same, plan, world, country, registers, held, day)
    head = objects(
        {
            "id": quoted(ids),
            "masterDefendantId": _masters(same, held, ids),
            "isYouth": truths((age_at(world.people.birth[held.person], day) < 18) & ~held.is_company),
            "pncId": where(~held.is_company, pnc),
            "croNumber": where(~held.is_company, cro),
            "aliases": _aliases(same, plan, world, held, day),
        }
    )
    company = objects({"organisation": objects({"name": quoted(company_names(same, len(day))), "address": steady["address"]})})
    key = pc.if_else(pa.array(held.is_company), ',"legalEntityDefendant":', ',"personDefendant":')
    versions = []
    for which, part in ((np.arange(len(day)), 6), (again, 7)):
        rng, rows = stream(plan.seed, block, Stage.COMMON_PLATFORM, part), pa.array(which)
        of_them = {name: values.take(rows) for name, values in steady.items()}
        details = _details(rng, plan, world, held.person[which], day[which], of_them)
        told = pc.if_else(pa.array(held.is_company[which]), company.take(rows), details)
        versions.append(pc.binary_join_element_wise(pc.utf8_slice_codeunits(head.take(rows), 0, -1), key.take(rows), told, ""))
    return pa.concat_arrays(versions)


def _register_numbers(rng: np.random.Generator, plan: Plan, world: World, registers: Registers, person: Ints) -> tuple[pa.Array, pa.Array]:
    """PNC ids and CRO numbers as JSON; a PNC id that is not known is ``null`` or an empty text."""
    entry, size = registers.offender_of(person), len(person)
    care = rare_surname(world.people.surname[person])
    pnc = write_pnc(rng, registers.pnc_year[entry], registers.pnc[entry], plan.rates)
    cro = write_cro(rng, registers.cro_year[entry], registers.cro[entry], plan.rates)
    pnc = blank(pnc, uneven(rng, RATES.pnc_missing, care**0.3))
    known = quoted(pnc)
    written = pc.if_else(pa.array((pnc == "").astype(bool) & happens(rng, 0.5, size)), '""', known)
    return written, quoted(blank(cro, uneven(rng, RATES.cro_missing, care**0.2)))


def _masters(rng: np.random.Generator, held: Defendants, ids: pa.Array) -> pa.Array:
    """The id that spans a person's cases: that of the first of them, but unset, new or somebody else's now and then."""
    size = len(held.person)
    _, first, place = np.unique(held.person, return_index=True, return_inverse=True)
    master = first[place] if size else place
    form = pick(rng, np.array([1 - RATES.master_unset - RATES.master_fresh - RATES.master_wrong, RATES.master_unset, RATES.master_fresh,
                               RATES.master_wrong]), size)  # fmt: skip
    other = rng.integers(0, max(size, 1), size=size)
    master = np.where((form == 2) | held.is_company, np.arange(size), np.where(form == 3, other, master))
    return where(form != 1, quoted(ids.take(pa.array(master))))


def _aliases(rng: np.random.Generator, plan: Plan, world: World, held: Defendants, day: Ints) -> pa.Array:
    """Lists of one or two other names, without a date of birth: another surname, another forename, or both."""
    book, people = name_book(), world.people
    has = happens(rng, RATES.aliases, len(held.person)) & ~held.is_company
    count = np.where(has, 1 + happens(rng, 0.2, len(has)), 0)
    person = np.repeat(held.person, count)
    kind = pick(rng, np.array([0.55, 0.25, 0.20]), len(person))
    forename = np.where(
        kind == 0, people.forename[person], book.draw_forenames(rng, people.culture[person], people.sex[person], kind * 0 + 1)
    )
    now = people.surname_at(person, np.repeat(day, count))
    other = np.where(people.surname[person] != now, people.surname[person], book.draw_surnames(rng, people.culture[person]))
    surname = np.where(kind == 1, now, other)
    written = np.where(people.sex[person] == FEMALE, book.surname_of_women[surname], book.surname[surname])
    first, last = noisy_names(rng, book.forename[forename], texts(written), plan.rates)
    return lists(objects({"firstName": quoted(first), "middleName": "null", "lastName": quoted(last)}), count)


def _steady(
    rng: np.random.Generator, plan: Plan, world: World, country: Nation, registers: Registers, held: Defendants, day: Ints
) -> dict[str, pa.Array]:
    """What each defendant's messages agree on: address, ways to reach the person, codes, arrest, licence, bail."""
    people, person, size = world.people, held.person, len(held.person)
    care = (
        country.court_factor[held.court] * rare_surname(people.surname[person]) * np.where(age_at(people.birth[person], day) < 18, 1.5, 1.0)
    )
    code = registers.ethnicity[registers.offender_of(person)]
    code = texts(np.where(code == "W5", "W9", code))  # this system has no code for Roma
    unasked = 0.07 + 0.30 * (day - 14_610) / (14 * 365.25) + np.where(held.offence == OFFENCES.index("SM"), 0.25, 0.0)
    mobile = texts([f"07700 900{n:03d}" for n in (person * 37 % 1_000).tolist()])  # numbers that no network gives to anybody
    home = texts([f"020 7946 0{n:03d}" for n in (person * 53 % 1_000).tolist()])
    mail = texts(
        [f"{name.lower()}.{n}@example.com" for name, n in zip(name_book().forename[people.forename[person]], person.tolist(), strict=True)]
    )
    shares = rng.random((4, size))
    contact = {"home": blank(home, shares[0] < 0.9), "mobile": blank(mobile, shares[1] < 0.4), "work": texts([""] * size),
               "primaryEmail": blank(mail, shares[2] < 0.6)}  # fmt: skip
    return {
        "address": _addresses(rng, plan, world, country, held, day, care),
        "contact": objects({name: quoted(values) for name, values in contact.items()}),
        "nationalityCode": quoted(blank(texts(np.where(person % 9 == 0, "POL", "GBR")), happens(rng, 0.2, size))),
        "additionalNationalityCode": quoted(blank(texts(["IRL"] * size), ~happens(rng, 0.02, size))),
        "nationalInsuranceNumber": quoted(blank(_national_insurance(person, plan, world), ~happens(rng, 0.15, size))),
        "ethnicity": objects(
            {
                "selfDefinedEthnicityCode": quoted(blank(code, happens(rng, unasked.clip(0, 1), size))),
                "observedEthnicityCode": quoted(blank(observed(code), happens(rng, 0.2, size))),
            }
        ),
        "arrestSummonsNumber": quoted(blank(arrest_number(held.court // 2, held.urn, person), happens(rng, 0.1, size))),
        "driverNumber": quoted(blank(_licences(world, person), ~happens(rng, 0.2, size))),
        "bailStatus": objects({"code": quoted(chosen(("U", "B", "C"), pick(rng, np.array([0.5, 0.3, 0.2]), size)))}),
        "missing": pa.array(care),
    }


def _national_insurance(person: Ints, plan: Plan, world: World) -> Texts:
    """Numbers of a prefix that is never given out; one a person. Prisoners' stand in the prison's extract alone."""
    inside = np.isin(person, world.stays.person)
    return texts(
        ["" if i else f"QQ{n * 7_919 % 1_000_000:06d}{'ABCD'[n % 4]}" for n, i in zip(person.tolist(), inside.tolist(), strict=True)]
    )


def _licences(world: World, person: Ints) -> Texts:
    """Driver numbers: five letters of the surname, digits of the date of birth (51 to 62 for a woman's month), initials."""
    people, book = world.people, name_book()
    year, month, day = split_days(people.birth[person])
    month = month + 50 * (people.sex[person] == FEMALE)
    surname, first = book.surname[people.surname[person]], book.forename[people.forename[person]]
    columns = zip(surname, year.tolist(), month.tolist(), day.tolist(), first, (person % 10).tolist(), strict=True)
    return texts([f"{s.upper().replace(' ', '').replace(chr(39), '')[:5]:9<5}{y // 10 % 10}{m:02d}{d:02d}{y % 10}{f[0]}9{n}9AA"[:16]
                  for s, y, m, d, f, n in columns])  # fmt: skip


def _addresses(rng: np.random.Generator, plan: Plan, world: World, country: Nation, held: Defendants, day: Ints, care: Reals) -> pa.Array:
    people, size = world.people, len(day)
    home = people.home_at(held.person, day)
    at = write_address(country, people.reach, home)
    abroad = happens(rng, plan.rates.no_fixed_abode, size) & ~held.is_company
    care = care * np.where(abroad, 1.5, 1.0)
    by_solicitor = happens(rng, RATES.solicitor, size) & ~abroad
    area = people.reach.area[street_of(home)]
    office = area + len(country.area) * rng.integers(0, _SOLICITORS // len(country.area), size=size)
    offices = _offices(plan.seed)
    line1 = np.where(by_solicitor, texts([f"c/o Solicitors, {n % 200 + 1} High Street" for n in office.tolist()]), _street(at))
    hidden = abroad | by_solicitor
    missing = max(0.0, RATES.postcode_missing - 0.3 * 0.03) / 0.97  # 30 % of those of no fixed abode have no postcode
    unknown = np.where(happens(rng, 0.7, size), "NF1 1NF", "")
    postcode = np.where(abroad, unknown, np.where(by_solicitor, offices[office], blank(at.postcode, uneven(rng, missing, care))))
    lines = [texts(np.where(abroad, "No fixed abode", line1)), blank(at.line4, hidden), blank(at.line5, abroad)]
    return objects(
        {f"address{n}": quoted(line) for n, line in enumerate(lines, start=1)}
        | {"address4": "null", "address5": "null", "postcode": quoted(texts(postcode))}
    )


@lru_cache(maxsize=4)
def _offices(seed: int) -> Texts:
    """Postcodes of the solicitors of a seed."""
    return office_postcodes(stream(seed, NATION, Stage.COMMON_PLATFORM), nation(seed), _SOLICITORS)


def _street(at: Address) -> Texts:
    return spaced(at.line1, at.line2, at.line3)


def _details(rng: np.random.Generator, plan: Plan, world: World, person: Ints, day: Ints, steady: dict[str, pa.Array]) -> pa.Array:
    """Person and rest of ``personDefendant``: names, date of birth and gender as one clerk typed them."""
    book, people, size = name_book(), world.people, len(person)
    care = steady["missing"].to_numpy()
    surname = people.surname_at(person, day)
    is_woman = people.sex[person] == FEMALE
    written = np.where(is_woman, book.surname_of_women[surname], book.surname[surname])
    first, last = noisy_names(rng, book.forename[people.forename[person]], texts(written), plan.rates)
    second, third = people.middle[person], people.middle_2[person]
    existing = max(float((second >= 0).mean()), 1e-9) if size else 1.0
    hidden = (second < 0) | happens(rng, max(0.0, 1 - (1 - RATES.middle_missing) / existing), size)
    middle = blank(spaced(book.forename[np.maximum(second, 0)], blank(book.forename[np.maximum(third, 0)], third < 0)), hidden)
    shouts = happens(rng, 0.15, size)
    born = blank(iso(noisy_births(rng, people.birth[person], plan.rates)), uneven(rng, RATES.dob_missing, care))
    gender = np.where(is_woman, "FEMALE", "MALE")
    unknown = chosen(("NOT SPECIFIED", "NOT_KNOWN", ""), pick(rng, np.array([0.3, 0.2, 0.5]), size))
    title = np.where(is_woman, chosen(_TITLES[1], rng.integers(0, 4, size)), chosen(_TITLES[0], rng.integers(0, 4, size)))
    names = {"firstName": first, "middleName": middle, "lastName": last}
    details = objects(
        {"title": quoted(texts(title))}
        | {name: quoted(capitals(values, shouts)) for name, values in names.items()}
        | {
            "dateOfBirth": quoted(born),
            "gender": quoted(texts(np.where(uneven(rng, RATES.sex_missing, care), unknown, gender))),
            **{name: steady[name] for name in ("address", "contact", "nationalityCode", "additionalNationalityCode",
                                               "nationalInsuranceNumber", "ethnicity")},
        }
    )  # fmt: skip
    return objects({"personDetails": details} | {name: steady[name] for name in ("arrestSummonsNumber", "driverNumber", "bailStatus")})


def first_days(heard_day: Ints, hearing: Ints, defendant: Ints, size: int) -> Ints:
    """Day of each defendant's first hearing."""
    day = np.full(size, 2**31, dtype=np.int64)
    np.minimum.at(day, defendant, heard_day[hearing])
    return day


def overlooked(rng: np.random.Generator, size: int) -> Flags:
    """Whose first message writes the person with slips of its own."""
    return happens(rng, RATES.corrected, size)
