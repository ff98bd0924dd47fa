"""The people of a block: families with births, twins, names, marriages, homes, arrivals, deaths. Days count from 1970-01-01."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic.draws import NEVER as NEVER
from docketlink.synthetic.draws import YEAR as YEAR
from docketlink.synthetic.draws import Flags, Ints, Reals, Stage, happens, pick, rank_within, some, stream
from docketlink.synthetic.lives import CHILD, FATHER, MOTHER, arrivals, deaths
from docketlink.synthetic.names import CULTURES, FEMALE, MALE, SHARES, name_book
from docketlink.synthetic.parameters import Rates
from docketlink.synthetic.places import Nation, Streets, homes, streets

# Parents of a family (father, mother) and the shares of such families; a family without parents is one adult alone.
_PARENTS = ((True, True), (False, True), (True, False))
_KINDS = np.array([0.62, 0.24, 0.14])
_CHILDREN = np.array([0.16, 0.24, 0.34, 0.16, 0.07, 0.03])
_FAMILY_MOVES, _PERSON_MOVES = 3, 6
_LOOKALIKE_TWINS = 0.03  # of twins: forenames that a clerk takes for each other


@dataclass(frozen=True)
class Population:
    """One entry per person, unless said otherwise; names and addresses are numbers of the name book and of ``reach``."""

    family: Ints
    sex: Ints
    culture: Ints
    birth: Ints
    forename: Ints
    middle: Ints  # -1: none
    middle_2: Ints  # -1: none
    surname: Ints
    married: Ints  # day on which the surname becomes ``married_surname``
    married_surname: Ints
    is_twin: Flags
    left_home: Ints  # day of the first own home
    own_move: Ints  # persons x moves: day of each own home
    own_home: Ints  # persons x moves
    family_move: Ints  # families x moves
    family_home: Ints  # families x (moves + 1): the first one holds before any move
    arrived: Ints  # day from which they live in the country: that of birth for those born there
    death: Ints  # day of death; the last day on which anything happens to them is the one before
    reach: Streets

    def __len__(self) -> int:
        return len(self.sex)

    def present(self, person: Ints, day: Ints) -> Flags:
        """Who lives in the country on a day: arrived, and not dead. Nobody has a contact, or a home, outside it."""
        lives: Flags = (self.arrived[person] <= day) & (day < self.death[person])
        return lives

    def home_at(self, person: Ints, day: Ints) -> Ints:
        """Address numbers where people lived on a day: with the family until they left it."""
        own = (self.own_move[person] <= day[:, None]).sum(axis=1)
        family = self.family[person]
        with_family = self.family_home[family, (self.family_move[family] <= day[:, None]).sum(axis=1)]
        homes_then: Ints = np.where(own == 0, with_family, self.own_home[person, np.maximum(own - 1, 0)])
        return homes_then

    def surname_at(self, person: Ints, day: Ints) -> Ints:
        """Surname numbers of people on a day."""
        return np.where(self.married[person] <= day, self.married_surname[person], self.surname[person])


def populate(seed: int, block: int, people: int, country: Nation, rates: Rates) -> Population:
    """The ``people`` people of a block."""
    rng = stream(seed, block, Stage.PEOPLE)
    family, role = _families(rng, people)
    sex = np.where(role == FATHER, MALE, np.where(role == MOTHER, FEMALE, rng.integers(0, 2, size=people)))
    birth, is_twin, second_twin = _births(rng, family, role, rates)
    sex = np.where(second_twin & happens(rng, 0.35, people), np.r_[0, sex[:-1]], sex)
    culture = _cultures(rng, family, role)
    surname, father_of = _surnames(rng, family, role, culture)
    forename, same_name = _forenames(rng, family, role, sex, culture, birth, second_twin, father_of, rates)
    married, married_surname = _marriages(rng, role, sex, culture, birth, surname, father_of)
    middle = _middle_names(rng, culture, sex, birth)
    reach = streets(stream(seed, block, Stage.HOMES), country, people)
    lives = stream(seed, block, Stage.LIVES)
    return Population(
        family=family, sex=sex, culture=culture, birth=birth, forename=forename, middle=middle[0], middle_2=middle[1], surname=surname,
        married=married, married_surname=married_surname, is_twin=is_twin, reach=reach,
        arrived=arrivals(lives, family, role, culture, birth), death=deaths(lives, family, role, sex, birth),
        **_homes(stream(seed, block, Stage.HOMES, 1), reach, family, role, birth, same_name, rates),
    )  # fmt: skip


def _families(rng: np.random.Generator, people: int) -> tuple[Ints, Ints]:
    """Family number and role of each person; the last family may be cut short."""
    kind = pick(rng, _KINDS, people)
    has = np.array(_PARENTS)[kind]
    alone = (kind == 2) & happens(rng, 0.7, people)
    children = np.where(alone, 0, pick(rng, _CHILDREN, people))
    size = has.sum(axis=1) + children
    family = np.repeat(np.arange(people), size)[:people]
    place = rank_within(family)
    parents = has.sum(axis=1)[family]
    first_is_father = has[family, 0]
    role = np.where(place >= parents, CHILD, np.where((place == 0) & first_is_father, FATHER, MOTHER))
    return family, role


def _births(rng: np.random.Generator, family: Ints, role: Ints, rates: Rates) -> tuple[Ints, Flags, Flags]:
    """Birth days; who has a twin; who is the second of two."""
    people = len(family)
    families = int(family[-1]) + 1
    year_0 = -int(30 * YEAR)  # 1940
    mother = year_0 + (rng.triangular(0, 25, 47, size=families) * YEAR).astype(np.int64)
    eldest = mother + ((18 + 16 * rng.beta(1.6, 2.2, size=families)) * YEAR).astype(np.int64)
    is_child = role == CHILD
    older_sibling = np.r_[False, is_child[1:] & is_child[:-1] & (family[1:] == family[:-1])]
    second = np.zeros(people, dtype=bool)
    candidates = np.flatnonzero(older_sibling)
    second[some(rng, candidates[candidates % 2 == 0], rates.twins * people / 2)] = True  # even positions only: no triplets
    gap = np.where(older_sibling & ~second, 330 + rng.exponential(2.0 * YEAR, size=people).astype(np.int64), 0)
    since_eldest = np.cumsum(gap)
    start = np.flatnonzero(np.r_[True, family[1:] != family[:-1]])
    since_eldest = since_eldest - np.repeat(since_eldest[start], np.diff(np.r_[start, people]))
    father = mother - (rng.normal(2.0, 4.0, size=families).clip(-10, 20) * YEAR).astype(np.int64)
    parent = np.where(role == FATHER, father[family], mother[family])
    return np.where(is_child, eldest[family] + since_eldest, parent), second | np.r_[second[1:], False], second


def _cultures(rng: np.random.Generator, family: Ints, role: Ints) -> Ints:
    of_family = pick(rng, SHARES, int(family[-1]) + 1)
    other = pick(rng, SHARES, len(family))
    marries_in = (role == MOTHER) & happens(rng, 0.12, len(family))
    return np.where(marries_in, other, of_family[family])


def _surnames(rng: np.random.Generator, family: Ints, role: Ints, culture: Ints) -> tuple[Ints, Ints]:
    """Surnames at birth, and for each person the position of the family's father, or -1."""
    book = name_book()
    families = int(family[-1]) + 1
    own = book.draw_surnames(rng, culture)
    father = np.full(families, -1, dtype=np.int64)
    father[family[role == FATHER]] = np.flatnonzero(role == FATHER)
    mother = np.full(families, -1, dtype=np.int64)
    mother[family[role == MOTHER]] = np.flatnonzero(role == MOTHER)
    from_father = (father >= 0) & ((mother < 0) | happens(rng, 0.87, families))
    giver = np.where(from_father, father, mother)
    child = (role == CHILD) & (giver[family] >= 0)
    return np.where(child, own[np.maximum(giver[family], 0)], own), father[family]


