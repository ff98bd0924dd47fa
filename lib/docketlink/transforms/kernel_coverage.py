"""Whether anybody was looking: coverage of the country's areas by month, as executors ask it of many people's months at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

SYSTEMS_WATCHED = ("courts", "prison", "probation")
ANYWHERE = ""  # in place of an area: the whole country
NO_AREA = 0  # of a fact

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bits = np.ndarray[Any, np.dtype[np.bool_]]


def month_number(day: date) -> int:
    """Months from the year 0."""
    return day.year * 12 + day.month - 1


@dataclass(frozen=True)
class Watched:
    """Which systems cover which areas when.

    ``areas`` number the codes from 1; ``months`` has shape ``(systems, 1 + areas, months from first)``, ``years`` the same by year: a year
    is covered when all of its months are. An area that a system does not know has the country's bits, as has ``NO_AREA``.
    """

    areas: Mapping[str, int]
    first: int  # month_number of the first month
    months: Bits
    years: Bits

    @classmethod
    def of(cls, told: Iterable[tuple[str, str, Sequence[date]]], first: date, last: date) -> "Watched":
        """From system, area (``ANYWHERE`` for the country) and the months covered, each once; months from ``first`` to ``last`` count."""
        rows = sorted((system, area, sorted(months)) for system, area, months in told)
        areas = {area: n for n, area in enumerate(sorted({area for _, area, _ in rows} - {ANYWHERE}), start=1)}
        start, size = month_number(first), max(1, month_number(last) - month_number(first) + 1)
        months = np.zeros((len(SYSTEMS_WATCHED), 1 + len(areas), size), np.bool_)
        for s, system in enumerate(SYSTEMS_WATCHED):
            own = {area: covered for of, area, covered in rows if of == system}
            for area, n in ((ANYWHERE, NO_AREA), *areas.items()):
                at = np.array([month_number(day) - start for day in own.get(area, own.get(ANYWHERE, ()))], np.int64)
                months[s, n, at[(at >= 0) & (at < size)]] = True
        new_year = np.flatnonzero(np.r_[True, np.diff((np.arange(size) + start) // 12) > 0])
        return cls(areas, start, months, np.logical_and.reduceat(months, new_year, axis=2))

    def covers(self, system: int, area: Ints, period: Ints, unit: str) -> Bits:
        """Whether the system covers each area in each period, of ``month_number`` or of years; nothing is known outside the calendar."""
        bits, first = (self.months, self.first) if unit == "month" else (self.years, self.first // 12)
        at = period - first
        known = (at >= 0) & (at < bits.shape[2])
        covered: Bits = known & bits[system, area, np.where(known, at, 0)]
        return covered
