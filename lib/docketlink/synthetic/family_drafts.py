"""Family cases before they have people: how many, about which family, of what kind, on which day."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Reals, happens, pick, weighted_order
from docketlink.synthetic.households import Households, court_days, working
from docketlink.synthetic.population import NEVER, YEAR, Population, age_at

PUBLIC, PRIVATE, VIOLENCE, ADOPTION = range(4)
COVERED_FROM, COVERED_TO = (int(np.datetime64(day, "D").astype(np.int64)) for day in ("2011-01-01", "2023-03-31"))
_CHOICE = 4  # cases drawn for one that is kept
_MONTHS = np.array([1.03, 0.98, 1.06, 0.95, 1.00, 1.02, 1.07, 0.92, 1.03, 1.06, 1.04, 0.84])


@dataclass(frozen=True)
class Shape:
    """How often and among whom; shares unless a unit is named. Basis: domain.md 6.2 where it says, otherwise ours."""

    cases: float = 0.186  # per person of the population, so that nodes come to 20.9 for 20.0 magistrates' ones
    kinds: tuple[float, ...] = (0.20, 0.53, 0.20, 0.07)  # public, private, violence, adoption
    offenders: float = 0.25  # of magistrates' people: an adult in a family case (documented)
    in_care: float = 0.30  # of families with cases: those in which the council applies more often than a parent
    with_offender: float = 1.5  # weight of a family of which somebody meets the magistrates
    parted: float = 3.0  # weight of a family whose parents part
    after_parting: float = 0.6  # of private cases of such families: within a few years of it
    partners: float = 0.65  # of violence cases: between people who are not the parents of one family
    absent_parent_known: float = 0.85
    child_listed: float = 0.92
    modern_2019: float = 0.02  # cases of the year that stand in Core Case Data instead (documented)
    modern_2022: float = 0.15


SHAPE = Shape()


@dataclass(frozen=True)
class Draft:
    """Cases before they have people; ``family`` is -1 for partners who share none."""

    family: Ints
    kind: Ints
    day: Ints

    def where(self, kept: Flags) -> "Draft":
        """The cases told."""
        return Draft(self.family[kept], self.kind[kept], self.day[kept])


def modern(day: Ints) -> Reals:
    """The share of a day's cases that stand in Core Case Data: none before 2019, then a straight line to 2022."""
    year = 1970 + day / YEAR
    slope = (SHAPE.modern_2022 - SHAPE.modern_2019) / 3
    share: Reals = np.where(year < 2019, 0.0, np.minimum(SHAPE.modern_2019 + slope * np.floor(year - 2019), SHAPE.modern_2022))
    return share


def drafted(rng: np.random.Generator, world: World, homes: Households) -> Draft:
    """Family, kind and day of every case. A few families have many."""
    people = world.people
    total = round(SHAPE.cases * len(people))
    counted = np.bincount(pick(rng, np.array(SHAPE.kinds), total), minlength=4)
    begin, end = _minority(people, homes)
    liking = rng.lognormal(0.0, 1.0, size=len(begin)) * np.where(homes.parted < NEVER, SHAPE.parted, 1.0)
    liking[np.isin(np.arange(len(begin)), people.family[world.cases.person])] *= SHAPE.with_offender
    weight = np.where(end > begin, (end - begin) * liking, 0.0)
    about_children = int(total - counted[VIOLENCE]) if weight.any() else 0
    family, day = _young_enough(rng, people, homes, (begin, end), weight, about_children)
    care = happens(rng, SHAPE.in_care, len(begin))[family]
    kind = np.where(care, pick(rng, np.array([0.65, 0.15, 0, 0.20]), about_children), pick(rng, _ORDINARY, about_children))
    after = working(np.minimum(homes.parted[family], NEVER) + (rng.exponential(1.5 * YEAR, size=about_children)).astype(np.int64))
    soon = (kind == PRIVATE) & (after > begin[family]) & (after < end[family]) & happens(rng, SHAPE.after_parting, about_children)
    of_children = Draft(family, kind, np.where(soon, after, day))
    violent = _violence(rng, people, homes, liking, int(counted[VIOLENCE]))
    return Draft(*(np.r_[getattr(of_children, name), getattr(violent, name)] for name in ("family", "kind", "day")))


_ORDINARY = np.array([0.07, 0.895, 0.0, 0.035])


def _young_enough(
    rng: np.random.Generator, people: Population, homes: Households, window: tuple[Ints, Ints], weight: Reals, size: int
) -> tuple[Ints, Ints]:
    """Family and day of ``size`` cases, chosen among many so that the youngest children come near to being of every age alike.

    The population's children grow up during the window: left to themselves, most cases would be about adolescents.
    """
    family = pick(rng, weight, _CHOICE * size)
    day = court_days(rng, window[0][family], window[1][family], _MONTHS)
    youngest = homes.first_child[family] + homes.children[family] - 1
    born = np.where(people.birth[youngest] <= day, people.birth[youngest], people.birth[homes.first_child[family]])
    band = (age_at(born, day) / 3).astype(np.int64).clip(0, 5)
    rarity = 1 / np.maximum(np.bincount(band, minlength=6), 1)
    chosen = np.sort(weighted_order(rng, rarity[band])[:size])
    return family[chosen], day[chosen]


def _minority(people: Population, homes: Households) -> tuple[Ints, Ints]:
    """First and last day on which a child of each family is a minor within the window; the same day where there is none."""
    families = len(homes.children)
    own = np.flatnonzero(homes.children)
    last = homes.first_child[own] + homes.children[own] - 1
    begin, end = (np.full(families, COVERED_FROM, dtype=np.int64) for _ in range(2))
    begin[own] = np.maximum(people.birth[homes.first_child[own]] + 14, COVERED_FROM)
    end[own] = np.minimum(people.birth[last] + int(17.9 * YEAR), COVERED_TO)
    return begin, np.maximum(begin, end)


def _violence(rng: np.random.Generator, people: Population, homes: Households, liking: Reals, size: int) -> Draft:
    """Cases between the parents of a family while the mother is between 18 and 50, and between partners who have none."""
    couple = (homes.father >= 0) & (homes.mother >= 0)
    born = people.birth[homes.mother]
    begin = np.maximum(born + int(18 * YEAR), COVERED_FROM)
    end = np.maximum(begin, np.minimum(born + int(50 * YEAR), COVERED_TO))
    weight = np.where(couple, (end - begin) * liking, 0.0)
    elsewhere = happens(rng, SHAPE.partners, size) | (not weight.any())
    family = np.where(elsewhere, -1, pick(rng, weight, size) if weight.any() else -1)
    day = court_days(rng, np.where(elsewhere, COVERED_FROM, begin[family]), np.where(elsewhere, COVERED_TO, end[family]), _MONTHS)
    return Draft(family, np.full(size, VIOLENCE), day)
