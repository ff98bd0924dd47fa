"""The county court's CaseMan system: cases, party roles, parties and addresses. What follows a claim: civil_register.py."""

import numpy as np
import pyarrow as pa

from docketlink.synthetic import civil_register
from docketlink.synthetic.civil_contacts import (
    CLAIM_TYPES,
    CLAIMANT,
    COURTS,
    DEFENDANT,
    INSOLV,
    CivilCases,
    meet,
)
from docketlink.synthetic.civil_names import CREDITORS, creditors, organisation_names, padded_names, person_names
from docketlink.synthetic.civil_roll import DIRT, ROLES, SOLICITOR, Roll, case_numbers, court_factor, roll
from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Ints, Reals, Stage, Texts, happens, pick, stream, texts, uneven
from docketlink.synthetic.noise import blank, noisy_births
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation, rare_surname, write_address
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.writing import chosen, iso, numbers, spaced, table

SOURCE = "civil_caseman"
NODE_TABLE = "case_party_roles"
_FIRST_ID, _FIRST_CREDITOR = 10_000_000_000, 1_000


def nodes(plan: Plan, block: int, world: World) -> tuple[list[Texts], Ints]:
    """Native key columns and person of each linking node: people of party roles, two of a joint one, and those of PCOL."""
    made = meet(plan, block, world)
    rows, case = roll(plan, block, made), case_numbers(plan, block, made)
    first, second = np.flatnonzero(rows.person >= 0), np.flatnonzero(rows.second >= 0)
    row, place = np.r_[first, second], np.r_[np.ones(len(first), dtype=np.int64), np.full(len(second), 2)]
    online = civil_register.online_parties(plan, block, made, rows.role, rows.person, rows.second, rows.of)
    there = np.flatnonzero(online.person >= 0)
    key = [
        np.r_[case[rows.of[row]], case[online.of[there]]],
        np.r_[chosen(ROLES, rows.role[row]), texts([f"PCOL {ROLES[role]}" for role in online.role[there].tolist()])],
        np.r_[numbers(rows.number[row]), numbers(online.number[there])],
        np.r_[numbers(place), texts(["1"] * len(there))],
    ]
    return key, np.r_[rows.person[first], rows.second[second], online.person[there]]


def tables(plan: Plan, block: int, world: World, country: Nation, registers: Registers) -> dict[str, pa.Table]:
    """The landing tables of a block."""
    rng, made = stream(plan.seed, block, Stage.CIVIL, 1), meet(plan, block, world)
    rows, case = roll(plan, block, made), case_numbers(plan, block, made)
    national = creditors(country)
    size = len(rows.of)
    own_id = _FIRST_ID + block * plan.people_per_block * 4 + np.arange(size) + 1
    party_id = np.where(rows.creditor >= 0, _FIRST_ID - CREDITORS + rows.creditor, own_id)
    care = court_factor(plan.seed)[made.court % COURTS]
    address = _addresses(rng, plan, block, world, country, made, rows, case, care)
    names = organisation_names(rng, size, rows.role == SOLICITOR)
    names[rows.creditor >= 0] = national[rows.creditor[rows.creditor >= 0]]
    online = civil_register.online_parties(plan, block, made, rows.role, rows.person, rows.second, rows.of)
    return {
        "cases": _cases(rng, made, rows, case),
        NODE_TABLE: _roles(rng, made, rows, case, party_id),
        "parties": _parties(rng, plan, block, world, made, rows, names, national, numbers(party_id)),
        "given_addresses": address,
        "coded_parties": _coded(block, national),
        **civil_register.tables(plan, block, world, country, made, case, online, names),
    }


def _cases(rng: np.random.Generator, made: CivilCases, rows: Roll, case: Texts) -> pa.Table:
    size = len(case)
    code = np.full(size, -1)
    coded = rows.creditor >= 0
    code[rows.of[coded]] = rows.creditor[coded]
    amount = np.round(rng.lognormal(7.0, 1.1, size=size), 2)
    return table(
        {
            "case_number": case,
            "admin_crt_code": numbers(made.court, 3),
            "cred_code": blank(numbers(code + _FIRST_CREDITOR), code < 0),
            "status": chosen(("", "PAID", "STAYED", "TRANSFERRED", "WITHDRAWN"), pick(rng, np.array([0.7, 0.1, 0.08, 0.07, 0.05]), size)),
            "claim_type": chosen(CLAIM_TYPES, made.kind),
            "amount_claimed": texts([f"{value:.2f}" for value in amount.tolist()]),
            "court_fee": chosen(("25.00", "35.00", "60.00", "70.00", "105.00", "355.00"), rng.integers(0, 6, size)),
            "date_of_issue": iso(made.day),
            "insolvency_number": blank(numbers(rng.integers(1, 9_999, size), 4), made.kind != INSOLV),
        }
    )