def generation(birth: Ints) -> Ints:
    """0 for those born before 1965, 1 before 1990, 2 after."""
    return (birth >= -int(5 * YEAR)).astype(np.int64) + (birth >= int(20 * YEAR))


def _forenames(
    rng: np.random.Generator,
    family: Ints,
    role: Ints,
    sex: Ints,
    culture: Ints,
    birth: Ints,
    second_twin: Flags,
    father_of: Ints,
    rates: Rates,
) -> tuple[Ints, Flags]:
    """First names, different among the children of a family; who bears the father's name."""
    book, people = name_book(), len(family)
    forename = book.draw_forenames(rng, culture, sex, generation(birth))
    for _ in range(3):
        again = _repeated(family, forename) & (role == CHILD)
        forename[again] = book.draw_forenames(rng, culture[again], sex[again], generation(birth[again]))
    of_elder = np.r_[forename[:1], forename[:-1]]
    has_lookalike = second_twin & (book.lookalike[of_elder] != of_elder)
    alike = some(rng, np.flatnonzero(has_lookalike), _LOOKALIKE_TWINS * second_twin.sum())
    forename[alike] = book.lookalike[of_elder[alike]]
    sons = np.flatnonzero((role == CHILD) & (sex == MALE) & (father_of >= 0) & ~second_twin)
    named = some(rng, sons, rates.same_name_men * (sex == MALE).sum() / 2)
    forename[named] = forename[father_of[named]]
    same_name = np.zeros(people, dtype=bool)
    same_name[named] = True
    return forename, same_name


