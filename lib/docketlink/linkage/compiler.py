"""From Splink's saved model (DuckDB dialect) to one DuckDB expression over the two sides of a pair, ``l`` and ``r``.

The weight is what ``linker.inference.predict`` of Splink 5 gives: log2 of the prior odds, plus for each comparison log2(m/u) of
the first level whose condition holds, plus the level's term frequency adjustment. No pair table is needed.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp

from docketlink.errors import ConfigError
from docketlink.linkage.exact_match import column_said_equal

_LOGIC = (exp.And, exp.Or, exp.Not, exp.Case, exp.If, exp.Coalesce)
# Functions that cost a few comparisons of two numbers; whatever else a condition calls is taken to be expensive.
_CHEAP = (
    *_LOGIC, exp.Abs, exp.Length, exp.Substring, exp.Left, exp.Right, exp.Cast, exp.TryCast, exp.Nullif, exp.Greatest, exp.Least,
    exp.StartsWith,
)  # fmt: skip
_CHEAP_NAMES = {"hamming", "mismatches", "starts_with", "prefix"}
_EXPENSIVE = 4
_SMALLEST = 1e-300  # what Splink weighs a probability of nought as
_NOT_OBSERVED = "level not observed in training dataset"  # Splink's own words in place of a probability


@dataclass(frozen=True)
class CompiledModel:
    """A model as SQL.

    ``weight`` is the match weight in bits of the pair of rows ``l`` and ``r``: ``base`` plus one number for each of ``comparisons``. It
    reads ``columns`` and, of each column of ``term_frequencies``, ``log2_tf_<column>``: log2 of the frequency of the row's term, NULL
    where unknown, and the same in two rows with the same term.
    """

    weight: str
    columns: tuple[str, ...]
    term_frequencies: tuple[str, ...]
    base: str
    comparisons: tuple[tuple["Level", ...], ...]


@dataclass(frozen=True)
class Level:
    """One level of a comparison as SQL over ``l`` and ``r``."""

    condition: str | None  # None for ELSE
    weight: str
    cost: int  # about the price of a comparison of two values
    columns: frozenset[str]
    adjusted_by: str | None
    plain: bool = True  # it compares values as they are

    @property
    def expensive(self) -> bool:
        """Whether it costs more than looking at two values."""
        return self.cost >= _EXPENSIVE


def compile_model(settings_json: str) -> CompiledModel:
    """The compiled form of a model that Splink saved; raises ConfigError naming everything that cannot be compiled."""
    model: dict[str, Any] = json.loads(settings_json)
    faults: list[str] = []
    prior = model.get("probability_two_random_records_match")
    if not isinstance(prior, float) or not 0 < prior < 1:
        faults.append("probability_two_random_records_match is not between 0 and 1")
        prior = 0.5
    if model.get("sql_dialect", "duckdb") != "duckdb":
        faults.append(f"its SQL is for {model['sql_dialect']}, not for duckdb")
    comparisons = [_levels(comparison, faults) for comparison in model["comparisons"]]
    names = [str(comparison.get("output_column_name")).lower().replace(" ", "_") for comparison in model["comparisons"]]
    faults += [
        f"two comparisons are called {name}, and Splink would take one for the other" for name in sorted({*names}) if names.count(name) > 1
    ]
    if faults:
        raise ConfigError(
            "\n  ".join(["the model cannot be compiled:", *faults]), next_step="change the comparison in conf/models and train again."
        )
    base = double(math.log2(prior / (1 - prior)))
    every = [level for levels in comparisons for level in levels]
    return CompiledModel(
        weight=" + ".join([base, *map(_case, comparisons)]),
        columns=tuple(sorted(frozenset().union(*(level.columns for level in every)))),
        term_frequencies=tuple(sorted({level.adjusted_by for level in every if level.adjusted_by})),
        base=base,
        comparisons=tuple(map(tuple, comparisons)),
    )


def _case(levels: Sequence[Level]) -> str:
    whens = " ".join(f"WHEN {level.condition} THEN {level.weight}" for level in levels if level.condition is not None)
    otherwise = next(level.weight for level in levels if level.condition is None)
    return f"(CASE {whens} ELSE {otherwise} END)" if whens else f"({otherwise})"


def _levels(comparison: Mapping[str, Any], faults: list[str]) -> list[Level]:
    name = comparison.get("output_column_name", "?")
    levels = comparison["comparison_levels"]
    trained = [level for level in levels if not level.get("is_null_level")]
    compiled = []
    for position, level in enumerate(levels):
        where = _where(comparison, position, level)
        try:
            compiled.append(_level(level, trained))
        except _CannotCompile as error:
            faults.append(f"{where}: {error}")
    otherwise = [str(level["sql_condition"]).strip().upper() == "ELSE" for level in levels]
    if not any(otherwise):
        faults.append(f"comparison {name}: no ELSE level, so a pair could have no weight")
    elif any(otherwise[:-1]):
        faults.append(f"comparison {name}: levels after ELSE")
    if len(trained) < 2:
        faults.append(f"comparison {name}: fewer than two levels beside the NULL level, which Splink cannot read")
    return compiled


class _CannotCompile(Exception):  # noqa: N818 - caught here, reported with all others in one ConfigError
    pass


def _level(level: Mapping[str, Any], trained: Sequence[Mapping[str, Any]]) -> Level:
    sql = str(level["sql_condition"])
    is_else = sql.strip().upper() == "ELSE"
    condition, columns, cost, plain = (None, frozenset[str](), 0, True) if is_else else _condition(sql)
    if level.get("is_null_level"):
        return Level(condition, "0.0", cost, columns, None, plain)
    m, u = (_probability(level, which, trained) for which in ("m", "u"))
    weight = math.log2(m / u)
    given = level.get("tf_adjustment_weight")
    column, scale = level.get("tf_adjustment_column"), 1.0 if given is None else float(given)
    if column is not None and scale == 0 and not is_else:
        raise _CannotCompile("a term frequency weight of 0 is lost when Splink reads it, and would count as 1; leave out the adjustment")
    if column is None or is_else:
        return Level(condition, double(weight), cost, columns, None, plain)
    column = _plain(str(column))
    base_u = u if level.get("disable_tf_exact_match_detection") else _exact_match_u(column, trained)
    least = float(level.get("tf_minimum_u_value") or 0.0)
    sides = [f'l."log2_tf_{column}"', f'r."log2_tf_{column}"']
    if column_said_equal(sql) == column:
        sides = sides[:1]  # of one term both sides know the same: reading one of them makes scoring a tenth faster
    # Splink adjusts by nothing where neither side's term is known; greatest passes over one missing side, as Splink does.
    unknown = " AND ".join(f"{side} IS NULL" for side in sides)
    terms = [*sides, double(math.log2(least))] if least else sides
    frequency = f"greatest({', '.join(terms)})" if len(terms) > 1 else terms[0]
    adjusted = f"CASE WHEN {unknown} THEN 0.0 ELSE {double(scale)} * ({double(math.log2(base_u))} - {frequency}) END"
    return Level(condition, f"({double(weight)} + {adjusted})", cost, columns | {column}, column, plain)


def _condition(sql: str) -> tuple[str, frozenset[str], int, bool]:
    """The condition with each ``x_l`` as ``l."x"`` and its text otherwise untouched; the columns; what it costs; whether it is plain."""
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise _CannotCompile("the condition is not valid DuckDB SQL") from error
    if tree.find(exp.Subquery, exp.Select, exp.AggFunc, exp.Window):
        raise _CannotCompile("subqueries, aggregates and windows are not computed")
    spans = []
    columns = set()
    for column in tree.find_all(exp.Column):
        name, side = column.name[:-2], column.name[-2:].lower()
        start, end = column.this.meta.get("start"), column.this.meta.get("end")
        if column.table or side not in ("_l", "_r") or not name or start is None or end is None:
            raise _CannotCompile(f"'{column.name}' is not a column of the left (_l) or right (_r) record")
        spans.append((start, end + 1, f'{side[1]}."{name.lower()}"'))
        columns.add(name.lower())
    for start, end, text in sorted(spans, reverse=True):
        sql = f"{sql[:start]}{text}{sql[end:]}"
    return f"({sql})", frozenset(columns), _cost(tree), all(isinstance(call, _LOGIC) for call in _calls(tree))


def conditions(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where and what: every condition of Splink's settings as SQL over ``l`` and ``r``, ELSE and what cannot be compiled left out."""
    for comparison in settings["comparisons"]:
        for position, level in enumerate(comparison["comparison_levels"]):
            if (sql := str(level["sql_condition"])).strip().upper() != "ELSE":
                with suppress(_CannotCompile):
                    yield _where(comparison, position, level), _condition(sql)[0]


