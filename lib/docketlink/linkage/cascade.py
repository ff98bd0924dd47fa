"""The order in which a pair's weight is computed: what is cheap first, what is expensive only while the pair can still reach the floor.

The result is the compiled weight, bit for bit: each comparison is a column of its own, replaced by its exact value when its turn
comes, and the columns are added up in the model's order.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

import sqlglot
from sqlglot import exp

from docketlink.linkage.compiler import CompiledModel, Level, double

_SLACK = 1e-6  # the bound adds in another order than the weight; far below any threshold that matters
_CLOSE = 1.0  # bits
_TEXT = re.compile(r"('(?:[^']|'')*')")
_NUMBER = re.compile(r"[-+.\de]+")
_SIDE = re.compile(r'\b([lr])\."(\w+)"')


def cascade(compiled: CompiledModel, rule: Sequence[str], floor: float, kept: str = "row_l, row_r") -> str:
    """SQL from ``{pairs}``, which has ``x_l`` and ``x_r`` of every column, to what is ``kept`` and ``match_weight`` of those at the floor.

    ``rule`` is the blocking rule that made the pairs: what it joins on is known to be equal, and not computed again. It is empty for
    pairs of any rule.
    """
    known = _Known(rule)
    comparisons = [[*_possible(levels, known)] for levels in compiled.comparisons]
    total = " + ".join([compiled.base, *(f"w_{i}" for i in range(len(comparisons)))])
    first = ", ".join(f"{_flat(most(levels))} AS w_{i}" for i, levels in enumerate(comparisons))
    sql = f"SELECT *, {first} FROM {{pairs}}"  # noqa: S608 - the expressions of a checked model
    bounded = [i for i, levels in enumerate(comparisons) if _later(levels)]
    for i in sorted(bounded, key=lambda i: (_price(comparisons[i]), -_reach(comparisons[i]), i)):
        sql = f"SELECT * FROM ({sql}) WHERE {total} >= {double(floor - _SLACK)}"  # noqa: S608
        sql = f"SELECT * REPLACE ({_flat(exact(comparisons[i]))} AS w_{i}) FROM ({sql})"  # noqa: S608
    return f"SELECT * FROM (SELECT {kept}, {total} AS match_weight FROM ({sql})) WHERE match_weight >= {double(floor)}"  # noqa: S608


def most(levels: Sequence[Level]) -> str:
    """The most that a comparison can give, without asking what ``_later`` leaves to the pairs that this does not rule out."""
    later = _later(levels)
    possible: list[str] = []  # weights of levels passed so far: each may be the pair's
    whens = []
    for i, level in enumerate(levels):
        if level.condition is None or i in later:
            possible.append(level.weight)
        else:
            whens.append(f"WHEN {level.condition} THEN {_greatest([*possible, level.weight])}")
    return f"(CASE {' '.join(whens)} ELSE {_greatest(possible)} END)" if whens else f"({_greatest(possible)})"


def _later(levels: Sequence[Level]) -> set[int]:
    """Places of the levels that a bound does not ask: expensive ones, and those at the end that call a function to find which of a few
    weights it is that hardly differ: ``substr`` on both sides costs as much as all equalities of a model.
    """
    later = {i for i, level in enumerate(levels) if level.expensive}
    seen: list[float] = []
    for i, level in reversed([*enumerate(levels)]):
        if (weight := _constant(level.weight)) is None:
            break
        seen.append(weight)
        if max(seen) - min(seen) > _CLOSE:
            break
        if not level.plain:
            later |= {place for place in range(i, len(levels)) if levels[place].condition is not None}
    return later


def _greatest(weights: Sequence[str]) -> str:
    constant = [value for weight in weights if (value := _constant(weight)) is not None]
    parts = [weight for weight in weights if _constant(weight) is None] + ([double(max(constant))] if constant else [])
    return parts[0] if len(parts) == 1 else f"greatest({', '.join(parts)})"


def _constant(weight: str) -> float | None:
    """The weight where it is the same for every pair."""
    return float(weight) if _NUMBER.fullmatch(weight) else None


def exact(levels: Sequence[Level]) -> str:
    """The comparison's weight. Levels that ask one function for less and less are asked from the least, which most pairs fail."""
    whens = []
    otherwise = next(level.weight for level in levels if level.condition is None)
    for _, run in groupby((level for level in levels if level.condition is not None), key=_asked):
        together = list(run)
        if len(together) > 1 and _ever_weaker(together):
            inner = " ".join(f"WHEN {level.condition} THEN {level.weight}" for level in together[:-1])
            whens.append(f"WHEN {together[-1].condition} THEN (CASE {inner} ELSE {together[-1].weight} END)")
        else:
            whens += [f"WHEN {level.condition} THEN {level.weight}" for level in together]
    return f"(CASE {' '.join(whens)} ELSE {otherwise} END)" if whens else f"({otherwise})"


