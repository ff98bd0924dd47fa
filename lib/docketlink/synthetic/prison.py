"""The prison system: prisoners with their names, identifiers and addresses, as its export writes them. Stays: prison_stays.py."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from docketlink.synthetic import prison_stays
from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Stage, Texts, happens, pick, rank_within, some, stream, texts
from docketlink.synthetic.identifiers import check_letter, prison_number, write_cro, write_pnc
from docketlink.synthetic.names import FEMALE, name_book
from docketlink.synthetic.noise import blank, familiar_form, noisy_births, noisy_names
from docketlink.synthetic.parameters import Plan, Rates
from docketlink.synthetic.places import Nation, write_address
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.writing import capitals, chosen, iso, numbers, spaced, table

SOURCE = "prison_nomis"
NODE_TABLE = "offenders"
_FIRST_ID, _IDS_PER_BLOCK = 100_000_000, 10_000
_RACES = {
    "A1": "Asian/Asian British: Indian", "A2": "Asian/Asian British: Pakistani", "A3": "Asian/Asian British: Bangladeshi",
    "A4": "Asian/Asian British: Chinese", "A9": "Asian/Asian British: Any other backgr'nd", "B1": "Black/Black British: Caribbean",
    "B2": "Black/Black British: African", "B9": "Black/Black British: Any other backgr'nd", "M1": "Mixed: White and Black Caribbean",
    "M2": "Mixed: White and Black African", "M3": "Mixed: White and Asian", "M9": "Mixed: Any other background",
    "O2": "Other: Arab", "O9": "Other: Any other background", "W1": "White: Eng./Welsh/Scot./N.Irish/British", "W2": "White: Irish",
    "W3": "White: Gypsy or Irish Traveller", "W5": "White: Roma", "W9": "White: Any other background",
}  # fmt: skip
_CUT = 35  # characters that a name field holds


@dataclass(frozen=True)
class Prisoners:
    """Prison numbers of a block (one entry each) and the rows of names that stand under them, the main name last."""

    person: Ints
    stay_root: Ints  # root of each stay
    first_row: Ints
    last_row: Ints
    row_root: Ints
    row_person: Ints
    row_id: Ints

    @property
    def root_id(self) -> Ints:
        """The id that all rows of a root share: that of the first one."""
        return self.row_id[self.first_row]


def prisoners(plan: Plan, block: int, world: World) -> Prisoners:
    """Who has which prison number: some people have two, a few numbers also hold a name of somebody else."""
    rng, rates, stays = stream(plan.seed, block, Stage.PRISON), plan.rates, world.stays
    people, first, count = np.unique(stays.person, return_index=True, return_counts=True)
    two = np.zeros(len(people), dtype=bool)
    two[some(rng, np.flatnonzero(count > 1), rates.prison_two_numbers * len(people))] = True
    root_of_person = np.cumsum(1 + two) - 1 - two
    place = np.searchsorted(people, stays.person)
    later_half = (np.arange(len(stays.person)) - first[place]) * 2 >= count[place]
    stay_root = root_of_person[place] + (two[place] & later_half)
    person = np.repeat(people, 1 + two)
    aliases = happens(rng, rates.prison_aliases, len(person)) * rng.geometric(1 / 1.7, size=len(person))
    strangers = happens(rng, rates.prison_wrong_person, len(person)).astype(np.int64)
    rows = 1 + aliases + strangers
    row_root = np.repeat(np.arange(len(person)), rows)
    row_person = person[row_root]
    last = np.cumsum(rows) - 1
    strange = last[strangers == 1] - 1
    row_person[strange] = rng.choice(people, size=len(strange)) if len(strange) else row_person[strange]
    row_id = _FIRST_ID + block * _IDS_PER_BLOCK + np.arange(len(row_root)) + 1
    return Prisoners(person, stay_root, np.r_[0, last[:-1] + 1] if len(last) else last, last, row_root, row_person, row_id)


def nodes(plan: Plan, block: int, world: World) -> tuple[list[Texts], Ints]:
    """Native key columns and person of each linking node: one per prison number, its main name's person."""
    made = prisoners(plan, block, world)
    return [numbers(made.root_id)], made.person


def tables(plan: Plan, block: int, world: World, country: Nation, registers: Registers) -> dict[str, pa.Table]:
    """The landing tables of a block."""
    made = prisoners(plan, block, world)
    rng = stream(plan.seed, block, Stage.PRISON, 1)
    return {
        NODE_TABLE: table(_offenders(rng, plan, block, world, registers, made)),
        "offender_identifiers": _identifiers(rng, plan.rates, registers, made),
        "offender_addresses": _addresses(rng, plan.rates, block, world, country, made),
        **prison_stays.tables(plan, block, world, _row_of_stay(rng, world, made)),
    }


