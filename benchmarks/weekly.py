"""Weekly runs against a full one on the synthetic courts, and build/bench/weekly-<size>.json.

Dated extracts are delivered one after another; each is loaded and linked, and the last one is linked once more with every pair scored
anew. Measured: seconds of each stage, whether the weekly way ends in the same edges, whether lineage leads from each spine to the
next, and how many people whose records did not change keep their id.

    python benchmarks/weekly.py --size 1m [--extracts 5] [--set a.b=c …]
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
from docketlink.config.load import Configuration, load
from docketlink.config.settings import SIZES
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PERSON_CLUSTER, PERSON_COLUMNS, PERSON_LINEAGE, PERSON_SPINE
from docketlink.linkage.lineage import replay
from docketlink.runtime.job import Job, Tally
from docketlink.runtime.logs import configure_logs
from docketlink.runtime.main import declaration_of, run_job
from docketlink.runtime.provenance import code_version
from docketlink.runtime.session import open_session
from docketlink.runtime.summary import write_summary
from docketlink.storage.lake import Lake
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))
from jobs import assign_person_ids, cluster_people, generate_courts, ingest_source, score_edges, standardise_records, train_model  # noqa: E402

FOLDER = Path("build/weekly")
LOADING = (ingest_source, standardise_records)
LINKING = (score_edges, cluster_people, assign_person_ids)


def deliver(everything: Path, landing: Path, snapshot: str) -> None:
    """The files of one extract appear in the landing folder, as links to those generated."""
    for folder in everything.glob(f"*/*/mojap_snapshot_date={snapshot}"):
        shutil.copytree(folder, landing / folder.relative_to(everything), copy_function=os.link, dirs_exist_ok=True)


def unaffected_kept(lake: Lake, before: dict[str, int]) -> tuple[int, int]:
    """People that nothing happened to, and those of them who keep their id.

    Nothing happened to a person whose records are all as they were, and now lie only with records that are as they were.
    """
    was, now = lake.read(PERSON_RECORD, version=before["record"]), lake.read(PERSON_RECORD)
    same = was.select("record_id", "record_version").join(now.select("record_id", "record_version"), ["record_id", "record_version"])
    unchanged = same.select("record_id", F.lit(1).alias("same"))
    old = lake.read(PERSON_SPINE, version=before["spine"]).select("record_id", F.col("person_id").alias("old_id"))
    new = lake.read(PERSON_SPINE).select("record_id", "person_id").join(unchanged, "record_id", how="left")
    calm = new.groupBy("person_id").agg((F.count("same") == F.count(F.lit(1))).alias("is_calm"))
    each = old.join(new.join(calm, "person_id"), "record_id", how="left")
    person = each.groupBy("old_id").agg(
        F.min(F.coalesce("is_calm", F.lit(False))).alias("is_calm"),
        F.count(F.lit(1)).alias("records"),
        F.count_if(F.col("person_id") == F.col("old_id")).alias("kept"),
    )
    row = person.where("is_calm").agg(F.count(F.lit(1)), F.count_if(F.col("kept") == F.col("records"))).first()
    assert row is not None  # noqa: S101 - an aggregate without groups has one row
    return int(row[0]), int(row[1])


def replays(lake: Lake, before: int, spine_version: int) -> bool:
    """Whether the lineage of this version leads from the spine of before to that of now."""
    led = replay(lake.read(PERSON_SPINE, version=before), lake.read(PERSON_LINEAGE).where(F.col("spine_version") == spine_version))
    now = lake.read(PERSON_SPINE).select("record_id", *PERSON_COLUMNS.values())
    led = led.select("record_id", *PERSON_COLUMNS.values())
    return led.exceptAll(now).isEmpty() and now.exceptAll(led).isEmpty()


@click.command()
@click.option("--size", type=click.Choice([*SIZES]), default="1m")
@click.option("--extracts", default=5, show_default=True)
@click.option("--set", "assignments", multiple=True, metavar="A.B=C")
def main(size: str, extracts: int, assignments: Sequence[str]) -> None:
    """Delivers, loads and links extract by extract, then links all anew, and writes the figures."""
    configure_logs("text")
    said = [f"synthetic.records={size}", f"synthetic.extracts={extracts}", f"storage.root={FOLDER}/lake", *assignments]
    everything, landing = FOLDER / "everything", FOLDER / "landing"
    generating = load(PROJECT / "conf" / "national.yml", assignments=[*said, f"landing={everything}"])
    config = load(PROJECT / "conf" / "national.yml", assignments=[*said, f"landing={landing}"])
    anew = load(PROJECT / "conf" / "national.yml", assignments=[*said, f"landing={landing}", "linkage.incremental=false"])
    shutil.rmtree(FOLDER, ignore_errors=True)
    spark = open_session(config.settings.spark, config.folder)
    lake = Lake(spark, config.settings.storage)
    _run(spark, generating, generate_courts)
    last = date.fromisoformat(config.settings.synthetic.snapshot_date)
    weeks: list[dict[str, Any]] = []
    for week in range(extracts):
        snapshot = last - timedelta(weeks=extracts - 1 - week)
        before = {name: state.delta_version for name, table in _TABLES.items() if (state := lake.state(table))}
        deliver(everything, landing, snapshot.isoformat())
        stages = (*LOADING, *((train_model,) if week == 0 else ()), *LINKING)
        tallies = {tally.job: tally for tally in (_run(spark, config, stage) for stage in stages)}
        facts: dict[str, Any] = {"snapshot": snapshot.isoformat(), **{job: round(tally.seconds, 2) for job, tally in tallies.items()}}
        if "spine" in before:
            state = lake.state(PERSON_SPINE)
            people, kept = unaffected_kept(lake, before)
            facts |= {"unaffected_people": people, "kept_their_id": kept}
            facts["lineage_replays"] = state is not None and replays(lake, before["spine"], state.revision)
        weeks.append(facts)
        click.echo(json.dumps(facts))
    weekly_edges, weekly_clusters = lake.state(SCORED_EDGE), lake.state(PERSON_CLUSTER)
    full = {tally.job: round(tally.seconds, 2) for tally in (_run(spark, anew, stage) for stage in LINKING)}
    edges, clusters = lake.state(SCORED_EDGE), lake.state(PERSON_CLUSTER)
    linking = [sum(week[stage.__name__.rpartition(".")[2]] for stage in LINKING) for week in weeks[1:]]
    facts = {
        "code_version": code_version(),
        "size": size,
        "cores": spark.sparkContext.defaultParallelism,
        "full": full,
        "weekly": weeks,
        "link_ratio": round(sum(linking) / len(linking) / sum(full.values()), 4) if linking else None,
        "ids_kept_share": _share(weeks),
        "lineage_replays": all(week["lineage_replays"] for week in weeks[1:]),
        "equal_to_full": [s and s.content_hash for s in (weekly_edges, weekly_clusters)]
        == [s and s.content_hash for s in (edges, clusters)],
    }
    write_summary(Path("build/bench") / f"weekly-{size}.json", facts)
    click.echo(json.dumps({key: value for key, value in facts.items() if key != "weekly"}, indent=2))


_TABLES = {"record": PERSON_RECORD, "spine": PERSON_SPINE}


def _share(weeks: list[dict[str, Any]]) -> float | None:
    people = sum(week["unaffected_people"] for week in weeks[1:])
    return round(sum(week["kept_their_id"] for week in weeks[1:]) / people, 6) if people else None


def _run(spark: SparkSession, config: Configuration, module: Any) -> Tally:
    return run_job(module.run, Job(declaration_of(module.run), "weekly", config, spark))


if __name__ == "__main__":
    main()
