"""Which column a condition says is equal on both sides: the base of a term frequency adjustment, found as Splink finds it."""

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.normalize import normalize
from sqlglot.optimizer.simplify import simplify


def column_said_equal(sql: str) -> str | None:
    """The column whose equality is all that the condition says, in lower case; None where it says more, less or something else.

    The condition is brought to its simplest form first, so ``(a_l = a_r)``, ``NOT a_l <> a_r`` and a repeated clause count too.
    """
    tree = simplify(normalize(sqlglot.parse_one(sql.lower(), read="duckdb"))).unnest()
    if not isinstance(tree, exp.EQ) or not all(isinstance(side, exp.Column) and not side.table for side in (tree.left, tree.right)):
        return None
    left, right = tree.left.name, tree.right.name
    return left[:-2] if left[:-2] == right[:-2] and {left[-2:], right[-2:]} == {"_l", "_r"} else None
