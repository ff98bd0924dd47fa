"""Names by culture, sex and generation with heavy-tailed frequencies, and their familiar forms. Lists: data/*.txt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from docketlink.synthetic.draws import Flags, Ints, Reals, Texts, pick, texts

# Cultures in the population of the courts, with the share of British given names that their families also use.
CULTURES = ("british", "welsh", "irish", "scottish", "muslim", "indian", "african", "caribbean", "eastern", "arabic", "chinese")
SHARES = np.array([0.655, 0.05, 0.045, 0.035, 0.065, 0.025, 0.035, 0.035, 0.035, 0.015, 0.005])
_BRITISH_FORENAMES = {"welsh": 0.70, "irish": 0.35, "scottish": 0.65, "african": 0.25, "caribbean": 0.35, "eastern": 0.04, "chinese": 0.35}
_BRITISH_SURNAMES = {"welsh": 0.25, "irish": 0.15, "scottish": 0.25, "caribbean": 0.30}
MALE, FEMALE = 0, 1
# Zipf-Mandelbrot weights 1 / (rank + shift) ^ slope, tuned to the published chances that two random people share a name.
_FORENAME_SLOPE, _FORENAME_SHIFT = 0.95, 3.0
_SURNAME_SLOPE, _SURNAME_SHIFT = 0.65, 8.0
_TAIL_SHARE = 0.37  # of British surnames: the rare place-names


@dataclass(frozen=True)
class Choice:
    """Name numbers with their weights."""

    members: Ints
    weights: Reals

    def draw(self, rng: np.random.Generator, size: int) -> Ints:
        """``size`` name numbers."""
        return self.members[pick(rng, self.weights, size)]


@dataclass(frozen=True)
class NameBook:
    """Every name by number, and what each culture chooses from."""

    forename: Texts
    surname: Texts
    surname_of_women: Texts
    surname_is_rare: Flags
    forenames: tuple[Choice, ...]  # by culture, sex and generation
    surnames: tuple[Choice, ...]
    lookalike: Ints
    familiar: dict[str, tuple[str, ...]]

    def draw_forenames(self, rng: np.random.Generator, culture: Ints, sex: Ints, generation: Ints) -> Ints:
        """A forename number for each person."""
        return _draw(rng, self.forenames, _group(culture, sex, generation))

    def draw_surnames(self, rng: np.random.Generator, culture: Ints) -> Ints:
        """A surname number for each person or family."""
        return _draw(rng, self.surnames, culture)


def _group(culture: Ints, sex: Ints, generation: Ints) -> Ints:
    return (culture * 2 + sex) * 3 + generation


def _draw(rng: np.random.Generator, choices: Sequence[Choice], groups: Ints) -> Ints:
    result = np.zeros(len(groups), dtype=np.int64)
    for group in np.unique(groups):
        of_group = groups == group
        result[of_group] = choices[group].draw(rng, int(of_group.sum()))
    return result


@lru_cache(maxsize=1)
def name_book() -> NameBook:
    """The name book of the package's lists; the same in every process."""
    given = dict(word_lists("forenames.txt"))
    family = dict(word_lists("surnames.txt"))
    forename = sorted({name for names in given.values() for name in names})
    number = {name: n for n, name in enumerate(forename)}
    forenames = tuple(_forename_choice(given, number, culture, sex, g) for culture in CULTURES for sex in "MF" for g in range(3))
    rare = _place_names(family.pop("heads"), family.pop("tails"))
    surname = sorted({*rare, *(name for names in family.values() for name in names)})
    surname_number = {name: n for n, name in enumerate(surname)}
    choices = tuple(_surname_choice(family, rare, surname_number, culture) for culture in CULTURES)
    total = sum(_share(choice, len(surname)) * share for choice, share in zip(choices, SHARES, strict=True))
    return NameBook(
        forename=texts(forename),
        surname=texts(surname),
        surname_of_women=texts([name[:-1] + "a" if name.endswith(("ski", "cki")) else name for name in surname]),
        surname_is_rare=np.asarray(total < 1e-4),
        forenames=forenames,
        surnames=choices,
        lookalike=_lookalikes(forename),
        familiar={names[0]: tuple(names[1:]) for names in _groups("variants.txt")},
    )


