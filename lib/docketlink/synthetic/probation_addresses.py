"""Where the supervised live and lived, and the further numbers that stand in their files."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Ints, Stage, Texts, happens, stream, texts
from docketlink.synthetic.identifiers import CHECK_LETTERS, check_letter
from docketlink.synthetic.noise import blank, split_days
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import HOSTELS, Nation, street_of, write_address
from docketlink.synthetic.population import NEVER
from docketlink.synthetic.prison_numbers import PrisonNumbers
from docketlink.synthetic.probation_areas import filed
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.supervision import REPORT, Supervised
from docketlink.synthetic.writing import chosen, iso, table


@dataclass(frozen=True)
class FileRates:
    """Shares; all are choices of ours."""

    postcode_missing: float = 0.08  # of numbers: no address with a postcode
    no_fixed_abode: float = 0.03
    hostel: float = 0.08  # of releases: some weeks in approved premises
    property_number: float = 0.60
    second_pnc: float = 0.05
    own_pnc: float = 0.06  # the number of the register once more, as an additional one
    arrest_summons: float = 0.30  # of events
    police_urn: float = 0.10  # of events
    mistaken_prison_number: float = 0.01  # a former number that belongs to somebody else


RATES = FileRates()
_FORCES = ("01", "04", "05", "06", "12", "13", "14", "20", "41", "43", "44", "45", "46", "52", "62", "63")


def tables(plan: Plan, block: int, world: World, country: Nation, known: Supervised, crn: Texts) -> dict[str, pa.Table]:
    """``offender_address``: the homes that were told at each event and, for some, months later; hostels after release."""
    rng, people, events = stream(plan.seed, block, Stage.PROBATION, 3), world.people, known.events
    snapshot = int(np.datetime64(plan.snapshot_date, "D").astype(np.int64))
    told = np.r_[events.referral_day, np.where(events.kind == REPORT, events.referral_day, np.minimum(events.end_day, snapshot - 1))]
    of = np.r_[events.of, events.of]
    person = known.numbers.person[of]
    there = people.present(person, told)
    of, told, person = of[there], told[there], person[there]
    home = people.home_at(person, told)
    order = np.lexsort((told, home, of))
    new = np.r_[True, (np.diff(home[order]) != 0) | (np.diff(of[order]) != 0)] if len(order) else order.astype(bool)
    kept = order[new]
    of, told, home = of[kept], told[kept], home[kept]
    moved_in = np.flatnonzero((events.start_day < snapshot) & (events.kind > 1) & happens(rng, RATES.hostel, len(events)))
    hostel = np.r_[np.zeros(len(of), dtype=bool), np.ones(len(moved_in), dtype=bool)]
    of, told = np.r_[of, events.of[moved_in]], np.r_[told, events.start_day[moved_in]]
    home = np.r_[home, people.home_at(known.numbers.person[events.of[moved_in]], events.start_day[moved_in])]
    order = np.lexsort((hostel, told, of))
    of, told, home, hostel = of[order], told[order], home[order], hostel[order]
    columns = _address_columns(rng, plan, block, country, world, of, told, home, hostel, snapshot)
    return {"offender_address": table(filed(rng, plan, block, known.numbers.area[of], {"crn": crn[of], **columns}, "address_id"))}


def _address_columns(
    rng: np.random.Generator,
    plan: Plan,
    block: int,
    country: Nation,
    world: World,
    of: Ints,
    told: Ints,
    home: Ints,
    hostel: Ints,
    today: int,
) -> dict[str, Texts]:
    size, reach = len(of), world.people.reach
    at, where = write_address(country, reach, home), hostel.astype(bool)
    following = np.r_[told[1:], NEVER] if size else told
    last = np.r_[of[1:] != of[:-1], True] if size else where
    until = np.where(where, np.minimum(told + rng.integers(28, 90, size=size), np.where(last, NEVER, following)), following)
    ended = (~last | where) & (until < today)
    house = reach.area[street_of(home)] * HOSTELS + rng.integers(0, HOSTELS, size=size)
    none = np.isin(of, np.flatnonzero(happens(rng, RATES.postcode_missing, int(of.max()) + 1))) if size else where
    homeless = happens(rng, RATES.no_fixed_abode, size) & ~where
    postcode = np.where(where, country.hostel_postcode[house], blank(at.postcode, none))
    postcode = np.where(homeless, np.where(happens(rng, 0.5, size), "NF1 1NF", ""), postcode)
    elsewhere = where | homeless
    property_number = texts([f"{n:012d}" for n in (100_000_000_000 + block * plan.people_per_block * 100 + home).tolist()])
    minute = texts(["T00:00:00", "T09:30:00", "T14:05:00"])[rng.integers(0, 3, size=size)]
    return {
        "postcode": texts(postcode),
        "buildingName": texts(np.where(where, "Approved Premises", blank(at.line1, homeless))),
        "addressNumber": blank(at.line2, elsewhere),
        "streetName": blank(at.line3, elsewhere),
        "district": blank(at.line4, elsewhere),
        "townCity": blank(at.line5, homeless),
        "county": blank(at.line5, elsewhere | happens(rng, 0.7, size)),
        "uprn": blank(property_number, elsewhere | ~happens(rng, RATES.property_number, size)),
        "noFixedAbode": chosen(("N", "Y"), homeless.astype(np.int64)),
        "startDateTime": texts(iso(told) + minute),
        "endDateTime": blank(texts(iso(np.where(ended, until, told)) + minute), ~ended),
        "status": chosen(("P", "M"), (~ended).astype(np.int64)),
    }


def other_identifiers(
    plan: Plan, block: int, world: World, registers: Registers, known: Supervised, crn: Texts, held: PrisonNumbers
) -> dict[str, Texts]:
    """The long table of further numbers: second and repeated PNC ids, arrest summonses, police references, former prison numbers."""
    rng = stream(plan.seed, block, Stage.PROBATION, 4)
    person, size, events = known.numbers.person, len(crn), known.events
    entry = registers.offender_of(person)
    year, serial = registers.pnc_year[entry], registers.pnc[entry]
    later, other = year + rng.integers(1, 6, size=size), rng.integers(1, 9_999_999, size=size)
    two = held.several(person)
    wrong = ~two & (held.latest(person) != "") & happens(rng, RATES.mistaken_prison_number, size)
    somebody = held.number[rng.integers(0, max(len(held.number), 1), size=size)] if len(held.number) else texts([""] * size)
    former = np.where(two, held.first(person), np.where(wrong, somebody, ""))
    which = happens(rng, 0.5, size)
    of, day = events.of, events.referral_day
    parts = (
        ("APNC", np.arange(size), _pnc(later, other), happens(rng, RATES.second_pnc, size)),
        ("NPNC", np.arange(size), _pnc(year, serial), happens(rng, RATES.own_pnc, size)),
        ("XNOMS", np.arange(size), texts(former), (former != "") & which),
        ("PRNOMS", np.arange(size), texts(former), (former != "") & ~which),
        ("ASN", of, _arrest_summons(rng, day), happens(rng, RATES.arrest_summons, len(of))),
        ("URN", of, _police_urn(rng, day), happens(rng, RATES.police_urn, len(of))),
    )
    owner = np.concatenate([of[has] for _, of, _, has in parts])
    kind = np.concatenate([np.full(int(has.sum()), name, dtype=object) for name, _, _, has in parts])
    value = np.concatenate([values[has] for _, _, values, has in parts])
    order = np.lexsort((np.arange(len(owner)), owner))
    columns = {"crn": crn[owner][order], "type": texts(kind[order]), "value": texts(value[order])}
    return filed(rng, plan, block, known.numbers.area[owner[order]], columns, "additional_identifier_id")


def _pnc(year: Ints, serial: Ints) -> Texts:
    letter = check_letter(year % 100, serial, 7)
    return texts([f"{y:04d}/{s:07d}{c}" for y, s, c in zip(year.tolist(), serial.tolist(), letter, strict=True)])


def _arrest_summons(rng: np.random.Generator, day: Ints) -> Texts:
    """Twenty characters: year, force and station, system, running number, letter."""
    size = len(day)
    year, force = (split_days(day)[0] % 100).tolist(), rng.integers(0, len(_FORCES), size=size).tolist()
    parts = zip(year, force, rng.integers(1, 10**9, size=size).tolist(), rng.integers(0, 23, size=size).tolist(), strict=True)
    return texts([f"{y:02d}{_FORCES[f]}ZD01{n:011d}{CHECK_LETTERS[c]}" for y, f, n, c in parts])


def _police_urn(rng: np.random.Generator, day: Ints) -> Texts:
    """Eleven characters: force, division, running number, year."""
    size = len(day)
    parts = zip(
        rng.integers(0, len(_FORCES), size=size).tolist(),
        rng.integers(1, 10**5, size=size).tolist(),
        split_days(day)[0].tolist(),
        strict=True,
    )
    return texts([f"{_FORCES[f]}MP{n:05d}{y % 100:02d}" for f, n, y in parts])
