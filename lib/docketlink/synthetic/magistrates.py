"""The magistrates' courts' statistical file: a row per defendant in a case, with the principal offence, and an offence table."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from docketlink.synthetic.contacts import OFFENCES, OUTCOMES, SENTENCE, TRIAL, World
from docketlink.synthetic.draws import Flags, Ints, Reals, Stage, Texts, happens, pick, rank_within, stream, texts, uneven
from docketlink.synthetic.identifiers import write_cro, write_pnc
from docketlink.synthetic.names import FEMALE, name_book, word_lists
from docketlink.synthetic.noise import blank, noisy_births, noisy_names, split_days
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Address, Nation, rare_surname, write_address
from docketlink.synthetic.population import age_at
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.writing import british_date, capitals, chosen, iso, numbers, observed, spaced, table

SOURCE = "mags_hocas"
NODE_TABLE = "hocas_flatfile"
# Each block numbers its rows and cases within a range of its own.
_ROWS_PER_BLOCK, _CASES_PER_YEAR = 1_000_000, 2_500
_CODES = {
    "VAP": ("00801", "10501"),
    "SEX": ("01908",),
    "ROB": ("03401",),
    "THEFT": ("04600", "03000"),
    "CDA": ("05800",),
    "DRUGS": ("09261",),
    "WEAP": ("08101",),
    "PUBORD": ("06601",),
    "MISC": ("07900",),
    "FRAUD": ("05300",),
    "SNM": ("12500",),
    "SM": ("80001",),
    "NK": ("09999",),
}
_CJS = ("TH68010", "CJ88116", "MD71230", "PU86090", "RT88007", "CD71039", "OF61102", "FI68131", "RT88191", "CA03012")
_PLEAS = ("G", "NG", "IG", "ING", "NI", "")
_TITLES = (("MR", "Mr", ""), ("MISS", "Mrs", "MS", ""))
_WORDS = dict(word_lists("words.txt"))
_FIRMS, _TRADES = tuple(_WORDS["firms"]), tuple(_WORDS["trades"])
_FORMS = ("Ltd", "Limited", "PLC", "LLP")


@dataclass(frozen=True)
class Rows:
    """Rows of the flat file before anything is written: a position in the block's cases, or -1 for an organisation."""

    case: Ints
    row_id: Texts


def rows(plan: Plan, block: int, world: World) -> Rows:
    """The rows of a block in the order of the file: by day of result, chance deciding within a day."""
    rng = stream(plan.seed, block, Stage.MAGISTRATES)
    cases = len(world.cases.person)
    firms = round(cases * plan.rates.organisation / (1 - plan.rates.organisation))
    like = np.r_[np.arange(cases), rng.integers(0, max(cases, 1), size=firms if cases else 0)]
    order = np.lexsort((rng.random(len(like)), world.cases.result_day[like]))
    case = np.where(order < cases, order, -1 - like[order])
    return Rows(case, numbers(block * _ROWS_PER_BLOCK + np.arange(len(case)) + 1, 11))


def row_ids(plan: Plan, block: int, world: World) -> Texts:
    """The row of each of the block's cases."""
    made = rows(plan, block, world)
    result = texts([""] * len(world.cases.case))
    result[made.case[made.case >= 0]] = made.row_id[made.case >= 0]
    return result


def nodes(plan: Plan, block: int, world: World) -> tuple[list[Texts], Ints]:
    """Native key columns and person of each linking node; organisations have no truth."""
    made = rows(plan, block, world)
    people = made.case >= 0
    return [made.row_id[people]], world.cases.person[made.case[people]]


def tables(plan: Plan, block: int, world: World, country: Nation, registers: Registers) -> dict[str, pa.Table]:
    """The landing tables of a block."""
    rng = stream(plan.seed, block, Stage.MAGISTRATES, 1)
    made = rows(plan, block, world)
    is_firm = made.case < 0
    case = np.where(is_firm, -1 - made.case, made.case)
    offences = 1 + rng.poisson(0.7, size=len(case))
    flat: dict[str, Texts] = {"row_id": made.row_id}
    flat |= _case_columns(block, world, country, case)
    flat |= _person_columns(rng, plan, world, country, registers, case, is_firm)
    flat |= _result_columns(rng, world, case, is_firm)
    return {NODE_TABLE: table(flat), "hocas_offence": _offence_table(rng, world, case, made.row_id, offences)}


