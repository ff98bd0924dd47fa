"""Records as 64-bit numbers between Spark and the driver: they cross Arrow for a fraction of the cost of a 26-character id."""

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from docketlink.errors import GateError

# Rows of one fetch: three longs each stay well under spark.driver.maxResultSize, whose default of 1 GB ends the job.
FETCH_ROWS = 20_000_000
_ROWS_OF_A_PARTITION = 1_000_000
_SEEDS = 5


def surrogate(record_id: str | Column, seed: int) -> Column:
    """A long in place of a record id. Which long means nothing: results never follow it, only the speed does."""
    # the seed goes first: hashed last, it would leave two ids that collide under one seed colliding under all
    return F.xxhash64(F.lit(seed), record_id)


def collision_free_seed(record_id: DataFrame) -> int:
    """A seed under which no two of the ids share a surrogate; ``record_id`` holds each id once, in its column ``record_id``.

    One action a seed. Among 70 million ids one seed in ten thousand fails. Raises GateError when several fail in a row,
    which ids that occur twice also bring about.
    """
    for seed in range(_SEEDS):
        shared = record_id.groupBy(surrogate("record_id", seed).alias("surrogate")).count().where(F.col("count") > 1)
        if shared.isEmpty():
            return seed
    raise GateError(
        f"record_id: {_SEEDS} seeds in a row gave two rows the same 64-bit surrogate.",
        next_step="look for record ids that occur twice in identity.person_record or identity.person_cluster.",
    )


def fetch(frame: DataFrame, key: str, rows: int) -> pa.Table:
    """The frame on the driver, in an order that means nothing; ``rows`` is its size, ``key`` a column to cut it by.

    The caller guards the size. Cut into parts because Spark limits the result of one job, not of several; a frame that is
    not persisted is computed once a part.
    """
    parts = -(-max(rows, 1) // FETCH_ROWS)
    return pa.concat_tables([part_of(frame, key, part, parts).toArrow() for part in range(parts)])


def part_of(frame: DataFrame, key: str, part: int, parts: int) -> DataFrame:
    """Every row whose ``key`` falls into this part of so many; rows of one key stay together."""
    return frame if parts == 1 else frame.where(F.pmod(F.xxhash64(key), F.lit(parts)) == part)


def frame_of(spark: SparkSession, table: pa.Table) -> DataFrame:
    """The table as a frame, whole however it is cut into batches.

    Spark 4.2 stops reading a small table at its first empty batch, and says nothing (measured); joined parts often have one. It makes
    a partition of every ten thousand rows.
    """
    partitions = max(usual_tasks(spark), table.num_rows // _ROWS_OF_A_PARTITION)
    return spark.createDataFrame(table.combine_chunks()).coalesce(partitions)


def usual_tasks(spark: SparkSession) -> int:
    """Tasks of a shuffle as the session is configured; told without ``sparkContext``, which not every session has."""
    return int(spark.conf.get("spark.sql.shuffle.partitions") or 1)
