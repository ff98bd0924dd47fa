"""Connected components on Spark alone, for graphs whose edges do not fit the driver.

Large-star and small-star in alternation: R. Kiveris, S. Lattanzi, V. Mirrokni, V. Rastogi, S. Vassilvitskii, Connected
Components in MapReduce and Beyond, SoCC 2014. A plain loop of minimum labels needs n - 1 rounds on a chain of n nodes; this
halves the depth of the trees in a round, so a chain of 10,000 nodes needs about fifteen. No random number is drawn.
"""

from collections.abc import Callable
from decimal import Decimal

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from docketlink.errors import GateError

MAX_ROUNDS = 60  # a chain as long as mankind needs half of it


def contract(edge: DataFrame, on_round: Callable[[int, int], object] = lambda *_: None) -> DataFrame:
    """``(graph int, node long, component long)``: every node that has an edge, in the component named by its smallest node.

    ``edge`` holds ``graph, left, right``: many graphs may share the frame, nodes of different graphs never meet. Loops and
    repeated edges do no harm. One action a round, after which ``on_round`` is told its number and the edges left. Raises GateError
    when the rounds run out, which only a fault can bring about.
    """
    star = edge.select("graph", F.greatest("left", "right").alias("upper"), F.least("left", "right").alias("lower"))
    star = star.where(F.col("upper") != F.col("lower"))
    fingerprint = None
    for number in range(1, MAX_ROUNDS + 1):
        # Without a checkpoint the plan would hold every round before it, and each action would run them all again. A local one
        # needs no shared folder and Spark drops it once nothing refers to it; a lost executor fails the job, which is run again.
        star = _small_star(_large_star(star)).distinct().localCheckpoint(eager=False)
        before, fingerprint = fingerprint, _fingerprint(star)
        on_round(number, fingerprint[0])
        if fingerprint == before:
            root = star.select("graph", F.col("lower").alias("node"), F.col("lower").alias("component")).distinct()
            return star.select("graph", F.col("upper").alias("node"), F.col("lower").alias("component")).unionByName(root)
    raise GateError(
        f"identity.scored_edge: components did not settle in {MAX_ROUNDS} rounds.",
        next_step="raise linkage.driver_edges above the number of edges, so that the driver finds them.",
    )


def _large_star(star: DataFrame) -> DataFrame:
    """Each node hands its larger neighbours to the smallest node that it knows; one row in, one row out."""
    ways = F.array(_way("upper", "lower"), _way("lower", "upper"))
    known = star.select("graph", F.explode(ways).alias("way")).select("graph", "way.node", "way.neighbour")
    smallest = F.least("node", F.min("neighbour").over(_around("node")))
    return (
        known.select("graph", "node", "neighbour", smallest.alias("smallest"))
        .where(F.col("neighbour") > F.col("node"))
        .select("graph", F.col("neighbour").alias("upper"), F.col("smallest").alias("lower"))
    )


def _small_star(star: DataFrame) -> DataFrame:
    """Each node joins itself and its smaller neighbours to the smallest of them; one row in, one row out."""
    smallest = star.select("graph", "upper", "lower", F.min("lower").over(_around("upper")).alias("smallest"))
    # the row of the smallest neighbour would become a loop, so it carries the node itself
    joined = F.when(F.col("lower") == F.col("smallest"), F.col("upper")).otherwise(F.col("lower"))
    return smallest.select("graph", joined.alias("upper"), F.col("smallest").alias("lower"))


def _way(node: str, neighbour: str) -> Column:
    return F.struct(F.col(node).alias("node"), F.col(neighbour).alias("neighbour"))


def _around(node: str) -> WindowSpec:
    return Window.partitionBy("graph", node).rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)


def _fingerprint(star: DataFrame) -> tuple[int, Decimal | None]:
    row = star.agg(F.count(F.lit(1)), F.sum(F.xxhash64("graph", "upper", "lower").cast("decimal(38,0)"))).first()
    assert row is not None  # noqa: S101 - an aggregate without groups has one row
    return row[0], row[1]
