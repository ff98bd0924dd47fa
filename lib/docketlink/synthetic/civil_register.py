"""What follows a civil claim: events, judgments, warrants; and the online register of possession claims (PCOL), which has some twice."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from docketlink.synthetic.civil_contacts import CLAIMANT, COVERED_TO, DEFENDANT, LAND, MORT, CivilCases
from docketlink.synthetic.civil_names import person_names
from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Ints, Stage, Texts, happens, pick, rank_within, stream, texts
from docketlink.synthetic.noise import blank
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation, write_address
from docketlink.synthetic.writing import chosen, iso, numbers, spaced, table

_FIRST_WARRANT = 1_000_000_000


@dataclass(frozen=True)
class Shape:
    """What follows a claim. Means of domain.md 6.2 where marked; the rest is ours."""

    events: float = 5.0  # a case (documented)
    deleted_event: float = 0.02
    judgments: float = 0.55  # of cases (documented)
    warrants: float = 0.18  # of cases (documented)
    online: float = 0.75  # of possession claims: also in the online register
    online_no_postcode: float = 0.03


SHAPE = Shape()
_EVENTS = ("1", "38", "40", "52", "57", "74", "100", "196", "230", "332")  # numbers of standard events; which ones is ours
_STATUS = ("", "SATISFIED", "SET ASIDE", "CANCELLED")


@dataclass(frozen=True)
class Online:
    """Parties of the online register: for each person or organisation a row of its own, joint ones apart."""

    of: Ints
    role: Ints
    number: Ints  # within case and role, from 1
    person: Ints  # -1 for an organisation
    row: Ints  # the party role that says the same in CaseMan


def online_parties(plan: Plan, block: int, made: CivilCases, role: Ints, person: Ints, second: Ints, of: Ints) -> Online:
    """The rows of a block, from the party roles of its cases."""
    rng = stream(plan.seed, block, Stage.CIVIL, 2)
    online = np.isin(made.kind, (MORT, LAND)) & happens(rng, SHAPE.online, len(made.kind))
    first = np.flatnonzero(online[of] & (role <= DEFENDANT))
    also = first[second[first] >= 0]
    row = np.r_[first, also]
    who = np.r_[person[first], second[also]]
    order = np.lexsort((np.arange(len(row)), row, role[row], of[row]))
    row, who = row[order], who[order]
    return Online(of[row], role[row], rank_within(of[row] * 2 + role[row]) + 1, who, row)


def tables(
    plan: Plan, block: int, world: World, country: Nation, made: CivilCases, case: Texts, online: Online, firms: Texts
) -> dict[str, pa.Table]:
    """The tables beside cases and parties; ``firms`` is the name of each party role that is an organisation."""
    rng = stream(plan.seed, block, Stage.CIVIL, 3)
    of, day = _after(rng, made, rng.poisson(SHAPE.events - 1, size=len(case)) + 1, 60)
    judged, judged_on = _after(rng, made, happens(rng, SHAPE.judgments, len(case)) * (1 + happens(rng, 0.05, len(case))), 90)
    warranted, issued = _after(rng, made, happens(rng, SHAPE.warrants, len(case)).astype(np.int64), 200)
    return {
        "case_events": table(
            {
                "case_number": case[of],
                "event_seq": numbers(rank_within(of) + 1),
                "std_event_id": texts(np.where(rank_within(of) == 0, "1", chosen(_EVENTS[1:], rng.integers(0, len(_EVENTS) - 1, len(of))))),
                "event_date": iso(day),
                "deleted_flag": chosen(("N", "Y"), happens(rng, SHAPE.deleted_event, len(of)).astype(np.int64)),
            }
        ),
        "judgments": table(
            {
                "case_number": case[judged],
                "judg_seq": numbers(rank_within(judged) + 1),
                "judgment_date": iso(judged_on),
                "judgment_amount": texts([f"{value:.2f}" for value in rng.lognormal(7.0, 1.0, size=len(judged)).tolist()]),
                "status": chosen(_STATUS, pick(rng, np.array([0.7, 0.15, 0.1, 0.05]), len(judged))),
            }
        ),
        "warrants": table(
            {
                "warrant_no": numbers(_FIRST_WARRANT + block * plan.people_per_block + np.arange(len(warranted)) + 1),
                "case_number": case[warranted],
                "issue_date": iso(issued),
                "warrant_type": chosen(("CONTROL", "POSSESSION"), np.isin(made.kind[warranted], (MORT, LAND)).astype(np.int64)),
            }
        ),
        **_online(rng, plan, world, country, made, case, online, firms),
    }


def _after(rng: np.random.Generator, made: CivilCases, count: Ints, wait: float) -> tuple[Ints, Ints]:
    """Case and day of what follows claims, in the order of case and day; the first thing of a case may come on its day."""
    of = np.repeat(np.arange(len(made.day)), count)
    day = np.minimum(made.day[of] + rng.exponential(wait, size=len(of)).astype(np.int64), COVERED_TO + 365)
    order = np.lexsort((day, of))
    return of[order], day[order]


def _online(
    rng: np.random.Generator, plan: Plan, world: World, country: Nation, made: CivilCases, case: Texts, online: Online, firms: Texts
) -> dict[str, pa.Table]:
    people, day = world.people, made.day[online.of]
    claims, start = np.unique(online.of, return_index=True)
    is_person = online.person >= 0
    offices = rng.integers(0, len(people.reach.postcode), len(online.of)) * 512 + 1
    home = np.where(is_person, people.home_at(online.person, day), offices)
    # The home that is claimed is that of the first person who is sued, if any is.
    sued = np.flatnonzero((online.role == DEFENDANT) & is_person)
    of_claim = np.full(len(claims), home[0] if len(home) else 0)
    of_claim[np.searchsorted(claims, online.of[sued][::-1])] = home[sued][::-1]
    at = write_address(country, people.reach, home)
    named = person_names(rng, plan, world, online.person, day, 0.85)
    private = is_person[start] & (online.role[start] == CLAIMANT)
    landlord = np.where(made.kind[claims] == MORT, "MORTGAGE", np.where(private, "PRIVATE", "SOCIAL"))
    return {
        "pcol_claim": table(
            {
                "claim_no": case[claims],
                "issue_date": iso(made.day[claims]),
                "property_postcode": write_address(country, people.reach, of_claim).postcode,
                "arrears": numbers(rng.integers(200, 9_000, len(claims))),
                "landlord_type": texts(landlord),
            }
        ),
        "pcol_party": table(
            {
                "claim_no": case[online.of],
                "party_no": numbers(online.number),
                "role": chosen(("CLAIMANT", "DEFENDANT"), online.role),
                "title": blank(named.title, ~is_person),
                "forename": blank(named.forenames, ~is_person),
                "surname": texts(np.where(is_person, named.surname, firms[online.row])),
                "address_line1": spaced(at.line1, at.line2, at.line3),
                "address_line2": at.line4,
                "address_line3": at.line5,
                "address_line4": texts([""] * len(home)),
                "address_line5": texts([""] * len(home)),
                "postcode": blank(at.postcode, happens(rng, SHAPE.online_no_postcode, len(home))),
            }
        ),
    }