def _roles(rng: np.random.Generator, made: CivilCases, rows: Roll, case: Texts, party_id: Ints) -> pa.Table:
    size, sued = len(rows.of), rows.role == DEFENDANT
    served = iso(made.day[rows.of] + rng.integers(3, 20, size))
    return table(
        {
            "case_number": case[rows.of],
            "case_party_no": numbers(rows.number),
            "party_id": numbers(party_id),
            "party_role_code": chosen(ROLES, rows.role),
            "reference": blank(numbers(rng.integers(10_000, 9_999_999, size)), happens(rng, 0.5, size) | sued),
            "deft_date_of_service": blank(served, ~sued | happens(rng, 0.1, size)),
            "payee_flag": chosen(("N", "Y"), (rows.role == CLAIMANT).astype(np.int64)),
        }
    )


def _parties(
    rng: np.random.Generator,
    plan: Plan,
    block: int,
    world: World,
    made: CivilCases,
    rows: Roll,
    names: Texts,
    national: Texts,
    party_id: Texts,
) -> pa.Table:
    """A row for each party that is no coded creditor; the first block also holds those, who belong to all."""
    day, is_person = made.day[rows.of], rows.person >= 0
    main = person_names(rng, plan, world, rows.person, day, DIRT.middle_missing)
    other = person_names(rng, plan, world, rows.second, day, DIRT.middle_missing)
    written = padded_names(rng, main, other, rows.second >= 0)
    born = iso(noisy_births(rng, world.people.birth[rows.person], plan.rates))
    untold = ~is_person | (rows.second >= 0) | happens(rng, DIRT.dob_missing, len(day))
    own = np.flatnonzero(rows.creditor < 0)
    nation = national if block == 0 else national[:0]
    nothing = texts([""] * len(nation))
    phone = blank(numbers(7_700_900_000 + rng.integers(0, 1_000, len(day)), 11), happens(rng, 0.97, len(day)))
    return table(
        {
            "party_id": np.r_[party_id[own], _creditor_ids(len(nation))],
            "person_requested_name": np.r_[texts(np.where(is_person, written, names))[own], nation],
            "person_dob": np.r_[blank(born, untold)[own], nothing],
            "party_type_code": np.r_[texts([""] * len(own)), nothing],
            "tel_no": np.r_[phone[own], nothing],
        }
    )


def _creditor_ids(size: int) -> Texts:
    return numbers(_FIRST_ID - CREDITORS + np.arange(size))


def _coded(block: int, national: Texts) -> pa.Table:
    """The national creditors, in the first block's file."""
    national = national if block == 0 else national[:0]
    code = numbers(_FIRST_CREDITOR + np.arange(len(national)))
    return table({"code": code, "party_id": _creditor_ids(len(national)), "person_requested_name": national})


def _addresses(
    rng: np.random.Generator, plan: Plan, block: int, world: World, country: Nation, made: CivilCases, rows: Roll, case: Texts, care: Reals
) -> pa.Table:
    """The address for service of every party but coded creditors and solicitors, after an older one for some."""
    people = world.people
    current = np.flatnonzero((rows.creditor < 0) & (rows.role != SOLICITOR))
    older = current[happens(rng, DIRT.older_address, len(current))]
    row = np.r_[current, older]
    is_old = np.r_[np.zeros(len(current), dtype=bool), np.ones(len(older), dtype=bool)]
    person, day = rows.person[row], made.day[rows.of[row]]
    lived = people.home_at(person, day - np.where(is_old, 900, 0))
    office = rng.integers(0, len(people.reach.postcode), len(row)) * 512 + rng.integers(1, 100, len(row))
    at = write_address(country, people.reach, np.where(person >= 0, lived, office))
    factor = care[rows.of[row]] * rare_surname(people.surname_at(person, day))
    missing = np.zeros(len(row), dtype=bool)
    missing[person >= 0] = uneven(rng, DIRT.postcode_missing, factor[person >= 0])
    nation = CREDITORS if block == 0 else 0
    here = {
        "case_number": case[rows.of[row]],
        "case_party_no": numbers(rows.number[row]),
        "party_role_code": chosen(ROLES, rows.role[row]),
        "address_line1": spaced(at.line1, at.line2, at.line3),
        "address_line2": at.line4,
        "address_line3": at.line5,
        "postcode": blank(at.postcode, missing),
        "address_type_code": texts(["SERVICE"] * len(row)),
        "valid_from": iso(day - np.where(is_old, 900, 0)),
        "valid_to": blank(iso(day + 30), ~is_old),
    }
    empty = texts([""] * (len(row) + nation))
    columns = {name: np.r_[values, texts([""] * nation)] for name, values in here.items()}
    columns["address_type_code"][len(row) :] = "CODED PARTY"
    columns["address_line1"][len(row) :] = "PO Box 100"
    columns["valid_from"][len(row) :] = "2010-01-01"
    ids = np.r_[_FIRST_ID + block * plan.people_per_block * 8 + np.arange(len(row)) + 1, _FIRST_ID - CREDITORS + np.arange(nation)]
    party = np.r_[texts([""] * len(row)), _creditor_ids(nation)]
    first = {"address_id": numbers(ids), **{name: columns[name] for name in ("case_number", "case_party_no", "party_role_code")}}
    lines = {"party_id": party, **{f"address_line{n}": columns.get(f"address_line{n}", empty) for n in range(1, 6)}}
    last = {name: columns[name] for name in ("postcode", "address_type_code", "valid_from", "valid_to")}
    return table(first | lines | last)
