"""A sample of scored edges for reviewers: the same one each time, so many of every band of weights."""

from collections.abc import Sequence
from math import inf, sqrt

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from docketlink.config.settings import Stage

_AROUND = 4.0  # bits below the low threshold, and 8 above the high one, where further bands end
SAMPLED = "record_id_l string, record_id_r string, stage string, band int, from_bits double, to_bits double, edges bigint, fraction double"


def bands(stage: Stage) -> tuple[float, ...]:
    """Where the bands of a stage begin, bits, rising, the first at minus infinity; each threshold is where one begins."""
    low, medium, high = (stage.thresholds[name] for name in ("low", "medium", "high"))
    return (-inf, *sorted({low - _AROUND, low, medium, (medium + high) / 2, high, high + 2 * _AROUND}))


def sample_edges(edges: DataFrame, stages: Sequence[Stage], per_band: int, seed: int = 0) -> DataFrame:
    """Up to ``per_band`` edges of each band of each stage: ``record_id_l, record_id_r, stage, band`` (0 is the weakest), ``from_bits``,
    ``to_bits`` (NULL where a band is open), ``edges`` of the band, and the ``fraction`` of them that was taken.

    ``edges`` is SCORED_EDGE. Whether an edge is taken depends on a hash of its ends and the seed, on nothing else: each edge of a
    band is as likely as another, and the sample of a smaller ``per_band`` lies inside that of a larger one. The edges are read twice,
    to count the bands and to take from them; no band is sorted as a whole. Orthogonal to clusters: an edge below every
    threshold can be sampled, so that missed links are estimated too.
    """
    banded = edges.select("record_id_l", "record_id_r", "stage", _band(stages).alias("band")).dropna(subset=["band"])
    counted = banded.groupBy("stage", "band").agg(F.count(F.lit(1)).alias("edges"))
    # enough that fewer than per_band pass the first sieve once in a million bands
    sieve = F.lit(float(per_band + 6 * sqrt(per_band) + 20)) / F.col("edges")
    chance = F.shiftrightunsigned(F.xxhash64(F.lit(seed), "record_id_l", "record_id_r"), 11) / F.lit(float(2**53))
    few = banded.join(F.broadcast(counted), ["stage", "band"], how="inner").withColumn("chance", chance).where(F.col("chance") < sieve)
    within = Window.partitionBy("stage", "band")
    place = F.row_number().over(within.orderBy("chance", "record_id_l", "record_id_r"))
    taken = few.withColumn("place", place).where(F.col("place") <= per_band).withColumn("taken", F.count(F.lit(1)).over(within))
    starts = [(stage.name, i, start, end) for stage in stages for i, (start, end) in enumerate(_bounds(stage))]
    bounds = edges.sparkSession.createDataFrame(starts, "stage string, band int, from_bits double, to_bits double")
    return taken.join(F.broadcast(bounds), ["stage", "band"], how="inner").select(
        "record_id_l", "record_id_r", "stage", "band", "from_bits", "to_bits", "edges", (F.col("taken") / F.col("edges")).alias("fraction")
    )


def _bounds(stage: Stage) -> list[tuple[float | None, float | None]]:
    starts = bands(stage)
    ends = (*starts[1:], inf)
    return [(None if start == -inf else start, None if end == inf else end) for start, end in zip(starts, ends, strict=True)]


def _band(stages: Sequence[Stage]) -> Column:
    weight, band = F.col("match_weight"), F.lit(None).cast("int")
    for stage in stages:
        reached = sum(((weight >= F.lit(start)).cast("int") for start in bands(stage)[1:]), start=F.lit(0))
        band = F.when(F.col("stage") == stage.name, reached).otherwise(band)
    return band
