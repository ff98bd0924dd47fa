"""Hold the synthetic courts against every figure that they are made after, and write build/synthetic/<size>.json.

Generates a system in a fresh folder, loads and standardises it, measures it with Spark and puts the figures into docs/synthetic.md
between two marks. It reads the truth, and decides nothing.

    python benchmarks/courts_report.py --size demo [--loaded] [--set a.b=c …]
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
from courts_dirt import QUERIES
from courts_pairs import COLUMNS, COMPARISONS, agreement, given_pairs, random_pairs
from courts_shapes import LIVE, SHAPES
from courts_targets import MATCHES, RANDOM, TARGETS, judged
from courts_text import with_report
from courts_weeks import weekly_changes
from docketlink.config.load import Configuration, load
from docketlink.config.settings import SIZES
from docketlink.contracts.records import COURT_EVENT, PERSON_RECORD, RECORD_ATTRIBUTE
from docketlink.contracts.truth import LIFE_EVENT, TRUE_PERSON, truth_table
from docketlink.runtime.job import Job, Tally
from docketlink.runtime.logs import configure_logs
from docketlink.runtime.main import declaration_of, run_job
from docketlink.runtime.provenance import code_version
from docketlink.runtime.session import open_session
from docketlink.runtime.summary import render_stages, stage_facts, table_facts, write_summary
from docketlink.sources.contracts import raw_tables
from docketlink.storage.lake import Lake
from docketlink.synthetic.names import name_book
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))
from jobs import generate_courts, ingest_source, standardise_records  # noqa: E402

FOLDER, DOCUMENT = Path("build/synthetic"), PROJECT / "docs" / "synthetic.md"
# Pairs and records that one process scores; the sample follows hashes.
_MOST_PAIRS, _MOST_RECORDS, _SHIFTS = 200_000, 10_000, 100
Measured = dict[tuple[str, str], tuple[float | None, int]]


def show_tables(spark: SparkSession, config: Configuration) -> None:
    """Views of the loaded tables as courts_shapes.py names them."""
    lake = Lake(spark, config.settings.storage)
    truth = reduce(DataFrame.unionByName, (lake.read(truth_table(source)) for source in config.sources))
    node = lake.read(PERSON_RECORD).join(truth.select("record_id", "true_person_id"), "record_id", "left").persist()
    node.createOrReplaceTempView("node")
    node.where("link_status IN ('linkable', 'deleted')").createOrReplaceTempView("record")
    fixed = {"attribute": RECORD_ATTRIBUTE, "court_event": COURT_EVENT, "true_person": TRUE_PERSON, "life_event": LIFE_EVENT}
    raw = {table.name: table for source in config.sources.values() for table in raw_tables(source).values()}
    for name, table in {**fixed, **raw}.items():
        lake.read(table).createOrReplaceTempView(name)
    forms = [(long.upper(), short.upper()) for long, several in name_book().familiar.items() for short in several]
    spark.createDataFrame(forms, "long string, short string").createOrReplaceTempView("familiar_form")


def in_sql(spark: SparkSession) -> Measured:
    """The figures of courts_shapes.py and courts_dirt.py: a few rows each."""
    found: Measured = {}
    for group, queries in {**SHAPES, **QUERIES}.items():
        for query in queries:
            for row in spark.sql(query).collect():
                found[group, row.name] = (None if row.measured is None else float(row.measured), int(row.cases))
    return {key: value for key, value in found.items() if key in {(target.group, target.name) for target in TARGETS}}


def in_pairs(spark: SparkSession) -> Measured:
    """Agreement of true pairs and of random ones."""
    records = spark.sql(f"SELECT {', '.join(COLUMNS)} FROM record WHERE link_status = 'linkable' AND true_person_id IS NOT NULL")
    live = records.where(LIVE)
    found: Measured = {}
    for level, share, pairs in _true_pairs(live):
        found[MATCHES, level] = (share, pairs)
    for name in ("family", "civil"):
        for level, share, pairs in _true_pairs(records.where(F.col("source").startswith(name)), ["name"]):
            if level == "name equal":
                found[MATCHES, f"{name} name equal, at most"] = (share, pairs)
    sample = live.orderBy(F.xxhash64("record_id"), "record_id").limit(_MOST_RECORDS).toArrow()
    for level, share, pairs in agreement(random_pairs(sample, _SHIFTS)):
        found[RANDOM, level] = (share, pairs)
    return {key: value for key, value in found.items() if key in {(target.group, target.name) for target in TARGETS}}


def _true_pairs(records: DataFrame, comparisons: Sequence[str] = tuple(COMPARISONS)) -> Iterator[tuple[str, float | None, int]]:
    """Agreement of a sample of the pairs of records of one person."""
    left, right = (records.select(*(F.col(name).alias(f"{name}_{side}") for name in COLUMNS)) for side in "lr")
    pairs = left.join(
        right, (F.col("true_person_id_l") == F.col("true_person_id_r")) & (F.col("record_id_l") < F.col("record_id_r")), "inner"
    )
    number = records.groupBy("true_person_id").count().select(F.sum(F.expr("count * (count - 1) / 2"))).collect()[0][0] or 1
    part = F.pmod(F.xxhash64("record_id_l", "record_id_r"), F.lit(1_000_000))
    sampled: pa.Table = pairs.where(part < F.lit(1e6 * min(1.0, _MOST_PAIRS / float(number)))).toArrow()
    yield from agreement(given_pairs(sampled), comparisons)


@click.command()
@click.option("--size", type=click.Choice([*SIZES]), default="demo")
@click.option("--loaded", is_flag=True, help="Measure what an earlier run of the size generated and loaded.")
@click.option("--set", "assignments", multiple=True, metavar="A.B=C")
def main(size: str, loaded: bool, assignments: Sequence[str]) -> None:
    """Measures a system of a size and writes the figures."""
    configure_logs("text")
    places = [f"landing={FOLDER}/{size}/landing", f"storage.root={FOLDER}/{size}/lake", f"synthetic.records={size}"]
    config = load(PROJECT / "conf" / "demo.yml", assignments=[*places, *assignments])
    spark = open_session(config.settings.spark, config.folder)
    tallies: list[Tally] = []
    if not loaded:
        shutil.rmtree(FOLDER / size, ignore_errors=True)
        for module in (generate_courts, ingest_source, standardise_records):
            run: Callable[[Job], None] = module.run
            tallies.append(run_job(run, Job(declaration_of(run), "report", config, spark)))
    show_tables(spark, config)
    synthetic = config.settings.synthetic
    measured = in_sql(spark) | in_pairs(spark) | weekly_changes(synthetic.seed, synthetic.records, synthetic.snapshot_date)
    tables = table_facts(Job(declaration_of(standardise_records.run), "report", config, spark))
    facts: dict[str, Any] = {
        "run_id": "report",
        "code_version": code_version(),
        "data": config.settings.data,
        "size": size,
        "records": int(spark.sql("SELECT count(*) FROM record WHERE true_person_id IS NOT NULL").collect()[0][0]),
        "stages": stage_facts(tallies) if tallies else json.loads((FOLDER / f"{size}.json").read_text())["stages"],
        "targets": judged(measured),
        "tables": tables,
    }
    write_summary(FOLDER / f"{size}.json", facts)
    DOCUMENT.write_text(with_report(DOCUMENT.read_text(), facts))
    if tallies:
        click.echo(render_stages(tallies))
    for verdict in ("inside", "MISSED", "too few", "not measured"):
        click.echo(f"{verdict:>14} {sum(line['verdict'] == verdict for line in facts['targets']):>5}")


if __name__ == "__main__":
    main()
