"""Places: postcode areas with their towns, courts and prisons; the streets that the people of a block live in. Statistics: geography.py."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from docketlink.synthetic.draws import NATION, Ints, Reals, Stage, Texts, pick, stream, texts
from docketlink.synthetic.names import data_lines, name_book, word_lists

_UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # the second part of a postcode has no C I K M O V
_WORDS = dict(word_lists("words.txt"))
_STREET_NAMES, _STREET_KINDS = _WORDS["streets"], _WORDS["kinds"]
_LOCALITIES = ("", "", "", "Northside", "Old Town", "Newtown", "The Park", "Hillside", "Riverside", "Eastgate", "Westgate", "Moorside")
# Courts that moved to another system: their rows here end within a quarter from a day of their own.
CUTOVER_FIRST, CUTOVER_DAYS = np.datetime64("2020-09-01").astype(int), 1_060
PRISONS = texts(_WORDS["prisons"])
HOSTELS = 4  # in each postcode area


@dataclass(frozen=True)
class Nation:
    """Postcode areas and their institutions: equal for every block of a seed."""

    area: Texts
    town: Texts
    weight: Reals
    court: Texts  # by area and 0 or 1: its magistrates' courts
    court_shift: Ints  # days since 1970 on which the court's cases begin to leave this system
    court_factor: Reals  # how much more, or less, than usual a court leaves empty
    prison_postcode: Texts
    hostel_postcode: Texts  # by area and 0 to 3: approved premises, where people live for some weeks after prison


@lru_cache(maxsize=4)
def nation(seed: int) -> Nation:
    """The nation of a seed."""
    rows = [line.split(" ", 2) for line in data_lines("places.txt")]
    rng = stream(seed, NATION, Stage.COURTS)
    courts = 2 * len(rows)
    letter = rng.integers(0, 20, size=courts).tolist()
    return Nation(
        area=texts([row[0] for row in rows]),
        town=texts([row[2] for row in rows]),
        weight=np.array([float(row[1]) for row in rows]),
        court=texts([f"B{n % 90 + 10}{_UNIT_LETTERS[a]}{'QXYZ'[n // 90]}" for n, a in enumerate(letter)]),
        court_shift=CUTOVER_FIRST + rng.integers(0, CUTOVER_DAYS, size=courts),
        court_factor=rng.lognormal(0.0, 0.5, size=courts),
        prison_postcode=_postcodes(rng, texts([rows[n % len(rows)][0] for n in range(len(PRISONS))]), _districts(rng, len(PRISONS))),
        hostel_postcode=_postcodes(rng, texts([row[0] for row in rows for _ in range(HOSTELS)]), _districts(rng, HOSTELS * len(rows))),
    )


@dataclass(frozen=True)
class Streets:
    """Streets within reach of a block: those of its home area first, then some elsewhere."""

    area: Ints
    postcode: Texts
    name: Texts
    locality: Texts
    home: int  # how many are in the home area


def streets(rng: np.random.Generator, country: Nation, people: int) -> Streets:
    """The streets of a block of ``people``: about ten a street, as on a real postcode, most in three neighbouring districts."""
    home, away = max(12, people // 10), max(6, people // 30)
    home_area = pick(rng, country.weight, 1)
    area = np.r_[np.repeat(home_area, home), pick(rng, country.weight, away)]
    named = rng.integers(0, len(_STREET_NAMES), size=home + away).tolist()
    kind = rng.integers(0, len(_STREET_KINDS), size=home + away).tolist()
    district = np.r_[pick(rng, np.array([0.5, 0.3, 0.2]), home) + rng.integers(1, 18), _districts(rng, away)]
    return Streets(
        area=area,
        postcode=_postcodes(rng, country.area[area], district),
        name=texts([f"{_STREET_NAMES[n]} {_STREET_KINDS[k]}" for n, k in zip(named, kind, strict=True)]),
        locality=texts([_LOCALITIES[n] for n in rng.integers(0, len(_LOCALITIES), size=home + away).tolist()]),
        home=home,
    )


def _districts(rng: np.random.Generator, size: int) -> Ints:
    """Postcode districts, 1 to 20; the first ones of an area, about its centre, hold most of its people."""
    return (20 * rng.random(size) ** 1.5).astype(np.int64) + 1


def _postcodes(rng: np.random.Generator, area: Texts, district: Ints) -> Texts:
    """Real-shaped postcodes: area, district, sector, unit."""
    size = len(area)
    sector = rng.integers(0, 10, size=size)
    unit = rng.integers(0, len(_UNIT_LETTERS), size=(size, 2))
    parts = zip(area, district.tolist(), sector.tolist(), unit.tolist(), strict=True)
    return texts([f"{a}{d} {s}{_UNIT_LETTERS[u]}{_UNIT_LETTERS[v]}" for a, d, s, (u, v) in parts])


@dataclass(frozen=True)
class Address:
    """Addresses line by line, one entry each."""

    line1: Texts
    line2: Texts
    line3: Texts
    line4: Texts
    line5: Texts
    postcode: Texts


# An address number packs street, house and whether it is a flat, so that homes are plain integers.
_HOUSES, FLAT_FROM = 512, 300


def homes(rng: np.random.Generator, reach: Streets, home_share: float, shape: tuple[int, ...]) -> Ints:
    """Address numbers of the given shape, most of them in the home area."""
    street = np.where(
        rng.random(shape) < home_share, rng.integers(0, reach.home, size=shape), rng.integers(reach.home, len(reach.area), size=shape)
    )
    house = np.where(rng.random(shape) < 0.15, rng.integers(FLAT_FROM, FLAT_FROM + 60, size=shape), rng.integers(1, 120, size=shape))
    return street * _HOUSES + house


def street_of(home: Ints) -> Ints:
    """The street of each address number."""
    return home // _HOUSES


def write_address(country: Nation, reach: Streets, home: Ints) -> Address:
    """The lines of address numbers."""
    street, house = np.divmod(home, _HOUSES)
    flat = house >= FLAT_FROM
    return Address(
        line1=texts([f"Flat {h - FLAT_FROM + 1}" if f else "" for h, f in zip(house.tolist(), flat.tolist(), strict=True)]),
        line2=texts([str(h % 97 + 1) if f else str(h) for h, f in zip(house.tolist(), flat.tolist(), strict=True)]),
        line3=reach.name[street],
        line4=reach.locality[street],
        line5=country.town[reach.area[street]],
        postcode=reach.postcode[street],
    )


def rare_surname(surname: Ints) -> Reals:
    """1.5 for people of rare surnames, else 1: what is left empty falls on them more often."""
    return np.where(name_book().surname_is_rare[surname], 1.5, 1.0)


def office_postcodes(rng: np.random.Generator, country: Nation, offices: int) -> Texts:
    """Postcodes of offices, as many in each area as in the next: office n stands in area n modulo the number of areas."""
    return _postcodes(rng, texts([country.area[n % len(country.area)] for n in range(offices)]), _districts(rng, offices))