def _row_of_stay(rng: np.random.Generator, world: World, made: Prisoners) -> Ints:
    """The id of the name under which each stay was booked: the main one for the latest, any for earlier ones."""
    root = made.stay_root
    latest = np.r_[root[1:] != root[:-1], True] if len(root) else root.astype(bool)
    rows = made.last_row[root] - made.first_row[root] + 1
    some_row = made.first_row[root] + (rng.random(len(root)) * rows).astype(np.int64)
    own = made.row_person[some_row] == made.person[root]
    return made.row_id[np.where(latest | ~own | happens(rng, 0.5, len(root)), made.last_row[root], some_row)]


def _offenders(rng: np.random.Generator, plan: Plan, block: int, world: World, registers: Registers, made: Prisoners) -> dict[str, Texts]:
    rates, people, size = plan.rates, world.people, len(made.row_id)
    is_main = np.zeros(size, dtype=bool)
    is_main[made.last_row] = True
    last_admission = np.zeros(len(made.person), dtype=np.int64)
    np.maximum.at(last_admission, made.stay_root, world.stays.admission_day)
    order_before_main = made.last_row[made.row_root] - np.arange(size)
    created = last_admission[made.row_root] - order_before_main * 200 - (rng.exponential(90, size) * ~is_main).astype(np.int64)
    first, second, third, last = _names(rng, rates, world, made, is_main, created)
    entry = registers.offender_of(made.row_person)
    sex = chosen(("M", "F"), people.sex[made.row_person])
    in_words = happens(rng, 0.1, size)
    sex = texts(np.where(in_words, np.where(sex == "M", "Male", "Female"), sex))
    race = texts([_RACES[code] for code in registers.ethnicity[entry]])
    columns = {
        "last_name": last, "first_name": first, "middle_name": second, "middle_name_2": third,
        "birth_date": _births(rng, rates, world, made, is_main),
        "sex_code": texts(np.where(happens(rng, rates.prison_sex_missing, size), "NK", sex)),
        "race_code": blank(race, happens(rng, 0.02, size)),
        "birth_country_code": chosen(("", "ENG", "WALES", "UK"), pick(rng, np.array([0.25, 0.55, 0.1, 0.1]), size)),
    }  # fmt: skip
    ids = numbers(made.row_id)
    return {
        "offender_id": ids,
        "root_offender_id": numbers(made.root_id)[made.row_root],
        "alias_offender_id": blank(ids[made.last_row][made.row_root], is_main),
        "offender_id_display": prison_number(block * plan.people_per_block + made.row_root + 1),
        **columns,
        "title": texts(["MR" if s == "M" else "MS" for s in chosen(("M", "F"), people.sex[made.row_person])]),
        "alias_name_type": texts(np.where(is_main, "", chosen(("A", "NICK", "MAIDEN"), rng.integers(0, 3, size)))),
        "create_date": iso(created),
    }


def _names(
    rng: np.random.Generator, rates: Rates, world: World, made: Prisoners, is_main: Flags, day: Ints
) -> tuple[Texts, Texts, Texts, Texts]:
    """First, second and third forename and surname of each row. An alias changes forename, surname or both."""
    book, people, person, size = name_book(), world.people, made.row_person, len(made.row_id)
    kind = np.where(is_main | (person != made.person[made.row_root]), 0, pick(rng, np.array([0.0, 0.30, 0.30, 0.25, 0.15]), size))
    surname = people.surname_at(person, day)
    other = book.draw_surnames(rng, people.culture[person])
    other = np.where((surname != people.surname[person]) & happens(rng, 0.7, size), people.surname[person], other)
    surname = np.where((kind == 2) | (kind == 4), other, surname)
    middle, forename = people.middle[person], people.forename[person]
    another = book.draw_forenames(rng, people.culture[person], people.sex[person], np.ones(size, dtype=np.int64))
    forename = np.where((kind == 3) & (middle >= 0), middle, np.where(np.isin(kind, (3, 4)), another, forename))
    family_name = np.where(people.sex[person] == FEMALE, book.surname_of_women[surname], book.surname[surname])
    first, last = noisy_names(rng, familiar_form(rng, book.forename[forename], kind == 1), texts(family_name), rates)
    existing = max(float((middle >= 0).mean()), 1e-9) if size else 1.0
    hidden = (middle < 0) | happens(rng, max(0.0, 1 - (1 - rates.prison_middle_missing) / existing), size)
    second = blank(book.forename[np.maximum(middle, 0)], hidden)
    third = blank(book.forename[np.maximum(people.middle_2[person], 0)], hidden | (people.middle_2[person] < 0))
    everywhere = np.ones(size, dtype=bool)
    written = [texts([name[:_CUT] for name in capitals(part, everywhere)]) for part in (first, second, third, last)]
    return written[0], written[1], written[2], written[3]


