"""What the rules of clustering change where the truth is known: plain connected components beside the clusters of the spine.

python benchmarks/clusters.py [--config conf/demo.yml] [--set a.b=c …]
"""

import json
from collections.abc import Sequence
from functools import reduce
from typing import Any

import click
from docketlink.config.load import Configuration, load
from docketlink.config.settings import Attach, Clustering
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PAIR_OVERRIDE, PERSON_CLUSTER, PERSON_COLUMNS
from docketlink.contracts.truth import TRUE_PERSON, truth_table
from docketlink.linkage.clusters import cluster_people
from docketlink.quality.accuracy import linkage_metrics
from docketlink.quality.joined import joined_pairs
from docketlink.runtime.logs import configure_logs
from docketlink.runtime.session import open_session
from docketlink.storage.lake import Lake
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

PLAIN = Clustering(
    linkage="single",
    of_age=False,
    twins=False,
    forename_bar=0.0,
    namesake_bar=0.0,
    max_records=10**9,
    max_registers=10**6,
    max_birth_years=10**6,
    soft_identities=10**6,
    attach=Attach(records=0),
)
_FIGURES = {"pairwise_precision": "precision", "pairwise_recall": "recall", "b3_f1": "b3_f1", "joined_people": "joined_people"}


def compared_clusters(lake: Lake, config: Configuration) -> dict[str, Any]:
    """Figures at medium of plain components and of the lake's clusters: precision, recall, B-cubed F1 and people joined.

    On the synthetic courts, whose lives are known, also how many pairs of people of each kind are joined.
    """
    records, truth = lake.read(PERSON_RECORD), _truth(lake, config)
    nobody = records.sparkSession.createDataFrame([], PAIR_OVERRIDE.schema)
    linkage = config.settings.linkage
    plain = cluster_people(lake.read(SCORED_EDGE), records, nobody, linkage.stages, PLAIN, driver_edges=linkage.driver_edges)
    try:
        ways = {"plain": plain.person_cluster, "constrained": lake.read(PERSON_CLUSTER)}
        return {way: _figures(clusters, records, truth, lake) for way, clusters in ways.items()}
    finally:
        plain.release()


def _truth(lake: Lake, config: Configuration) -> DataFrame:
    tables = [truth_table(source) for source in config.sources]
    return reduce(DataFrame.unionByName, (lake.read(table).select("record_id", "true_person_id") for table in tables if lake.exists(table)))


def _figures(clusters: DataFrame, records: DataFrame, truth: DataFrame, lake: Lake) -> dict[str, Any]:
    wide = clusters.groupBy("record_id").agg(
        *(F.max(F.when(F.col("threshold") == threshold, F.col("cluster_id"))).alias(column) for threshold, column in PERSON_COLUMNS.items())
    )
    metrics = linkage_metrics(wide.join(records.select("record_id", "source"), "record_id"), truth)
    rows = metrics.where((F.col("slice") == "all") & (F.col("threshold") == "medium") & F.col("metric").isin(*_FIGURES)).collect()
    figures: dict[str, Any] = {_FIGURES[row.metric]: round(row.value, 6) for row in rows}
    if lake.exists(TRUE_PERSON):
        places = records.select("record_id", "postcode_arr")
        kinds = joined_pairs(wide.select("record_id", "person_id"), truth, lake.read(TRUE_PERSON), places)
        figures["joined_pairs"] = {row.kind: row.pairs for row in kinds.orderBy("kind").collect()}  # five rows
    return figures


@click.command()
@click.option("--config", "configs", multiple=True, default=("conf/demo.yml",))
@click.option("--set", "assignments", multiple=True, metavar="A.B=C")
def main(configs: Sequence[str], assignments: Sequence[str]) -> None:
    """Prints the figures of a lake that is linked."""
    configure_logs("text")
    config = load(*configs, assignments=assignments)
    spark = open_session(config.settings.spark, config.folder)
    click.echo(json.dumps(compared_clusters(Lake(spark, config.settings.storage), config), indent=2))


if __name__ == "__main__":
    main()