def _where(comparison: Mapping[str, Any], position: int, level: Mapping[str, Any]) -> str:
    return f"comparison {comparison.get('output_column_name', '?')}, level {position} ({level.get('label_for_charts', 'without label')})"


def _cost(tree: exp.Expr) -> int:
    """Measured per pair: an equality 1, Jaro-Winkler 2, Levenshtein 4, Damerau-Levenshtein 15; twice that beside their noise."""
    cost = 1
    for call in _calls(tree):
        name = call.name.lower() if isinstance(call, exp.Anonymous) else type(call).__name__.lower()
        if not isinstance(call, _CHEAP) and name not in _CHEAP_NAMES:
            cost += 30 if "damerau" in name else 8 if "levenshtein" in name else _EXPENSIVE
    return cost


def _calls(tree: exp.Expr) -> Iterator[exp.Expr]:
    return tree.find_all(exp.Func, exp.Like, exp.RegexpLike)


def _probability(level: Mapping[str, Any], which: str, trained: Sequence[Mapping[str, Any]]) -> float:
    value = level.get(f"{which}_probability")
    if value is None:  # Splink scores an untrained level by its own defaults
        return _splink_default(which, len(trained), len(trained) - 1 - next(i for i, each in enumerate(trained) if each is level))
    if value == _NOT_OBSERVED:
        return 1e-6
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value) or not 0 <= value <= 1:
        raise _CannotCompile(f"its {which} probability is not a number between 0 and 1")
    return max(float(value), _SMALLEST)


