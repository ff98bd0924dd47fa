"""What is known of a frame before it is written: its rows, its content hash, and every way in which it breaks its contract."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from docketlink.contracts import Table
from docketlink.contracts.revision import LEAVES
from docketlink.errors import ContractError
from docketlink.storage import kernel_keys
from docketlink.storage.faults import values_withheld
from docketlink.storage.hashing import content_hash_columns

_MOST_SENT = 2_000_000  # keys of new rows up to which every executor is sent them


@dataclass(frozen=True)
class Audit:
    """Rows and content hash of a frame that keeps its contract."""

    rows: int
    content_hash: str


@contextmanager
def on_disk(rows: DataFrame, given: DataFrame) -> Iterator[tuple[DataFrame, bool]]:
    """``rows``, computed once for the block, so that what is audited is what is written; and whether they cannot be computed anew.

    On disk, since they may be larger than memory. ``given`` is the caller's frame: when the caller holds it on disk already,
    a second copy would buy nothing.
    """
    if given.storageLevel.useDisk:
        yield rows, False
        return
    held = held_on_disk(rows)
    try:
        yield held, not held.storageLevel.useDisk  # a frame that is cut from its plan is no cached one
    finally:
        held.unpersist()


def held_on_disk(frame: DataFrame) -> DataFrame:
    """A frame of the same rows that is computed once, at its first use, and kept on disk.

    In one process its plan is cut off: planning a long one again for every action costs more than small data. On a cluster it is
    kept, because an executor that is lost takes its blocks along and they must be computed again.
    """
    if (frame.sparkSession.conf.get("spark.master", "") or "").startswith("local["):
        return frame.localCheckpoint(eager=False, storageLevel=StorageLevel.DISK_ONLY)
    return frame.persist(StorageLevel.DISK_ONLY)


def audited(table: Table, frame: DataFrame, *, predicate: str = "", keys: bool = True, others: DataFrame | None = None) -> Audit:
    """Rows and content hash of ``frame``, in one pass over it and, with ``keys``, a shuffle of key hashes.

    ``predicate`` is what every row must fulfil; ``others`` are rows of the table that stay, whose keys the frame must not repeat.
    Raises ContractError with every fault at once: required columns with NULLs, broken checks, rows outside the predicate, repeated
    keys, and how many.
    """
    rules = _rules(table, predicate)
    failures = [F.count_if(broken).alias(f"rule_{i}") for i, (_, broken) in enumerate(rules)]
    with values_withheld(table, "computing the rows"):
        found = _only_row(frame.agg(*content_hash_columns(frame), *failures))
    faults = [f"{found[f'rule_{i}']} row(s) where {text}" for i, (text, _) in enumerate(rules) if found[f"rule_{i}"]]
    if keys and not faults:
        with values_withheld(table, "checking the key"):
            repeated = _repeated_keys(table, frame, others)
        if repeated:
            faults.append(f"{repeated} key(s) ({', '.join(table.key)}) in more than one row")
    if faults:
        raise ContractError(table.full_name, faults, next_step="nothing was written; correct the rows or the step that made them.")
    return Audit(found["rows"], found["content_hash"])


def parting(table: Table, before: DataFrame, fresh: DataFrame, fresh_rows: int, others: DataFrame | None) -> tuple[Audit, Audit]:
    """Rows and content hash of ``before``, and of the rows of it that leave; one pass.

    ``before`` and ``fresh``, which is audited and has so many rows, are those of a ``Revision``, ``others`` rows in other slices. Raises
    ContractError where a row that stays has a key of a fresh one.
    """
    columns = [F.col(f"`{column}`") for column in table.key]
    key = F.xxhash64(*columns).alias("key_hash")
    known = fresh.select(key).distinct().withColumn("is_fresh", F.lit(True))
    known = F.broadcast(known) if fresh_rows <= _MOST_SENT else known
    suspect = F.count_if(F.col("is_fresh") & ~F.col(LEAVES)).alias("suspect")
    every, leaving = content_hash_columns(before.drop(LEAVES)), content_hash_columns(before.drop(LEAVES), F.col(LEAVES))
    told = [column.alias(f"{what}_{i}") for what, some in (("every", every), ("leaving", leaving)) for i, column in enumerate(some)]
    with values_withheld(table, "holding the rows of before against the new ones"):
        held = before.withColumn("key_hash", key).join(known, "key_hash", how="left")
        found = _only_row(held.agg(*told, suspect))
        beside = others.select(key).join(known, "key_hash", how="left_semi").count() if others is not None else 0
        repeated = 0
        if found["suspect"] or beside:
            stay = before.where(~F.col(LEAVES)).select(*columns)
            stay = stay if others is None else stay.unionAll(others.select(*columns))
            repeated = stay.join(fresh.select(*columns), [*table.key], how="left_semi").count()
    if repeated:
        fault = f"{repeated} key(s) ({', '.join(table.key)}) in a new row and in one that stays"
        raise ContractError(table.full_name, [fault], next_step="nothing was written; correct the rows or the step that made them.")
    return Audit(found["every_0"], found["every_1"]), Audit(found["leaving_0"], found["leaving_1"])


def _rules(table: Table, predicate: str) -> list[tuple[str, Column]]:
    """What must not be, in words, and when it is so. A check that gives NULL is broken, as it is to Delta."""
    rules = [(f"required column '{f.name}' is NULL", F.col(f"`{f.name}`").isNull()) for f in table.fields if f.required]
    stated = [(f"check '{name}' does not hold", expression) for name, expression in table.checks.items()]
    if predicate:
        stated.append(("the row lies outside the slice that is being replaced", predicate))
    return rules + [(text, ~F.coalesce(F.expr(expression), F.lit(False))) for text, expression in stated]


def _repeated_keys(table: Table, frame: DataFrame, others: DataFrame | None) -> int:
    """How many keys stand in more than one row. Eight bytes a key are shuffled; whole keys only when two hashes agree."""
    columns = [F.col(f"`{column}`") for column in table.key]
    keys = frame.select(*columns)
    if others is not None:
        keys = keys.unionAll(others.select(*columns))
    hashed = keys.select(F.xxhash64(*columns).alias("key_hash")).repartition("key_hash")
    if not _only_row(hashed.mapInArrow(kernel_keys.repeated, kernel_keys.REPEATED).agg(F.sum("repeated").alias("suspect")))["suspect"]:
        return 0
    exact = keys.groupBy(*columns).agg(F.count(F.lit(1)).alias("docketlink_rows"))
    repeated: int = _only_row(exact.agg(F.count_if(F.col("docketlink_rows") > 1).alias("repeated")))["repeated"]
    return repeated


def _only_row(frame: DataFrame) -> Row:
    row = frame.first()
    if row is None:  # an aggregate without groups has one row
        raise AssertionError("no row")
    return row
