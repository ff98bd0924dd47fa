"""Connected components both ways, on graphs of known shape: build/bench/components.json has seconds and rounds.

Chains in the order of their nodes and in none, a star, a complete graph and a random one. It ends with 1 when the two ways
disagree, or when the rounds do not grow with the logarithm of the nodes.

    python benchmarks/components.py [--nodes 1000000] [--set a.b=c …]
"""

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from docketlink.config.load import load
from docketlink.linkage.components import smallest_of_component
from docketlink.linkage.contraction import contract
from docketlink.linkage.exchange import fetch
from docketlink.runtime.logs import configure_logs
from docketlink.runtime.provenance import code_version
from docketlink.runtime.session import open_session
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

PROJECT = Path(__file__).parents[1]
FILE = Path("build/bench/components.json")


def graphs(spark: SparkSession, nodes: int) -> dict[str, DataFrame]:
    """``left, right`` of each graph; nodes are longs, and hashes where their order should tell nothing."""
    number = spark.range(nodes - 1)
    hashed = [F.xxhash64(F.col("id")).alias("left"), F.xxhash64(F.col("id") + 1).alias("right")]
    clique = spark.range(math.isqrt(2 * nodes))
    drawn = [F.pmod(F.xxhash64(F.lit(seed), "id"), F.lit(nodes)) for seed in (1, 2)]
    chains = {n: spark.range(n - 1).select(*hashed) for n in (nodes // 1000, nodes // 100, nodes // 10) if n > 1}
    return {
        **{f"chain of {n:,}, any order": chain for n, chain in chains.items()},
        f"chain of {nodes:,}, any order": number.select(*hashed),
        f"chain of {nodes:,}, in order": number.select(F.col("id").alias("left"), (F.col("id") + 1).alias("right")),
        f"star of {nodes:,}": number.select(F.lit(nodes).cast("long").alias("left"), F.col("id").alias("right")),
        f"complete graph of {math.isqrt(2 * nodes):,}": clique.toDF("left").join(clique.toDF("right"), F.col("left") < F.col("right")),
        f"random, {nodes:,} edges": number.select(drawn[0].alias("left"), drawn[1].alias("right")),
    }


def measured(edge: DataFrame) -> dict[str, Any]:
    """Seconds of both ways, rounds of the one on Spark, and whether every node is in the same component."""
    edge = edge.repartition(4).localCheckpoint()
    count = edge.count()
    started = time.monotonic()
    table = fetch(edge, "left", count)
    ends = np.concatenate([table.column("left").to_numpy(), table.column("right").to_numpy()])
    names, position = np.unique(ends, return_inverse=True)
    left, right = position[:count].astype(np.int32), position[count:].astype(np.int32)
    on_driver = names[smallest_of_component(left, right, len(names))]
    driver_seconds = time.monotonic() - started

    rounds: list[int] = []
    started = time.monotonic()
    found = contract(edge.select(F.lit(1).alias("graph"), "left", "right"), lambda number, _: rounds.append(number)).localCheckpoint()
    spark_seconds = time.monotonic() - started
    on_spark = found.select("node", "component").toArrow().sort_by("node")  # of a benchmark's own size
    touched = np.isin(names, on_spark.column("node").to_numpy())  # a node that only a loop touches is alone on Spark
    agree = bool(np.array_equal(on_driver[touched], on_spark.column("component").to_numpy()))
    return {
        "edges": count,
        "components": len(np.unique(on_driver)),
        "driver_seconds": round(driver_seconds, 2),
        "spark_seconds": round(spark_seconds, 2),
        "rounds": len(rounds),
        "agree": agree,
    }


@click.command()
@click.option("--nodes", default=1_000_000, show_default=True)
@click.option("--set", "assignments", multiple=True, metavar="A.B=C")
def main(nodes: int, assignments: Sequence[str]) -> None:
    """Measure, print and write."""
    configure_logs()
    config = load(PROJECT / "conf" / "local.yml", assignments=assignments)
    spark = open_session(config.settings.spark, config.folder)
    results = {}
    for name, edge in graphs(spark, nodes).items():
        results[name] = measured(edge)
        click.echo(f"{name:<34}{json.dumps(results[name])}")
    FILE.parent.mkdir(parents=True, exist_ok=True)
    cores = spark.sparkContext.defaultParallelism
    wrong = [name for name, found in results.items() if not found["agree"] or found["rounds"] > 1.5 * math.log2(nodes) + 2]
    FILE.write_text(json.dumps({"code": code_version(), "cores": cores, "nodes": nodes, "graphs": results}, indent=2) + "\n")
    if wrong:
        raise SystemExit(f"not as promised: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
