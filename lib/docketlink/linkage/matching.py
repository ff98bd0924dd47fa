"""Which cluster keeps which person: one to one, by the records that they share."""

from functools import reduce

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F


def keep_persons(shared: DataFrame) -> DataFrame:
    """``(threshold, cluster_id, person_id)``: no cluster and no person of a threshold twice.

    ``shared`` holds ``threshold, cluster_id, person_id, records, linkable_records``: how many records a cluster of now has in
    common with a person of before, and how many of those are linkable. Greedy in one strict order: most records, then most
    linkable ones, then the smallest person id, then the smallest cluster id. It is found as pairs that are each other's best,
    again and again until no candidate is left: the first round settles every person whose records stayed together, and each
    round settles at least the best pair left. One action a round.
    """
    settled = []
    left = shared
    while True:
        # Every round builds on the one before; see contraction on why the plan is cut here.
        judged = _judge(left).localCheckpoint(eager=False)
        settled.append(judged.where("chosen").select("threshold", "cluster_id", "person_id"))
        left = judged.where("NOT cluster_taken AND NOT person_taken").select(*shared.columns)
        if left.isEmpty():
            return reduce(DataFrame.unionByName, settled)


def _judge(shared: DataFrame) -> DataFrame:
    """The candidates with: is the pair chosen, is its cluster or its person taken by a chosen pair."""
    ranked = shared.select("*", _rank("cluster_id").alias("cluster_rank")).select("*", _rank("person_id").alias("person_rank"))
    chosen = ranked.select(*shared.columns, ((F.col("cluster_rank") == 1) & (F.col("person_rank") == 1)).alias("chosen"))
    return chosen.select("*", F.max("chosen").over(_all("person_id")).alias("person_taken")).select(
        "*", F.max("chosen").over(_all("cluster_id")).alias("cluster_taken")
    )


def _rank(side: str) -> Column:
    best_first = (F.desc("records"), F.desc("linkable_records"), F.asc("person_id"), F.asc("cluster_id"))
    return F.row_number().over(Window.partitionBy("threshold", side).orderBy(*best_first))


def _all(side: str) -> WindowSpec:
    return Window.partitionBy("threshold", side).rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