class _Known:
    """What a rule's pairs have in common: columns and expressions that are there and equal on both sides."""

    def __init__(self, rule: Sequence[str]) -> None:
        parts = [sqlglot.parse_one(part.lower(), read="duckdb").unnest() for part in rule]
        self.columns = {part.name for part in parts if isinstance(part, exp.Column)}
        self.parts = [part.sql("duckdb") for part in parts]

    def truth(self, tree: exp.Expr) -> bool | None:
        """Whether a condition holds for all such pairs, for none of them (or is NULL), or None where that depends on the pair."""
        tree = tree.unnest()
        if isinstance(tree, exp.And | exp.Or):
            both = {self.truth(tree.left), self.truth(tree.right)}
            decisive = isinstance(tree, exp.Or)
            return decisive if decisive in both else (not decisive if both == {not decisive} else None)
        if isinstance(tree, exp.Is) and isinstance(tree.right, exp.Null) and isinstance(tree.left, exp.Column):
            return False if tree.left.name in self.columns else None
        if isinstance(tree, exp.EQ):
            left, right = _of_one_side(tree.left), _of_one_side(tree.right)
            if left and right and left[0] == right[0] and left[0] in self.parts and {left[1], right[1]} == {"l", "r"}:
                return True
        return None


def _of_one_side(tree: exp.Expr) -> tuple[str, str] | None:
    """An expression as the record's own, and which side it reads; None when it reads both or neither."""
    own = tree.unnest().copy()
    columns = list(own.find_all(exp.Column))
    sides = {column.table for column in columns}
    for column in columns:
        column.set("table", None)
        column.set("this", exp.to_identifier(column.name))
    return (own.sql("duckdb"), sides.pop()) if len(sides) == 1 else None


def _parsed(level: Level) -> exp.Expr | None:
    return None if level.condition is None else sqlglot.parse_one(level.condition, read="duckdb").unnest()


def _possible(levels: Sequence[Level], known: _Known) -> Iterator[Level]:
    for level in levels:
        tree = _parsed(level)
        holds = True if tree is None else known.truth(tree)
        if holds is True:
            yield Level(None, level.weight, 0, level.columns, level.adjusted_by)
            return
        if holds is None:
            yield level


def _price(levels: Sequence[Level]) -> float:
    return sum(level.cost for level in levels if level.expensive)


def _reach(levels: Sequence[Level]) -> float:
    """How many bits lie between the best and the worst level, as far as they are the same for every pair."""
    weights = [weight for level in levels if (weight := _constant(level.weight)) is not None]
    return max(weights, default=0.0) - min(weights, default=0.0)


def _asked(level: Level) -> str:
    """The function that the level compares with a number and the direction, or the level itself."""
    tree = _parsed(level)
    if isinstance(tree, exp.GTE | exp.LTE) and isinstance(tree.right, exp.Literal) and not tree.right.is_string:
        return f"{type(tree).__name__} {tree.left.sql('duckdb')}"
    return str(level.condition)


def _ever_weaker(levels: Sequence[Level]) -> bool:
    trees = [_parsed(level) for level in levels]
    bounds = [float(tree.right.name) for tree in trees if isinstance(tree, exp.GTE | exp.LTE)]
    falling = isinstance(trees[0], exp.GTE)
    return len(bounds) == len(levels) and bounds == sorted(bounds, reverse=falling)


def _flat(sql: str) -> str:
    """``l."x"`` as ``"x_l"``, text literals left alone."""
    return "".join(part if part.startswith("'") else _SIDE.sub(r'"\2_\1"', part) for part in _TEXT.split(sql))
