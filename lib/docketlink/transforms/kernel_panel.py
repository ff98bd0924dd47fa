"""A row for each person and month or year, from events and spells that come person by person; runs on executors.

Whole batches at once in numpy: no loop over people or months. Days are numbers since 1970 and both ends of a spell count.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pyarrow as pa

from docketlink.transforms.kernel_coverage import NO_AREA, SYSTEMS_WATCHED, Ints, Watched

EVENT, CASE_EVENT, SPELL, DEATH = range(4)  # kinds of facts
SYSTEMS = ("courts", "prison", "probation", "assessment", "family", "civil", "other")
# What a person is, the first of these that holds on the last day of a period. Of spells the first seven.
STATES = (
    "indeterminate",
    "sentenced",
    "recall",
    "remand",
    "other_custody",
    "licence",
    "supervision",
    "open_case",
    "none",
    "dead",
    "unobserved",
)
_CUSTODY, _OPEN_CASE, _NONE, _DEAD, _UNOBSERVED = 5, 7, 8, 9, 10  # states below the first are custody, from it to the second supervision
IS_CHARGE, IS_RESULT = 16, 32  # bits of an event's code, above its system
OPEN_DAYS = 730  # a case without a result counts as open so long after its last event
_LATEST = 2**40

_COUNTS = ("event_count", "charge_count", *(f"{system}_count" for system in SYSTEMS))
_DAYS = ("days_custody", "days_supervised", "days_observed")
Unit = Literal["month", "year"]


def panel_schema(unit: Unit) -> pa.Schema:
    """Columns of the panel: state, coverage, days and counts of each person and period."""
    period = [("month", pa.date32())] if unit == "month" else []
    numbers = [(name, pa.int32()) for name in ("year", *_DAYS, *_COUNTS)]
    return pa.schema([("person_id", pa.string()), *period, ("state", pa.string()), ("is_observed", pa.bool_()), *numbers])


def panel_batches(batches: Iterator[pa.RecordBatch], unit: Unit, last_day: int, watched: Watched) -> Iterator[pa.RecordBatch]:
    """The panel of the people in ``batches`` (person_id, kind, first, last, code, key, area), up to ``last_day``.

    A person begins in the period of the first event and has a row for every period since, whatever lies between. Facts of one person
    come one after another, in one batch or several. Each system is watched where the person's last event of it was.
    """
    held: pa.RecordBatch | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        rows = batch if held is None else pa.concat_batches([held, batch])
        person = rows.column(0).dictionary_encode().indices.to_numpy(zero_copy_only=False)
        whole = int(np.searchsorted(person, person[-1]))  # people are numbered as they come
        held = rows.slice(whole)
        if whole:
            yield _panel(rows.slice(0, whole), unit, last_day, watched)
    if held is not None:
        yield _panel(held, unit, last_day, watched)


def _panel(rows: pa.RecordBatch, unit: Unit, last_day: int, watched: Watched) -> pa.RecordBatch:
    coded = rows.column(0).dictionary_encode()
    person = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    kind, first, last, code, key, area = (rows.column(n).to_numpy(zero_copy_only=False).astype(np.int64) for n in range(1, 7))
    people = len(coded.dictionary)
    is_event = kind <= CASE_EVENT
    begins = np.full(people, _LATEST)
    np.minimum.at(begins, person[is_event], first[is_event])
    dies = np.full(people, _LATEST)
    np.minimum.at(dies, person[kind == DEATH], first[kind == DEATH])
    grid = _Grid(begins, np.minimum(dies, last_day), unit, last_day)
    counted = np.flatnonzero(is_event & (first <= last_day))
    row = grid.row(person[counted], first[counted])
    bits = code[counted]
    values = {
        "event_count": grid.count(row),
        "charge_count": grid.count(row[(bits & IS_CHARGE) > 0]),
        **{f"{name}_count": grid.count(row[(bits & 15) == n]) for n, name in enumerate(SYSTEMS)},
    }
    spell, cases = np.flatnonzero(kind == SPELL), _open_cases(kind, person, first, last, code, key)
    state = np.full(grid.rows, _NONE)
    grid.lower(state, person[spell], first[spell], last[spell], code[spell])
    grid.lower(state, *cases, np.full(len(cases[0]), _OPEN_CASE))
    covered = []
    for n, system in enumerate(SYSTEMS_WATCHED):
        of = (bits & 15) == SYSTEMS.index(system)
        at = counted[of]
        covered.append(watched.covers(n, grid.latest(row[of], person[at], first[at], area[at]), grid.period, unit))
    courts, prison, probation = covered
    state[(state == _NONE) & ~(prison & probation)] = _UNOBSERVED
    state[grid.is_after_death] = _DEAD
    for name, chosen in (("days_custody", code[spell] < _CUSTODY), ("days_supervised", code[spell] >= _CUSTODY)):
        of = spell[chosen]
        values[name] = grid.days(*_united(person[of], first[of], last[of]))
    everybody = np.arange(people)
    values["days_observed"] = grid.days(everybody, begins, grid.ends)
    values["year"] = grid.year
    columns = {
        "person_id": coded.dictionary.take(pa.array(grid.person)),
        "month": pa.array(grid.start.astype("datetime64[D]")),
        "state": pa.array(STATES).take(pa.array(state)),
        "is_observed": pa.array(courts & prison & probation),
        **{name: pa.array(each.astype(np.int32)) for name, each in values.items()},
    }
    schema = panel_schema(unit)
    return pa.RecordBatch.from_arrays([columns[field.name] for field in schema], schema=schema)


class _Grid:
    """The rows of a batch of people: one a period from each one's first day on."""

    def __init__(self, begins: Ints, ends: Ints, unit: Unit, last_day: int) -> None:
        self._unit, self._last, self.begins, self.ends = unit, last_day, begins, ends
        there = begins <= last_day
        safe = np.where(there, begins, last_day)
        self._from = self._period(safe)
        size = np.where(there, self._period(np.full(1, last_day))[0] - self._from + 1, 0)
        self._offset = np.cumsum(size) - size
        self.rows = int(size.sum())
        self.person = np.repeat(np.arange(len(begins)), size)
        period = np.arange(self.rows) - self._offset[self.person] + self._from[self.person]
        self.period = period
        self.start, self.stop = self._first_day(period), np.minimum(self._first_day(period + 1) - 1, last_day)
        self.year = period if unit == "year" else period // 12
        self.is_after_death = self.start > ends[self.person]

    def _period(self, day: Ints) -> Ints:
        months = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
        return months if self._unit == "month" else months // 12

    def _first_day(self, period: Ints) -> Ints:
        months = period if self._unit == "month" else period * 12
        return (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)

    def row(self, person: Ints, day: Ints) -> Ints:
        """The row of a person's day, which lies in the grid."""
        found: Ints = self._offset[person] + self._period(day) - self._from[person]
        return found

    def latest(self, row: Ints, person: Ints, day: Ints, value: Ints) -> Ints:
        """For each row the value of the person's latest event so far, the greatest of a day; ``NO_AREA`` before the first."""
        order = np.lexsort((value, day, person))
        row, person, value = row[order], person[order], value[order]
        mark = np.zeros(self.rows, np.int64)
        mark[row] = np.arange(1, len(row) + 1)  # of several in a row the last one stays
        mark = np.maximum.accumulate(mark)
        owner, held = np.r_[-1, person][mark], np.r_[NO_AREA, value][mark]
        return np.where(owner == self.person, held, NO_AREA)

    def count(self, row: Ints) -> Ints:
        """How often each row occurs."""
        return np.bincount(row, minlength=self.rows)

    def _clipped(self, person: Ints, first: Ints, last: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Stretches cut to the grid, and which of those given they are."""
        first, last = np.maximum(first, self.begins[person]), np.minimum(last, self.ends[person])
        kept = np.flatnonzero(first <= last)
        return person[kept], first[kept], last[kept], kept

    def lower(self, state: Ints, person: Ints, first: Ints, last: Ints, to: Ints) -> None:
        """Lowers ``state`` of the rows on whose last day a stretch lasts."""
        person, first, last, kept = self._clipped(person, first, last)
        at, until = self.row(person, first), self.row(person, last)
        until = until - (self.stop[until] > last)
        rows, which = _spread(at, until)
        np.minimum.at(state, rows, to[kept][which])

    def days(self, person: Ints, first: Ints, last: Ints) -> Ints:
        """Days of each row that the stretches take, which do not overlap for one person."""
        person, first, last, _ = self._clipped(person, first, last)
        rows, which = _spread(self.row(person, first), self.row(person, last))
        taken = np.minimum(self.stop[rows], last[which]) - np.maximum(self.start[rows], first[which]) + 1
        return np.bincount(rows, weights=taken, minlength=self.rows).astype(np.int64)


def _spread(at: Ints, until: Ints) -> tuple[Ints, Ints]:
    """Every number from each ``at`` to its ``until``, and the position of the pair that it comes from."""
    size = np.maximum(until - at + 1, 0)
    which = np.repeat(np.arange(len(at)), size)
    return np.arange(len(which)) - (np.cumsum(size) - size)[which] + at[which], which


def _united(person: Ints, first: Ints, last: Ints) -> tuple[Ints, Ints, Ints]:
    """Stretches of each person without overlap: those that share days are one."""
    order = np.lexsort((first, person))
    person, first, last = person[order], first[order], last[order]
    if not len(person):
        return person, first, last
    base = person * (1 << 32)  # so that a person's days lie apart from the next one's
    reach = np.maximum.accumulate(base + last)
    new = np.r_[True, base[1:] + first[1:] > reach[:-1]]
    at = np.flatnonzero(new)
    return person[at], first[at], reach[np.r_[at[1:] - 1, len(person) - 1]] - base[at]


def _open_cases(kind: Ints, person: Ints, first: Ints, last: Ints, code: Ints, key: Ints) -> tuple[Ints, Ints, Ints]:
    """Person, first and last day of each case: to its last event where it has a result, else to the end of observation (``last``)."""
    of = np.flatnonzero(kind == CASE_EVENT)
    of = of[np.lexsort((key[of], person[of]))]
    if not len(of):
        return of, of, of
    new = np.flatnonzero(np.r_[True, (np.diff(person[of]) != 0) | (np.diff(key[of]) != 0)])
    opened, latest = np.minimum.reduceat(first[of], new), np.maximum.reduceat(first[of], new)
    has_result = np.bitwise_or.reduceat(code[of] & IS_RESULT, new) > 0
    seen_to = np.minimum(np.maximum.reduceat(last[of], new), latest + OPEN_DAYS)
    return person[of[new]], opened, np.where(has_result, latest, np.maximum(seen_to, latest))
