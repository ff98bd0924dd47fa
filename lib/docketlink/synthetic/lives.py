"""How long people are there to be met: the day on which some of them come into the country, and the day on which each dies."""

import numpy as np

from docketlink.synthetic.draws import NEVER, YEAR, Ints, Reals, happens
from docketlink.synthetic.names import CULTURES, MALE

FATHER, MOTHER, CHILD = 0, 1, 2
# Shares of adults who were born abroad, by culture: of the order of the 2021 census of England and Wales.
BORN_ABROAD: dict[str, float] = {
    "british": 0.03, "welsh": 0.01, "irish": 0.25, "scottish": 0.05, "muslim": 0.45, "indian": 0.50, "african": 0.65,
    "caribbean": 0.30, "eastern": 0.88, "arabic": 0.70, "chinese": 0.60,
}  # fmt: skip
_ABROAD = np.array([BORN_ABROAD[name] for name in CULTURES])
# From May 2004 on the east of the union was free to come, and most of those who did came in the years that followed.
_EASTERN, _FREE_FROM, _YEARS_OF_COMING = CULTURES.index("eastern"), int(np.datetime64("2004-05-01").astype(int)), 6.0
_AGE_AT_ARRIVAL = (16.0, 25.0, 45.0)  # least, most likely, greatest
# Gompertz and Makeham: a hazard a year of RISE at birth that doubles every 7.3 years, and ACCIDENTS at any age. Men's is 1.3
# and women's 0.8 times RISE: half of the men who reach 20 die after 82 and half of the women after 86, about as in life tables.
RISE, GROWTH, ACCIDENTS = 2.2e-5, 0.095, 3.0e-4
_OF_MEN, _OF_WOMEN = 1.3, 0.8


def arrivals(rng: np.random.Generator, family: Ints, role: Ints, culture: Ints, birth: Ints) -> Ints:
    """The day on which each person begins to live in the country: birth, or arrival with the family for those born abroad.

    A family comes on one day. Its parents were born abroad each with the share of the own culture; children who are born
    by then come along with a mother, or else a father, from abroad.
    """
    families = int(family[-1]) + 1
    grown = role != CHILD
    abroad = grown & happens(rng, _ABROAD[culture], len(family))
    # A lone child of the block has no parent in it: somebody brought it up here.
    elder = np.full(families, -NEVER)
    np.maximum.at(elder, family[grown], birth[grown])
    eastern = np.zeros(families, dtype=bool)
    eastern[family[abroad & (culture == _EASTERN)]] = True
    by_age = elder + (rng.triangular(*_AGE_AT_ARRIVAL, size=families) * YEAR).astype(np.int64)
    in_wave = _FREE_FROM + (rng.exponential(_YEARS_OF_COMING, size=families) * YEAR).astype(np.int64)
    day = np.where(eastern, in_wave, by_age)[family]
    brought = np.zeros(families, dtype=bool)
    brought[family[abroad & (role == FATHER)]] = True
    mother = role == MOTHER
    brought[family[mother]] = abroad[mother]
    came = abroad | ((role == CHILD) & brought[family] & (birth < day))
    return np.where(came, np.maximum(day, birth), birth)


def deaths(rng: np.random.Generator, family: Ints, role: Ints, sex: Ints, birth: Ints) -> Ints:
    """The day on which each person dies, often after any snapshot; parents live at least until their youngest child is born."""
    families = int(family[-1]) + 1
    youngest = np.full(families, -NEVER)
    child = role == CHILD
    np.maximum.at(youngest, family[child], birth[child])
    since_birth = np.where(child, 0, np.maximum(youngest[family] - birth, 0)) / YEAR
    hazard = RISE * np.where(sex == MALE, _OF_MEN, _OF_WOMEN)
    age = np.minimum(_age_at_death(rng, hazard, since_birth), since_birth + rng.exponential(1 / ACCIDENTS, size=len(birth)))
    return birth + np.ceil(age * YEAR).astype(np.int64) + 1


def _age_at_death(rng: np.random.Generator, hazard: Reals, reached: Reals) -> Reals:
    """Years lived by those who reached an age, from the Gompertz survival curve turned round."""
    spent = rng.exponential(size=len(hazard)) * GROWTH / hazard
    years: Reals = np.log(np.exp(GROWTH * reached) + spent) / GROWTH
    return years
