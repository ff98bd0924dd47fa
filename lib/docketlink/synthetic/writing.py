"""From numbers to the texts of an export: dates, codes, letter case, tables."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from docketlink.synthetic.draws import Flags, Ints, Texts, pick, texts
from docketlink.synthetic.names import CULTURES
from docketlink.synthetic.noise import split_days

# Self-defined ethnicity by culture; the last entry of each is the rarer answer.
_ETHNICITY: Mapping[str, tuple[tuple[str, float], ...]] = {
    "british": (("W1", 0.93), ("M1", 0.03), ("M9", 0.02), ("W9", 0.02)),
    "welsh": (("W1", 0.97), ("M9", 0.03)),
    "irish": (("W2", 0.55), ("W3", 0.20), ("W1", 0.25)),
    "scottish": (("W1", 0.98), ("M1", 0.02)),
    "muslim": (("A2", 0.60), ("A3", 0.25), ("A9", 0.12), ("M3", 0.03)),
    "indian": (("A1", 0.93), ("A9", 0.07)),
    "african": (("B2", 0.93), ("M2", 0.05), ("B9", 0.02)),
    "caribbean": (("B1", 0.80), ("M1", 0.15), ("B9", 0.05)),
    "eastern": (("W9", 0.93), ("W5", 0.07)),
    "arabic": (("O2", 0.60), ("O9", 0.25), ("A9", 0.15)),
    "chinese": (("A4", 0.90), ("O9", 0.10)),
}
_OBSERVED = {
    code: officer
    for officer, codes in (
        ("1", "W1 W2 W3 M9"),
        ("2", "W5 W9"),
        ("3", "B1 B2 B9 M1 M2"),
        ("4", "A1 A2 A3 A9 M3"),
        ("5", "A4"),
        ("6", "O2 O9"),
    )
    for code in codes.split()
}


def iso(days: Ints) -> Texts:
    """``yyyy-MM-dd``."""
    return texts(np.datetime_as_string(days.astype("datetime64[D]")).tolist())


def british_date(days: Ints, short: Flags) -> Texts:
    """``dd/MM/yyyy``, or ``dd/MM/yy`` where ``short``."""
    parts = zip(*(part.tolist() for part in split_days(days)), short.tolist(), strict=True)
    return texts([f"{d:02d}/{m:02d}/{y % 100:02d}" if s else f"{d:02d}/{m:02d}/{y:04d}" for y, m, d, s in parts])


def numbers(values: Ints, width: int = 1) -> Texts:
    """Decimal digits, at least ``width`` of them."""
    return texts([*map(str, values.tolist())] if width == 1 else [*map(f"%0{width}d".__mod__, values.tolist())])


def chosen(options: tuple[str, ...], positions: Ints) -> Texts:
    """The option at each position."""
    return texts(options)[positions]


def capitals(values: Texts, where: Flags) -> Texts:
    """``values`` in capitals where told."""
    result = values.copy()
    result[where] = [value.upper() for value in values[where]]
    return result


def spaced(*parts: Texts) -> Texts:
    """The parts that are there, joined by one space."""
    return texts([" ".join(filter(None, row)) for row in zip(*parts, strict=True)])


def ethnicity(rng: np.random.Generator, culture: Ints) -> Texts:
    """A self-defined 16+1 code for each person."""
    result = np.empty(len(culture), dtype=object)
    for number in np.unique(culture):
        codes = _ETHNICITY[CULTURES[number]]
        members = np.flatnonzero(culture == number)
        result[members] = chosen(tuple(c for c, _ in codes), pick(rng, np.array([w for _, w in codes]), len(members)))
    return result


def observed(code: Texts) -> Texts:
    """The code that an officer would note for someone of a 16+1 code."""
    return texts([_OBSERVED.get(c, "0") for c in code])


def table(columns: Mapping[str, Texts]) -> pa.Table:
    """A table of texts; an empty text is a value that is not there."""
    return pa.table({name: pa.array([value or None for value in values], type=pa.string()) for name, values in columns.items()})