def _forename_choice(given: dict[str, list[str]], number: dict[str, int], culture: str, sex: str, generation: int) -> Choice:
    weights = np.zeros(len(number))
    british = 1.0 if culture == "british" else _BRITISH_FORENAMES.get(culture, 0.0)
    for g in range(3):
        share = (0.70 if g == generation else 0.07 / (1 + (abs(g - generation) > 1))) * british
        _add(weights, [number[n] for n in given[f"british {sex} {g + 1}"]], share, _FORENAME_SLOPE, _FORENAME_SHIFT)
    _add(weights, [number[n] for n in given[f"british {sex} *"]], 0.2 * british, 0.4, 10.0)
    if culture != "british":
        _add(weights, [number[n] for n in given[f"{culture} {sex} *"]], 1 - british, 0.85, 2.0)
    return _nonzero(weights)


def _surname_choice(family: dict[str, list[str]], rare: list[str], number: dict[str, int], culture: str) -> Choice:
    weights = np.zeros(len(number))
    british = 1.0 if culture == "british" else _BRITISH_SURNAMES.get(culture, 0.0)
    _add(weights, [number[n] for n in family["british"]], british * (1 - _TAIL_SHARE), _SURNAME_SLOPE, _SURNAME_SHIFT)
    _add(weights, [number[n] for n in rare], british * _TAIL_SHARE, 0.3, 50.0)
    if culture != "british":
        _add(weights, [number[n] for n in family[culture]], 1 - british, 0.7, 5.0)
    return _nonzero(weights)


def _add(weights: Reals, members: list[int], share: float, slope: float, shift: float) -> None:
    zipf = (np.arange(len(members)) + 1 + shift) ** -slope
    np.add.at(weights, members, share * zipf / zipf.sum())


def _nonzero(weights: Reals) -> Choice:
    members = np.flatnonzero(weights)
    return Choice(members, weights[members])


def _share(choice: Choice, size: int) -> Reals:
    shares = np.zeros(size)
    shares[choice.members] = choice.weights / choice.weights.sum()
    return shares


def _place_names(heads: list[str], tails: list[str]) -> list[str]:
    """Surnames after places, in an order that mixes heads and tails so that rank says nothing about spelling."""
    joined = [(i * 31 + j * 17, head + tail) for i, head in enumerate(heads) for j, tail in enumerate(tails) if head[-1] != tail[0]]
    return [name for _, name in sorted(joined, key=lambda pair: (pair[0] % 997, pair[1]))]


def _lookalikes(forename: list[str]) -> Ints:
    """For each name another one that a hurried clerk would read as the same; itself where there is none."""
    by_start: dict[str, list[int]] = {}
    for n, name in enumerate(forename):
        by_start.setdefault(name[:4], []).append(n)
    nearest = np.arange(len(forename))
    for group in by_start.values():
        for n in group:
            close = [m for m in group if m != n and abs(len(forename[m]) - len(forename[n])) <= 1 and len(forename[n]) > 4]
            nearest[n] = close[0] if close else n
    return nearest


def word_lists(name: str) -> Iterator[tuple[str, list[str]]]:
    """The keys of one of the package's lists, each with its words."""
    for line in data_lines(name):
        key, _, names = line.partition(":")
        yield key, names.split()


def _groups(name: str) -> Iterator[list[str]]:
    for line in data_lines(name):
        yield line.split()


def data_lines(name: str) -> list[str]:
    """The lines of one of the package's lists without its comments."""
    text = (files("docketlink.synthetic") / "data" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
