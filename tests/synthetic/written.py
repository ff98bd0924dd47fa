"""What a block holds, as columns: for the tests of the systems."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
from docketlink.synthetic.kernels import generate_block
from docketlink.synthetic.parameters import Plan, Rates

DATE = "2026-01-05"
# A tenth of the people is in prison, so that a small system has enough of them to look at.
MANY_PRISONERS = Rates(prison_among_magistrates=0.45, prison_only=0.10)
SMALL = Plan(seed=11, people=2_400, snapshot_date=DATE, people_per_block=800, rates=MANY_PRISONERS)
LARGE = Plan(seed=5, people=24_000, snapshot_date=DATE, people_per_block=24_000, rates=MANY_PRISONERS)
Table = dict[str, np.ndarray]


@lru_cache(maxsize=8)
def block(system: Plan, number: int) -> dict[str, pa.Table]:
    return generate_block(system, number)


def read(name: str, system: Plan = LARGE, number: int = 0) -> Table:
    """A table of a block as columns of texts, None for what is not there."""
    content = block(system, number)[name]
    return {column: np.array(content[column].to_pylist(), dtype=object) for column in content.column_names}


def empty(values: np.ndarray) -> float:
    return float(np.mean([value is None for value in values]))


def person_of(source: str) -> dict[str, str]:
    """The true person of each record key of a source in the large block."""
    truth = read("truth")
    of = truth["source"] == source
    return {key.split("\x1f")[1]: person for key, person in zip(truth["record_key"][of], truth["true_person_id"][of], strict=True)}