def _splink_default(which: str, count: int, value: int) -> float:
    """What Splink 5 takes for a level without m or u: m .95 for the best level, the rest shared; u so that weights run from -5 to 10."""
    if count < 2:
        raise _CannotCompile(f"its {which} probability is missing and it is the only level")
    m = 0.95 if value == count - 1 else 0.05 / (count - 1)
    if which == "m":
        return m
    steps = [-5.0] if count == 2 else [-5 + 8 * i / (count - 2) for i in range(count - 1)]
    return m / 2 ** [*steps, 10.0][value]


def _exact_match_u(column: str, trained: Sequence[Mapping[str, Any]]) -> float:
    """The u of the level where just this column is equal: what the adjustment compares the term's frequency with."""
    for level in trained:
        sql = str(level["sql_condition"])
        if sql.strip().upper() != "ELSE" and column_said_equal(sql) == column:
            return _probability(level, "u", trained)
    raise _CannotCompile(f"no level of the comparison says that {column} is equal, so its term frequency has no base")


def _plain(name: str) -> str:
    return name.strip('"').lower()


def double(value: float) -> str:
    """A DOUBLE literal that DuckDB reads back as the same number; plain decimals would be DECIMAL."""
    return f"{value:.17e}"


def expression_columns(expressions: Iterable[str], what: str) -> frozenset[str]:
    """Columns of one record that these DuckDB expressions read; raises ConfigError naming ``what`` where one is not valid."""
    columns: set[str] = set()
    for sql in expressions:
        try:
            columns |= {column.name.lower() for column in sqlglot.parse_one(sql, read="duckdb").find_all(exp.Column)}
        except sqlglot.errors.SqlglotError as error:
            raise ConfigError(f"{what}: '{sql}' is not valid DuckDB SQL.", next_step="correct it in conf/models.") from error
    return frozenset(columns)