def _repeated(family: Ints, forename: Ints) -> Flags:
    key = family * 100_000 + forename
    order = np.argsort(key, kind="stable")
    repeated = np.zeros(len(key), dtype=bool)
    repeated[order[1:]] = key[order[1:]] == key[order[:-1]]
    return repeated


def _middle_names(rng: np.random.Generator, culture: Ints, sex: Ints, birth: Ints) -> tuple[Ints, Ints]:
    book, people = name_book(), len(sex)
    first, second = (book.draw_forenames(rng, culture, sex, generation(birth)) for _ in range(2))
    has = happens(rng, np.where(np.isin(culture, _FEW_MIDDLE_NAMES), 0.35, 0.85), people)
    return np.where(has, first, -1), np.where(has & happens(rng, 0.12, people), second, -1)


_FEW_MIDDLE_NAMES = [CULTURES.index(name) for name in ("muslim", "indian", "eastern", "arabic", "chinese")]


def _marriages(
    rng: np.random.Generator, role: Ints, sex: Ints, culture: Ints, birth: Ints, surname: Ints, father_of: Ints
) -> tuple[Ints, Ints]:
    """The day on which a woman takes another surname, and that surname. Mothers marry the father more often than not."""
    people = len(sex)
    wait = rng.exponential(33 * YEAR, size=people)  # 3 % a year between 20 and 45; half as much over a life
    day = birth + (20 * YEAR + wait).astype(np.int64)
    day[(sex == MALE) | (wait > 25 * YEAR)] = NEVER
    new = name_book().draw_surnames(rng, culture)
    mother = (role == MOTHER) & (father_of >= 0)
    takes_it = mother & happens(rng, 0.68, people)
    early = birth + ((18 + 8 * rng.random(people)) * YEAR).astype(np.int64)
    day = np.where(takes_it, early, np.where(mother, NEVER, day))
    return day, np.where(takes_it, surname[np.maximum(father_of, 0)], new)


def _homes(rng: np.random.Generator, reach: Streets, family: Ints, role: Ints, birth: Ints, stays: Flags, rates: Rates) -> dict[str, Ints]:
    people, families = len(family), int(family[-1]) + 1
    first_home = np.full(families, 0, dtype=np.int64)
    np.minimum.at(first_home, family, birth)
    family_gap = rng.exponential(YEAR / (0.6 * rates.moves_a_year), size=(families, _FAMILY_MOVES))
    family_move = (first_home + 25 * YEAR)[:, None] + np.cumsum(family_gap, axis=1)
    leaves = birth + ((17.5 + rng.exponential(5.0, size=people)) * YEAR).astype(np.int64)
    left_home = np.where(stays | (role != CHILD), NEVER, leaves)
    gap = rng.exponential(YEAR / rates.moves_a_year, size=(people, _PERSON_MOVES - 1))
    own_move = np.minimum(left_home[:, None] + np.cumsum(np.c_[np.zeros(people), gap], axis=1), NEVER)
    # Half of the parents leave the family's home in the end: they are moved once more, alone.
    parts = (role != CHILD) & ~np.isin(family, family[stays]) & happens(rng, 0.5, people)
    alone = birth + ((30 + 15 * rng.random(people)) * YEAR).astype(np.int64)
    own_move = np.where(parts[:, None], alone[:, None] + np.cumsum(np.c_[np.zeros(people), gap], axis=1), own_move)
    return {
        "left_home": left_home,
        "own_move": own_move.astype(np.int64),
        "own_home": homes(rng, reach, rates.home_area, (people, _PERSON_MOVES)),
        "family_move": family_move.astype(np.int64),
        "family_home": homes(rng, reach, 0.92, (families, _FAMILY_MOVES + 1)),
    }


def age_at(birth: Ints, day: Ints) -> Reals:
    """Age in years on a day."""
    return (day - birth) / YEAR
