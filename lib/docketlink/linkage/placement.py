"""Which task compares which block: few copies, and no task with far more pairs than the others."""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docketlink.config.settings import Linkage
from docketlink.linkage.blocking import Blocks
from docketlink.linkage.families import Families
from docketlink.linkage.kernel_blobs import TASK_BYTES

_SMALL_SHARD = 50_000  # copies under which a further task costs more than it saves
_PAIRS_OF_A_SHARD = 20_000_000  # ten seconds or so
_FEW = 2  # pairs a copy, of the rule that has most, up to which they are found by their keys alone
_ROW = 5  # a copy costs about as much as comparing so many pairs
_MASK = 2**32 - 1


@dataclass(frozen=True)
class Placement:
    """The fields of ``ShipPlan`` that follow from the counts; ``few``: a record is in so few pairs that keys alone should find them."""

    shards: int
    hot: Mapping[int, tuple[int, ...]]
    split: Mapping[int, Mapping[int, int]]
    placed: Mapping[int, Mapping[int, int]]
    few: bool


def place(blocks: Blocks, families: Families, settings: Linkage, parallel: int, record_bytes: float) -> Placement:
    """Groups and blocks with many pairs are dealt out one by one, each to the task that has least; the rest follow their hash.

    A group with more than half a task's fair share is hot: its records travel by the keys of their rules instead.
    """
    own = sum(c.records for c, family in zip(blocks.counts, families.family_of, strict=True) if family is None)
    copies = sum(blocks.family_copies) + own
    pairs = sum(count.compared_pairs for count in blocks.counts)
    shipped_bytes = copies * (record_bytes + 8 * len(blocks.counts))
    wanted = max(math.ceil(copies / settings.rows_per_shard), math.ceil(pairs / _PAIRS_OF_A_SHARD), math.ceil(shipped_bytes / TASK_BYTES))
    shards = settings.shards or max(1, wanted, min(parallel, copies // _SMALL_SHARD))
    fair = (pairs + _ROW * copies) / shards
    hot: dict[int, list[int]] = {group.family: [] for group in blocks.groups} if shards > 1 else {}
    loads: list[tuple[float, int, int]] = []
    for group in blocks.groups if shards > 1 else ():
        load = group.pairs + _ROW * group.records
        if load > fair / 2:
            hot[group.family].append(group.key)
        else:
            loads.append((load, group.family, group.key))
    split = {i: {key: _side(n, settings) for key, n in c.split_records} for i, c in enumerate(blocks.counts) if c.split_records}
    for i, (count, family) in enumerate(zip(blocks.counts, families.family_of, strict=True)):
        for block in count.largest if shards > 1 else ():
            if block.key not in split.get(i, {}) and (family is None or block.group in hot.get(family, ())):
                loads.append((block.pairs + _ROW * block.records, len(families.expressions) + i, block.key))
    few = max((count.compared_pairs for count in blocks.counts), default=0) <= _FEW * copies
    placed = _deal(loads, shards, fair)
    return Placement(shards, {f: tuple(sorted(keys)) for f, keys in hot.items() if keys}, split, placed, few)


def _side(records: int, settings: Linkage) -> int:
    """So many rows and columns that a cell off the diagonal holds about ``max_block`` records."""
    return max(2, math.ceil(2 * records / settings.max_block))


def _deal(loads: Sequence[tuple[float, int, int]], shards: int, fair: float) -> dict[int, dict[int, int]]:
    rest = fair - sum(load for load, _, _ in loads) / shards
    heap = [(rest, shard) for shard in range(shards)]
    placed: dict[int, dict[int, int]] = {}
    for load, family, key in sorted(loads, key=lambda each: (-each[0], *each[1:])):
        least, shard = heapq.heappop(heap)
        placed.setdefault(family, {})[key] = shard
        heapq.heappush(heap, (least + load, shard))
    return placed


def labels(shards: int) -> tuple[int, ...]:
    """For each shard the smallest number that Spark's hash partitioning sends to it; 0, 1, 2 would leave some tasks without work."""
    found: dict[int, int] = {}
    number = 0
    while len(found) < shards:
        found.setdefault(_spark_hash(number) % shards, number)
        number += 1
    return tuple(found[shard] for shard in range(shards))


def _spark_hash(number: int) -> int:
    """Spark's hash of an int: Murmur3 with seed 42, as a signed number."""
    k = number * 0xCC9E2D51 & _MASK
    k = (k << 15 | k >> 17) & _MASK
    h = 42 ^ (k * 0x1B873593 & _MASK)
    h = ((h << 13 | h >> 19) & _MASK) * 5 + 0xE6546B64 & _MASK
    h ^= 4
    h = (h ^ h >> 16) * 0x85EBCA6B & _MASK
    h = (h ^ h >> 13) * 0xC2B2AE35 & _MASK
    h ^= h >> 16
    return h - 2**32 if h >= 2**31 else h
