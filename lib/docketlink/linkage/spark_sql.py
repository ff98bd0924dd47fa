"""A comparison level's condition in Spark's SQL: only what is known to mean there what it means in DuckDB."""

from collections.abc import Collection

import sqlglot
from sqlglot import exp

from docketlink.errors import ConfigError

# Registered from Splink's jar (jaro_winkler, jaro_sim, damerau_levenshtein) or built into Spark.
_RENAMED = {
    "jaro_winkler_similarity": "jaro_winkler",
    "jaro_similarity": "jaro_sim",
    "damerau_levenshtein": "damerau_levenshtein",
    "list_intersect": "array_intersect",
    "array_intersect": "array_intersect",
    "prefix": "startswith",
}
_OWN_RULE = (exp.Anonymous, exp.Length, exp.ArraySize, exp.ArrayOverlaps, exp.JarowinklerSimilarity)
# Everything else that calls must be one of these, which sqlglot writes as Spark's own word for the same.
_SAME = (
    exp.And, exp.Or, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Abs, exp.Greatest, exp.Least, exp.Substring, exp.Left, exp.Right,
    exp.Lower, exp.Upper, exp.Trim, exp.Concat, exp.StartsWith, exp.Levenshtein, exp.Cast, exp.ArrayContains, exp.ArrayFilter,
    exp.Transform, exp.Flatten, exp.ArrayMax, exp.ArrayMin, exp.Array, exp.ArrayDistinct,
    exp.Floor, exp.Ceil, exp.Round,
)  # fmt: skip
_GIVES_LIST = (exp.ArrayFilter, exp.Transform, exp.Flatten, exp.Array, exp.ArrayDistinct)


def to_spark(sql: str, lists: Collection[str], where: str) -> str:
    """The condition as Spark computes it; ``lists`` names the input columns that hold lists, ``where`` the level.

    Raises ConfigError naming what has no counterpart that is known to be equal.
    """
    if sql.strip().upper() == "ELSE":
        return sql
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise ConfigError(f"{where}: the condition is not valid DuckDB SQL.", next_step="correct it in conf/models.") from error
    if unknown := sorted({_name(call) for call in tree.find_all(exp.Func) if not isinstance(call, _SAME) and not _has_rule(call)}):
        raise ConfigError(
            f"{where}: Spark has no {', '.join(unknown)} that is known to give what DuckDB gives.",
            next_step="use engine: fused, or compare otherwise in conf/models.",
        )
    for node in reversed([*tree.walk()]):  # the innermost first: sqlglot's own transform stops at what it replaced
        said = _rewritten(node, lists)
        if said is not node:
            tree = said if node is tree else tree
            node.replace(said)
    return tree.sql(dialect="spark")


def _name(call: exp.Expr) -> str:
    return call.name.lower() if isinstance(call, exp.Anonymous) else type(call).__name__.lower()


def _has_rule(call: exp.Expr) -> bool:
    return isinstance(call, _OWN_RULE) and (not isinstance(call, exp.Anonymous) or _name(call) in {*_RENAMED, "hamming", "mismatches"})


def _rewritten(node: exp.Expr, lists: Collection[str]) -> exp.Expr:
    if isinstance(node, exp.JarowinklerSimilarity):
        return exp.Anonymous(this="jaro_winkler", expressions=[node.this, node.expression])
    if isinstance(node, exp.ArrayOverlaps):
        return exp.Anonymous(this="arrays_overlap", expressions=[node.this, node.expression])
    if isinstance(node, exp.ArraySize) or (isinstance(node, exp.Length) and _is_list(node.this, lists)):
        return exp.Anonymous(this="array_size", expressions=[node.this])
    if isinstance(node, exp.Bracket) and isinstance(node.expressions[0], exp.Literal):
        return exp.Anonymous(this="get", expressions=[node.this, *node.expressions])  # an index out of range is NULL, not an error
    if isinstance(node, exp.Anonymous) and _name(node) in ("hamming", "mismatches"):
        return _hamming(*(argument.sql(dialect="spark") for argument in node.expressions))
    if isinstance(node, exp.Anonymous):
        return exp.Anonymous(this=_RENAMED[_name(node)], expressions=node.expressions)
    return node


def _is_list(argument: exp.Expr, lists: Collection[str]) -> bool:
    if isinstance(argument, exp.Column):
        return argument.name.lower()[:-2] in lists
    given = argument.name.lower() if isinstance(argument, exp.Anonymous) else ""
    return isinstance(argument, _GIVES_LIST) or given in ("list_intersect", "array_intersect")


def _hamming(left: str, right: str) -> exp.Expr:
    """Positions that differ. DuckDB refuses texts of two lengths; here each character without a partner counts as one."""
    differs = f"zip_with(split({left}, ''), split({right}, ''), (x, y) -> CASE WHEN x = y THEN 0 ELSE 1 END)"
    return sqlglot.parse_one(f"aggregate({differs}, 0, (n, d) -> n + d)", read="spark")