def _births(rng: np.random.Generator, rates: Rates, world: World, made: Prisoners, is_main: Flags) -> Texts:
    """One recorded date of birth per number and person; some aliases give one of their own."""
    birth = world.people.birth
    own = made.row_person == made.person[made.row_root]
    day = np.where(own, noisy_births(rng, birth[made.person], rates)[made.row_root], birth[made.row_person])
    aliased = np.bincount(made.row_root[~is_main], minlength=len(made.person)) > 0
    share = rates.prison_alias_dob / max(float(aliased.mean()), rates.prison_alias_dob) if len(aliased) else 0.0
    lies = happens(rng, share, len(made.person))[made.row_root] & ~is_main & own
    off = rng.integers(-5, 6, size=len(day)) * 365 + rng.integers(-60, 61, size=len(day))
    return blank(iso(np.where(lies, day + off, day)), happens(rng, rates.prison_dob_missing, len(day)))


def _identifiers(rng: np.random.Generator, rates: Rates, registers: Registers, made: Prisoners) -> pa.Table:
    """The long table of numbers: PNC, CRO and national insurance, a few people with a second PNC."""
    entry, roots = registers.offender_of(made.person), len(made.person)
    pnc = write_pnc(rng, registers.pnc_year[entry], registers.pnc[entry], rates)
    cro = write_cro(rng, registers.cro_year[entry], registers.cro[entry], rates)
    year, serial = registers.pnc_year[entry] + 1, rng.integers(1, 9_999_999, size=roots)
    second = texts([f"{y}/{s:07d}{c}" for y, s, c in zip(year.tolist(), serial.tolist(), check_letter(year % 100, serial, 7), strict=True)])
    letters = np.array(list("ABCEGHJKLMNPRSTWXYZ"))[rng.integers(0, 19, size=(roots, 2))]
    nino = texts(
        [f"{a}{b}{n:06d}{'ABCD'[n % 4]}" for (a, b), n in zip(letters, rng.integers(0, 1_000_000, size=roots).tolist(), strict=True)]
    )
    shares = (1 - rates.prison_pnc_missing, 1 - rates.prison_cro_missing, 0.4)
    has = [happens(rng, share, roots) for share in shares]
    parts = [("PNC", pnc, has[0]), ("PNC", second, has[0] & happens(rng, 0.05, roots)), ("CRO", cro, has[1]), ("NINO", nino, has[2])]
    root = np.concatenate([np.flatnonzero(which) for *_, which in parts])
    order = np.argsort(root, kind="stable")
    kind = texts(np.concatenate([np.repeat(name, which.sum()) for name, _, which in parts]).astype(object))
    value = texts(np.concatenate([values[which] for _, values, which in parts]))
    verified = chosen(("N", "Y"), happens(rng, 0.6, len(root)).astype(np.int64))
    columns = {"root_offender_id": numbers(made.root_id)[root], "identifier_type": kind, "identifier": value, "verified_flag": verified}
    return table({name: values[order] for name, values in columns.items()})


def _addresses(rng: np.random.Generator, rates: Rates, block: int, world: World, country: Nation, made: Prisoners) -> pa.Table:
    """Addresses told at admissions, each once a number; the prison's own one, or none fixed, in some rows."""
    stays = world.stays
    home = world.people.home_at(stays.person, stays.admission_day)
    order = np.lexsort((stays.admission_day, home, made.stay_root))
    new = np.r_[True, (np.diff(home[order]) != 0) | (np.diff(made.stay_root[order]) != 0)] if len(order) else order.astype(bool)
    # Those of no fixed abode have no postcode either.
    told = happens(rng, (1 - rates.prison_postcode_missing) / (1 - rates.no_fixed_abode), len(made.person))
    kept = order[new & told[made.stay_root[order]]]
    kept = np.sort(kept[(rank_within(made.stay_root[kept]) == 0) | happens(rng, 0.7, len(kept))])
    at, size = write_address(country, world.people.reach, home[kept]), len(kept)
    inside, abroad = happens(rng, rates.prison_own_address, size), happens(rng, rates.no_fixed_abode, size)
    prison = stays.prison[kept]
    line = spaced(at.line1, at.line2, at.line3, at.line4, at.line5)
    line = texts(np.where(inside, texts([f"HMP {code}" for code in prison_stays.prison_code(prison)]), np.where(abroad, "", line)))
    postcode = np.where(inside, country.prison_postcode[prison], np.where(abroad, "", at.postcode))
    return table(
        {
            "address_id": numbers(_FIRST_ID + block * _IDS_PER_BLOCK + np.arange(size) + 1),
            "root_offender_id": numbers(made.root_id)[made.stay_root[kept]],
            "postal_code": texts(postcode),
            "full_address": line,
            "no_fixed_address": chosen(("N", "Y"), (abroad & ~inside).astype(np.int64)),
            "start_date": iso(stays.admission_day[kept]),
        }
    )