def case_numbers(block: int, world: World) -> Ints:
    """Libra's number of the case of each of the block's defendants."""
    year = split_days(world.cases.hearing_day)[0]
    order = np.argsort(year, kind="stable")
    serial = np.empty(len(year), dtype=np.int64)
    serial[order] = block * _CASES_PER_YEAR + rank_within(year[order]) + 1
    return (year % 100 * 100_000_000 + serial)[world.cases.case]


def _case_columns(block: int, world: World, country: Nation, case: Ints) -> dict[str, Texts]:
    cases = world.cases
    # The defendant's key counts per court, so that two courts use the same one.
    at_court = (world.cases.person * 7_919 + cases.court * 104_729 + block * 15_485_863) % 899_999_999 + 100_000_000
    return {
        "case_id": numbers(block * _ROWS_PER_BLOCK + cases.case[case] + 1, 11),
        "caseNo": numbers(case_numbers(block, world)[case], 10),
        "courtCode": country.court[cases.court[case]],
        "cId": numbers(at_court[case]),
    }


def _person_columns(
    rng: np.random.Generator, plan: Plan, world: World, country: Nation, registers: Registers, case: Ints, is_firm: Flags
) -> dict[str, Texts]:
    rates, people, cases = plan.rates, world.people, world.cases
    person, day, size = cases.person[case], cases.hearing_day[case], len(case)
    age = age_at(people.birth[person], day)
    surname = people.surname_at(person, day)
    abroad = happens(rng, rates.no_fixed_abode, size)
    # What a court leaves empty differs by court, and falls on the rarely named, the homeless and the young more often.
    care = country.court_factor[cases.court[case]] * rare_surname(surname) * np.where(abroad, 1.5, 1.0) * np.where(age < 18, 1.5, 1.0)
    columns = _names(rng, plan, world, person, surname, country.court_factor[cases.court[case]] > 1.0)
    columns |= _birth_and_sex(rng, plan, world, person, day, care)
    columns |= _address(rng, rates.mags_postcode_missing, write_address(country, people.reach, people.home_at(person, day)), abroad, care)
    told = registers.offender_of(person)
    wrong = happens(rng, rates.mags_wrong_number, size)
    told = np.where(wrong, rng.integers(0, max(len(registers.person), 1), size=size), told)
    pnc = write_pnc(rng, registers.pnc_year[told], registers.pnc[told], rates)
    cro = write_cro(rng, registers.cro_year[told], registers.cro[told], rates)
    columns["pnc"] = blank(pnc, uneven(rng, rates.mags_pnc_missing, care**0.3))
    columns["cro"] = blank(cro, uneven(rng, rates.mags_cro_missing, care**0.2))
    code = registers.ethnicity[registers.offender_of(person)]
    missing = 0.07 + 0.30 * (day - 14_610) / (14 * 365.25) + np.where(cases.offence[case] == OFFENCES.index("SM"), 0.25, 0.0)
    columns["ethnicity_self_defined"] = blank(code, happens(rng, missing.clip(0, 1), size))
    columns["ethnicity_observed"] = blank(observed(code), happens(rng, 0.2, size))
    return _firms(rng, columns, is_firm)


def _names(rng: np.random.Generator, plan: Plan, world: World, person: Ints, surname: Ints, shouts: Flags) -> dict[str, Texts]:
    book, rates, people, size = name_book(), plan.rates, world.people, len(person)
    family_name = np.where(people.sex[person] == FEMALE, book.surname_of_women[surname], book.surname[surname])
    first, last = noisy_names(rng, book.forename[people.forename[person]], texts(family_name), rates)
    middle = people.middle[person]
    hidden = happens(rng, _left_out(rates.mags_middle_missing, middle), size) | (middle < 0)
    second = blank(book.forename[np.maximum(middle, 0)], hidden)
    third = blank(book.forename[np.maximum(people.middle_2[person], 0)], hidden | (people.middle_2[person] < 0))
    title = np.where(people.sex[person] == FEMALE, chosen(_TITLES[1], rng.integers(0, 4, size)), chosen(_TITLES[0], pick(rng, _MEN, size)))
    printed = spaced(texts(title), first, second, third, last)
    both = happens(rng, 0.02, size) & (second != "")
    first, second = texts(np.where(both, spaced(first, second), first)), blank(second, both)
    titled = happens(rng, 0.01, size) & (title != "")
    first = texts(np.where(titled, spaced(texts(title), first), first))
    second = texts(np.where((second == "") & happens(rng, 0.01, size), "NOT ENTERED", second))
    only_printed = happens(rng, 0.01, size)
    columns = {"title": texts(title), "forename1": first, "forename2": second, "forename3": third, "surname": last}
    columns = {name: capitals(blank(values, only_printed), shouts) for name, values in columns.items()}
    return columns | {"defendantName": blank(capitals(printed, shouts), happens(rng, 0.05, size) & ~only_printed)}


