"""What a system exported earlier: rows not entered yet, values not corrected yet, keys and withdrawals that came later.

The tables that a system makes are its last extract. Every earlier one is told from it by draws of each row, counted in weeks before
the last: so an extract does not depend on how many there are, but for the rows that vanish while they are watched.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.synthetic.draws import Flags, Ints, Stage, happens, pick, stream
from docketlink.synthetic.parameters import Plan

# Rates a week and shares, domain.md 6.4.
LATE, VERY_LATE = 0.04, 0.005
CORRECTED, VANISHED, RENUMBERED = 0.012, 0.0005, 0.003
LIVE_BEFORE_WITHDRAWN = 0.5
_KINDS = {"address": 0.60, "code": 0.20, "name": 0.15, "birth": 0.05}
_WITHDRAWN_WITHIN = 104  # weeks


@dataclass(frozen=True)
class Changes:
    """How the rows of one table come, change and go between extracts; columns by name, days as yyyy-MM-dd.

    ``entered`` is the day before which no extract has the row, or holds it where the pattern ``day`` finds it; ``parent`` the row that
    it hangs on (table, own column, the other's);
    ``ahead`` are days that stay empty until they have come. ``address``, ``code``, ``name`` and ``birth`` are columns that may be
    corrected, ``withdrawn`` is a flag with its value once withdrawn and before, ``renumbered`` a number of digits and what is added to
    it in earlier extracts. ``appended`` tables send each row once instead of a full copy.
    """

    entered: str | None = None
    day: str | None = None
    parent: tuple[str, str, str] | None = None
    ahead: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    birth: tuple[str, ...] = ()
    withdrawn: tuple[str, str, str | None] | None = None
    renumbered: tuple[str, int] | None = None
    appended: bool = False
    is_list: bool = False


def as_of(plan: Plan, block: int, tables: Mapping[str, pa.Table], changes: Mapping[str, Changes], weeks: int) -> dict[str, pa.Table]:
    """The tables of one system, named ``source.table``, as its extract ``weeks`` before the last one has them.

    ``changes`` lists parents before the tables that hang on them.
    """
    if plan.extracts == 1:
        return dict(tables)
    made: dict[str, pa.Table] = {}
    for key in sorted(tables, key=[*changes].index):
        made[key] = tables[key] if changes[key].is_list else _Rows(plan, block, key, tables[key], changes[key]).at(weeks, made)
    return {key: made[key] for key in tables}


def numbers_before(plan: Plan, numbers: pa.Array, change: Changes) -> pa.Array:
    """The number that each row had in the first extract of the plan, or NULL where it is the same."""
    if change.renumbered is None:
        return pa.nulls(len(numbers), pa.string())
    old = _renumbered(numbers, change.renumbered[1])
    return pc.if_else(pa.array(_renumbered_weeks(plan.seed, numbers) < plan.extracts), old, pa.scalar(None, pa.string()))


class _Rows:
    """The rows of one table with what was drawn for each."""

    def __init__(self, plan: Plan, block: int, key: str, content: pa.Table, change: Changes) -> None:
        rng = stream(plan.seed, block, Stage.EXTRACTS, zlib.crc32(key.encode()))
        size = content.num_rows
        chance, short, long = rng.random(size), rng.integers(1, 5, size=size), 26 + rng.geometric(1 / 20, size=size)
        self._plan, self._source, self._content, self._change = plan, key.partition(".")[0], content, change
        self._delay = np.where(chance < VERY_LATE, long, np.where(chance < VERY_LATE + LATE, short, 0))
        self._corrected, self._vanished = rng.geometric(CORRECTED, size=size), rng.geometric(VANISHED, size=size)
        kinds = [name for name in _KINDS if getattr(change, name)]
        self._kind = np.array([*kinds, ""])[pick(rng, np.array([_KINDS[k] for k in kinds]), size) if kinds else np.zeros(size, dtype=int)]
        self._other = rng.integers(0, max(size, 1), size=size)
        self._withdrawn = np.where(happens(rng, LIVE_BEFORE_WITHDRAWN, size), rng.integers(1, _WITHDRAWN_WITHIN, size=size), 0)

    def at(self, weeks: int, others: Mapping[str, pa.Table]) -> pa.Table:
        content = self._numbered_as_then(self._values_of_then(weeks), weeks)
        return content.filter(pa.array(self._is_there(weeks, content, others)))

    def _is_there(self, weeks: int, content: pa.Table, others: Mapping[str, pa.Table]) -> Flags:
        there: Flags = (self._vanished >= self._plan.extracts) | (weeks >= self._vanished)
        if self._change.entered:
            entered = _days(self._content[self._change.entered], self._change.day) + 7 * self._delay
            there &= entered <= self._plan.day_before(weeks)
            if self._change.appended and weeks < self._plan.extracts - 1:
                there &= entered > self._plan.day_before(weeks + 1)
        if self._change.parent:
            table, own, theirs = self._change.parent
            known = others[f"{self._source}.{table}"][theirs]
            there &= pc.is_in(content[own], value_set=known.combine_chunks()).to_numpy(zero_copy_only=False)
        return there

    def _values_of_then(self, weeks: int) -> pa.Table:
        content, change = self._content, self._change
        then = weeks >= self._corrected
        for kind in _KINDS:
            wrong = then & (self._kind == kind)
            for column in getattr(change, kind) if wrong.any() else ():
                values = content[column].combine_chunks()
                before = _mistyped(values) if kind == "name" else values.take(pa.array(self._other))
                content = _with(content, column, pc.if_else(pa.array(wrong), before, values))
        if change.withdrawn:
            column, gone, live = change.withdrawn
            values = content[column].combine_chunks()
            was_live = pc.and_(pc.equal(values, gone), pa.array(weeks >= self._withdrawn) if weeks else pa.scalar(False))
            was_live = pc.and_(was_live, pa.array(self._withdrawn > 0))
            content = _with(content, column, pc.if_else(was_live, pa.scalar(live, pa.string()), values))
        for column in change.ahead:
            ahead = _days(content[column]) > self._plan.day_before(weeks)
            content = _with(content, column, pc.if_else(pa.array(ahead), pa.scalar(None, pa.string()), content[column].combine_chunks()))
        return content

    def _numbered_as_then(self, content: pa.Table, weeks: int) -> pa.Table:
        if self._change.renumbered is None:
            return content
        column, distance = self._change.renumbered
        values = content[column].combine_chunks()
        old = pa.array(_renumbered_weeks(self._plan.seed, values) <= weeks)
        return _with(content, column, pc.if_else(old, _renumbered(values, distance), values))


def _with(content: pa.Table, column: str, values: pa.Array) -> pa.Table:
    return content.set_column(content.schema.get_field_index(column), column, values)


def _days(values: pa.ChunkedArray, pattern: str | None = None) -> Ints:
    """Days since 1970; long ago where there is none."""
    text = values.combine_chunks()
    found = pc.struct_field(pc.extract_regex(text, pattern), "day") if pattern else pc.utf8_slice_codeunits(text, 0, 10)
    seconds = pc.strptime(found, format="%Y-%m-%d", unit="s", error_is_null=True)
    days: Ints = pc.fill_null(seconds.cast(pa.int64()), -(2**40)).to_numpy(zero_copy_only=False) // 86_400
    return days


def _mistyped(values: pa.Array) -> pa.Array:
    """Each text with its second and third letters the other way round."""
    return pc.replace_substring_regex(values, r"^(.)(.)(.)", r"\1\3\2")


def _renumbered_weeks(seed: int, numbers: pa.Array) -> Ints:
    """How many weeks before the last extract each number was given anew: by the number alone, so that all tables agree."""
    mixed = numbers.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.uint64) + np.uint64(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # the finaliser of SplitMix64 (Steele et al. 2014)
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    share = ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53
    weeks: Ints = np.ceil(np.log1p(-share) / np.log1p(-RENUMBERED)).astype(np.int64)
    return np.maximum(weeks, 1)


def _renumbered(numbers: pa.Array, distance: int) -> pa.Array:
    """The numbers plus ``distance``, as wide as they were."""
    width = int(pc.max(pc.utf8_length(numbers)).as_py() or 1)
    return pc.utf8_lpad(pc.add(numbers.cast(pa.int64()), distance).cast(pa.string()), width=width, padding="0")
