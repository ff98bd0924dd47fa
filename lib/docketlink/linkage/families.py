"""Which rules can share one shipped copy of a record: all rules whose pairs agree on one expression travel by that expression."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docketlink.linkage.compiler import expression_columns

_COMMON = 0.2  # share of the records with one value above which an expression does not spread them over tasks


@dataclass(frozen=True)
class Families:
    """The expression of each family, and the family of each rule; None for a rule that travels alone, by its own key."""

    expressions: tuple[str, ...]
    family_of: tuple[int | None, ...]


def candidates(rules: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The expressions that two or more rules could travel by, sorted."""
    parts = sorted({part.strip() for rule in rules for part in rule})
    return tuple(part for part in parts if sum(_agrees(rule, part) for rule in rules) > 1)


def choose(rules: Sequence[Sequence[str]], common: Mapping[str, float] | None) -> Families:
    """Families of at least two rules each, the largest first; ``common`` is the share of an expression's most common value.

    Where that was not looked at (None), every rule travels alone.
    Among expressions that serve as many rules the one with the rarest most common value is taken.
    """
    if common is None:
        return Families((), (None,) * len(rules))
    usable = [part for part in candidates(rules) if common.get(part, 0.0) <= _COMMON]
    left = set(range(len(rules)))
    expressions: list[str] = []
    family_of: list[int | None] = [None] * len(rules)
    while True:
        served = {part: [i for i in left if _agrees(rules[i], part)] for part in usable}
        best = min(usable, key=lambda part: (-len(served[part]), common.get(part, 0.0), part), default=None)
        if best is None or len(served[best]) < 2:
            return Families(tuple(expressions), tuple(family_of))
        for i in served[best]:
            family_of[i] = len(expressions)
        left -= set(served[best])
        expressions.append(best)


def _agrees(rule: Sequence[str], part: str) -> bool:
    """Whether two records with one key of the rule agree on ``part``: a part of the rule, or something made of its columns alone."""
    own = {each.strip() for each in rule}
    columns = expression_columns([part], "blocking")
    return part in own or (bool(columns) and columns <= own)