_MEN = np.array([0.55, 0.25, 0.20])


def _left_out(share: float, middle: Ints) -> float:
    """The share of existing middle names to leave out, so that ``share`` of all records lack one."""
    existing = float((middle >= 0).mean()) if len(middle) else 0.0
    return max(0.0, 1 - (1 - share) / max(existing, 1e-9))


def _birth_and_sex(rng: np.random.Generator, plan: Plan, world: World, person: Ints, day: Ints, care: Reals) -> dict[str, Texts]:
    rates, people, size = plan.rates, world.people, len(person)
    born = british_date(noisy_births(rng, people.birth[person], rates), happens(rng, rates.two_digit_year, size))
    placeholder = happens(rng, rates.dob_placeholder, size)
    born = texts(np.where(placeholder, chosen(("01/01/1900", "01/01/1970"), rng.integers(0, 2, size)), born))
    sex = chosen(("M", "F"), people.sex[person])
    sex = texts(np.where(happens(rng, 0.002, size), "NS", np.where(happens(rng, 0.001, size), "U", sex)))
    age = np.floor(age_at(people.birth[person], day)).astype(np.int64) + happens(rng, 0.01, size)
    return {
        "defendantDob": blank(born, uneven(rng, rates.mags_dob_missing, care)),
        "defendantAge": blank(numbers(age), happens(rng, 0.05, size)),
        "defendantSex": blank(sex, uneven(rng, rates.mags_sex_missing, care)),
    }


def _address(rng: np.random.Generator, missing: float, home: Address, abroad: Flags, care: Reals) -> dict[str, Texts]:
    size = len(abroad)
    # Half of the rows write number and street on one line, and the rest moves up.
    joined = happens(rng, 0.5, size)
    street = spaced(home.line1, home.line2, home.line3)
    split = (home.line1, home.line2, home.line3, home.line4, home.line5)
    whole = (street, home.line4, home.line5, *(texts([""] * size),) * 2)
    lines = [blank(texts(np.where(joined, w, s)), abroad) for s, w in zip(split, whole, strict=True)]
    lines[0] = texts(np.where(abroad, "NO FIXED ABODE", lines[0]))
    tight = happens(rng, 0.1, size)
    written = texts([p.replace(" ", "").lower() if t else p for p, t in zip(home.postcode, tight.tolist(), strict=True)])
    unknown = np.where(happens(rng, 0.7, size), "NF1 1NF", "")
    postcode = np.where(abroad, unknown, blank(written, uneven(rng, missing, care)))
    return {f"line{n}": line for n, line in enumerate(lines, start=1)} | {"pcode": texts(postcode)}


def company_names(rng: np.random.Generator, size: int) -> Texts:
    """Names of companies."""
    return spaced(*(chosen(each, rng.integers(0, len(each), size)) for each in (_FIRMS, _TRADES, _FORMS)))


def _firms(rng: np.random.Generator, columns: dict[str, Texts], is_firm: Flags) -> dict[str, Texts]:
    """Organisations stand in the same file: a company's name in the surname, and nothing that a person has."""
    size = len(is_firm)
    words = company_names(rng, size)
    kept = {"line1", "line2", "line3", "line4", "line5", "pcode"}
    written = {name: values if name in kept else blank(values, is_firm) for name, values in columns.items()}
    for name in ("surname", "defendantName"):
        written[name] = texts(np.where(is_firm, words, written[name]))
    kind = np.where(is_firm, "O", np.where(happens(rng, 0.05, size), "", "P"))
    return {"defendantType": texts(kind), **written}


