"""Random numbers that follow the seed, the block and the stage alone, and the draws that numpy lacks."""

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

NEVER = 2**31  # a day that does not come
YEAR = 365.25
# Block of what all blocks share, as the date on which a court changed its system.
NATION = 2**63


class Stage(IntEnum):
    """Stages have streams of their own, so that a change in one leaves the others as they were."""

    PEOPLE = 1
    HOMES = 2
    NUMBERS = 3
    CONTACTS = 4
    CUSTODY = 5
    MAGISTRATES = 6
    PRISON = 7
    FAULTS = 8
    COURTS = 9
    MOVED = 20
    CROWN = 21
    COMMON_PLATFORM = 22
    EXTRACTS = 23
    LIVES = 30
    PROBATION = 31
    ASSESSMENTS = 32
    FAMILY_CONTACTS = 40
    FAMILY = 41
    CIVIL_CONTACTS = 42
    CIVIL = 43
    TRUTH = 50
    STRESS = 51
    DELIVERY = 52
    MERGERS = 53
    ERASURE = 54


def stream(seed: int, block: int, stage: Stage, part: int = 0) -> np.random.Generator:
    """The generator of one stage of one block: Philox is keyed by seed and block and counts from the stage on."""
    return np.random.Generator(
        np.random.Philox(key=np.array([seed, block], dtype=np.uint64), counter=np.array([0, 0, part, stage], dtype=np.uint64))
    )


def texts(values: Any) -> Texts:
    """An object array of texts, one entry each."""
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


def happens(rng: np.random.Generator, share: float | Reals, size: int) -> Flags:
    """Which of ``size`` things happen, each with probability ``share``."""
    result: Flags = rng.random(size) < share
    return result


def pick(rng: np.random.Generator, weights: Reals, size: int) -> Ints:
    """Positions drawn with probability proportional to ``weights``."""
    cumulative = np.cumsum(weights)
    found = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")
    result: Ints = np.minimum(found, len(weights) - 1)
    return result


def weighted_order(rng: np.random.Generator, weights: Reals) -> Ints:
    """Positions in a random order in which heavier ones tend to come first (exponential keys, Efraimidis and Spirakis 2006)."""
    keys = rng.exponential(size=len(weights)) / np.maximum(weights, 1e-12)
    return np.argsort(keys, kind="stable")


def some(rng: np.random.Generator, among: Ints, count: float) -> Ints:
    """``count`` (rounded) members of ``among`` without repetition, in ascending order."""
    return np.sort(rng.permutation(among)[: round(count)])


def rank_within(groups: Ints) -> Ints:
    """0, 1, 2, … within each run of equal values; ``groups`` is sorted."""
    if not len(groups):
        return groups.astype(np.int64)
    first = np.r_[True, groups[1:] != groups[:-1]]
    starts = np.flatnonzero(first)
    return np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))


def uneven(rng: np.random.Generator, share: float, factors: Reals) -> Flags:
    """As ``happens``, with ``share`` the mean and each thing's own probability in proportion to its factor, at most 0.97."""
    if not len(factors):
        return np.zeros(0, dtype=bool)
    result: Flags = rng.random(len(factors)) < np.minimum(0.97, share * factors / factors.mean())
    return result
