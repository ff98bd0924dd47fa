"""One linkage model: what it sees, compares, blocks on and how it is trained. ``conf/models/<name>.yml`` holds one."""

import re
from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, model_validator

from docketlink.config.base import Frozen, WordGroups

_COLUMN = re.compile(r"[a-z][a-z0-9_]*")


class Level(Frozen):
    """One comparison level: a DuckDB condition over ``column_l`` and ``column_r``; the last is ``ELSE``."""

    sql: str
    label: str
    missing: bool = Field(default=False, description="The null level: a value is missing, which is no evidence either way.")
    term_frequency: str | None = Field(default=None, description="Input column whose term frequency adjusts the level.")
    term_frequency_weight: float = Field(default=1.0, ge=0, le=1)
    term_frequency_minimum: float = Field(default=0.0, ge=0, le=1, description="Frequencies below it count as it.")
    own_base: bool = Field(
        default=False,
        description="The adjustment starts from this level's u, not from that of the level where the column is equal.",
    )
    m: float | None = Field(default=None, gt=0, le=1, description="Fixed m probability; not trained.")
    u: float | None = Field(default=None, gt=0, le=1, description="Fixed u probability; not trained.")


class Comparison(Frozen):
    """A comparison of Splink's library (``library`` with its arguments), or ``levels`` of our own; exactly one of them."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    library: str | None = Field(default=None, pattern=r"^[A-Z][A-Za-z]+$", description="Class of splink.comparison_library.")
    arguments: dict[str, Any] = Field(default={})
    term_frequency: bool = False
    levels: tuple[Level, ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.library is None) == (not self.levels):
            raise ValueError(f"comparison {self.name}: give either library or levels")
        if self.levels and (self.arguments or self.term_frequency):
            raise ValueError(f"comparison {self.name}: arguments and term_frequency belong to library; levels say their own")
        if self.levels and self.levels[-1].sql.strip().upper() != "ELSE":
            raise ValueError(f"comparison {self.name}: the last level must be ELSE, or a pair could have no weight")
        if len({level.label for level in self.levels}) != len(self.levels):
            raise ValueError(f"comparison {self.name}: two levels have one label")
        return self


class Synonyms(Frozen):
    """An input column in which every known variant of a word is replaced by its group's head, as nicknames by a name."""

    of: str = Field(description="Spark SQL over identity.person_record.")
    groups: WordGroups = Field(
        min_length=1, description="Head of the group to its variants; in a file also the name of a list in conf/models/words."
    )


class BlockingRule(Frozen):
    """A blocking rule that also says what becomes of a block above ``linkage.max_block``, which is dropped otherwise."""

    on: tuple[str, ...] = Field(min_length=1, description="DuckDB expressions over the inputs of one record.")
    refine: tuple[str, ...] = Field(default=(), description="Further expressions by which a large block is cut up.")
    split: bool = Field(default=False, description="A block up to linkage.max_split is compared whole, in a grid of tasks.")


class Prior(Frozen):
    """How the probability that two random records match is found: deterministic rules with a stated recall."""

    rules: tuple[tuple[str, ...], ...] = Field(min_length=1)
    recall: float = Field(gt=0, le=1)


class Training(Frozen):
    """The training of a model: sample, u from random pairs, m by expectation maximisation over blocking sessions."""

    sample: int = Field(default=200_000, ge=2, description="Records at most; drawn by a hash of seed and record_id.")
    seed: int = 1
    random_pairs: int = Field(default=1_000_000, ge=1)
    prior: Prior
    sessions: tuple[tuple[str, ...], ...] = Field(min_length=1, description="Blocking rules, one EM session each.")
    iterations: int = Field(default=50, ge=1, description="Steps of one EM session at most.")
    subtract_matches: bool = Field(
        default=False,
        description="Take the matches out of u and of term frequencies: among random pairs of records that repeat people often, pairs "
        "that agree on a rare value are mostly matches.",
    )
    smallest_m: float = Field(
        default=0.0, ge=0, lt=0.1, description="EM can drive a rare level to nought, which would veto a pair; m is never less than this."
    )


class ModelConfig(Frozen):
    """A model as declared; training turns it into Splink's own JSON."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    about: str
    inputs: dict[str, str] = Field(min_length=1, description="Columns the model sees: Spark SQL over identity.person_record.")
    synonyms: dict[str, Synonyms] = Field(default={}, description="Further input columns; inputs must not name them.")
    comparisons: tuple[Comparison, ...] = Field(min_length=1)
    blocking: tuple[tuple[str, ...] | BlockingRule, ...] = Field(
        min_length=1, description="Rules, each a list of DuckDB expressions over the inputs of one record, or an object with more to say."
    )
    training: Training

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the input columns, in a fixed order."""
        return (*sorted(self.inputs), *sorted(self.synonyms))

    @property
    def blocking_rules(self) -> tuple[BlockingRule, ...]:
        """``blocking`` in its long form."""
        return tuple(rule if isinstance(rule, BlockingRule) else BlockingRule(on=rule) for rule in self.blocking)

    @property
    def blocking_parts(self) -> tuple[tuple[str, ...], ...]:
        """The expressions that the records of a block agree on, rule by rule."""
        return tuple(rule.on for rule in self.blocking_rules)

    @model_validator(mode="after")
    def _names_are_sound(self) -> Self:
        if faults := [*self._faults()]:
            raise ValueError(f"model {self.name}: {'; '.join(faults)}")
        return self

    def _faults(self) -> Iterator[str]:
        reserved = {
            "record_id",
            "source",
            "unique_id",
            "source_dataset",
            "surrogate",
            "rule",
            "key",
            "family",
            "block",
            "cell",
            "source_index",
        }
        for column in self.columns:
            if (
                not _COLUMN.fullmatch(column)
                or column in reserved
                or column.endswith(("_l", "_r"))
                or column.startswith(("log2_tf_", "key_", "base_", "sub_", "group_", "cell_", "claim_"))
            ):
                yield f"'{column}' cannot be the name of an input"
        yield from (f"'{column}' is an input and a synonym column" for column in sorted(set(self.inputs) & set(self.synonyms)))
        for comparison in self.comparisons:
            for level in comparison.levels:
                if level.term_frequency and level.term_frequency not in self.columns:
                    yield f"comparison {comparison.name}: term_frequency '{level.term_frequency}' is not an input"
        names = [comparison.name for comparison in self.comparisons]
        yield from (f"two comparisons are called '{name}'" for name in sorted({n for n in names if names.count(n) > 1}))
        yield from (f"blocking rule {i} is empty" for i, rule in enumerate(self.blocking) if not rule)