def _result_columns(rng: np.random.Generator, world: World, case: Ints, is_firm: Flags) -> dict[str, Texts]:
    cases, size = world.cases, len(case)
    outcome = np.where(is_firm, OUTCOMES.index("fine"), cases.outcome[case])
    offence_day = np.where(happens(rng, 0.002, size), -25_567, cases.offence_day[case])  # 1900-01-01
    result_day = np.where(happens(rng, 0.003, size), cases.offence_day[case] - 1, cases.result_day[case])
    age = age_at(world.people.birth[cases.person[case]], cases.hearing_day[case])
    code = home_office_code(rng, cases.offence[case])
    return {
        "proceeding_type": chosen(("1", "2", "3"), pick(rng, np.array([0.85, 0.10, 0.05]), size)),
        "proceedings_type_desc": chosen(("Summons", "Charge", "Postal requisition"), pick(rng, np.array([0.3, 0.5, 0.2]), size)),
        "offence_date": iso(offence_day),
        "first_hearing_date": iso(cases.hearing_day[case]),
        "final_result_date": iso(result_day),
        "ho_offence_code": code,
        "plea": chosen(_PLEAS, pick(rng, _PLEA_SHARES, size)),
        "jsas_result_group_desc": _cased(rng, chosen(OUTCOMES, outcome)),
        "committed_to_crown": chosen(("N", "Y"), np.isin(outcome, (TRIAL, SENTENCE)).astype(np.int64)),
        "youth_court": chosen(("N", "Y"), ((age < 18) & ~is_firm).astype(np.int64)),
    }


_PLEA_SHARES = np.array([0.45, 0.18, 0.08, 0.03, 0.10, 0.16])


def home_office_code(rng: np.random.Generator, offence: Ints) -> Texts:
    """Home Office codes of offence groups; some have lost their leading zeros."""
    which = rng.integers(0, 2, size=len(offence)).tolist()
    code = [_CODES[OFFENCES[o]][w % len(_CODES[OFFENCES[o]])] for o, w in zip(offence.tolist(), which, strict=True)]
    cast = happens(rng, 0.05, len(offence)).tolist()  # a numeric cast on the way loses leading zeros
    return texts([c.lstrip("0") if lost else c for c, lost in zip(code, cast, strict=True)])


def _cased(rng: np.random.Generator, values: Texts) -> Texts:
    """Letter case and outer space vary."""
    how = pick(rng, np.array([0.70, 0.15, 0.10, 0.05]), len(values)).tolist()
    forms = (str, str.capitalize, str.upper, lambda value: f"{value} ")
    return texts([forms[h](v) for v, h in zip(values, how, strict=True)])


def _offence_table(rng: np.random.Generator, world: World, case: Ints, row_id: Texts, offences: Ints) -> pa.Table:
    of_row = np.repeat(np.arange(len(case)), offences)
    size, of_case = len(of_row), case[np.repeat(np.arange(len(case)), offences)]
    number = rank_within(of_row)
    principal = number == 0
    offence = np.where(principal, world.cases.offence[of_case], rng.integers(0, len(OFFENCES) - 1, size=size))
    outcome = np.where(principal, world.cases.outcome[of_case], pick(rng, np.array([0, 0, 0.1, 0.4, 0.1, 0.1, 0.0, 0.0, 0.25, 0.05]), size))
    guilty = outcome <= SENTENCE
    day = world.cases.offence_day[of_case] + np.where(principal, 0, -rng.integers(0, 3, size=size))
    return table(
        {
            "row_id": row_id[of_row],
            "seq": numbers(number + 1),
            "offence_code": chosen(_CJS, rng.integers(0, len(_CJS), size)),
            "ho_offence_code": home_office_code(rng, offence),
            "offence_date": iso(day),
            "plea": chosen(_PLEAS, pick(rng, _PLEA_SHARES, size)),
            "verdict": chosen(("NOT GUILTY", "GUILTY"), guilty.astype(np.int64)),
            "result_code": numbers(1000 + outcome * 5 + rng.integers(0, 5, size)),
            "jsas_result_group_desc": _cased(rng, chosen(OUTCOMES, outcome)),
            "custody_days": texts(np.where(outcome == 0, numbers(rng.integers(7, 365, size)), "")),
            "monetary": texts(np.where(outcome == OUTCOMES.index("fine"), numbers(rng.integers(1, 60, size) * 20), "")),
            "final_result_date": iso(world.cases.result_day[of_case]),
        }
    )
