"""One linkage model: what it sees, compares, blocks on and how it is trained. ``conf/models/<name>.yml`` holds one."""

from typing import Any

from pydantic import Field

from docketlink.config.base import Frozen


class Level(Frozen):
    """One comparison level: a DuckDB condition over ``"column_l"`` and ``"column_r"``; the last is ``ELSE``."""

    sql: str
    label: str
    null: bool = False
    term_frequency: str | None = Field(default=None, description="Input column whose term frequency adjusts the level.")
    term_frequency_weight: float = Field(default=1.0, ge=0, le=1)
    m: float | None = Field(default=None, gt=0, le=1, description="Fixed m probability; not trained.")
    u: float | None = Field(default=None, gt=0, le=1, description="Fixed u probability; not trained.")


class Comparison(Frozen):
    """A comparison of Splink's library (``library`` with its arguments), or ``levels`` of our own; exactly one of them."""

    name: str
    library: str | None = None
    arguments: dict[str, Any] = Field(default={})
    term_frequency: bool = False
    levels: tuple[Level, ...] = ()


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


class ModelConfig(Frozen):
    """A model as declared; training turns it into Splink's own JSON."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    about: str
    inputs: dict[str, str] = Field(min_length=1, description="Columns the model sees: Spark SQL over identity.person_record.")
    comparisons: tuple[Comparison, ...] = Field(min_length=1)
    blocking: tuple[tuple[str, ...], ...] = Field(
        min_length=1, description="Rules, each a list of DuckDB expressions over the inputs of one record."
    )
    training: Training
