"""Generate, load and link the synthetic courts at a size, build their longitudinal tables, and write build/national/<size>.json.

In the same run Spark reads the same landing files with readers of its own and writes them to Delta untouched: what loading costs
beyond that is ours.

    python benchmarks/national.py --size 1m [--set a.b=c …]
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from docketlink.config.load import Configuration, load
from docketlink.config.settings import SIZES
from docketlink.config.source import SourceConfig
from docketlink.runtime.job import Job, Tally
from docketlink.runtime.logs import configure_logs
from docketlink.runtime.main import declaration_of, run_job
from docketlink.runtime.session import open_session
from docketlink.runtime.summary import headline_facts, render_stages, summarise, write_summary
from pyspark.sql import DataFrame, SparkSession

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))
from benchmarks.clusters import compared_clusters  # noqa: E402
from benchmarks.memory import Memory  # noqa: E402
from jobs import generate_courts, run_pipeline  # noqa: E402

FOLDER = Path("build/national")
STAGES = (generate_courts, *run_pipeline.STAGES)


def as_spark_reads(spark: SparkSession, landing: str, source: SourceConfig, table: str) -> DataFrame:
    """The files of one landing table through Spark's own reader: text columns, no checks. JSON as lines."""
    config = source.tables[table]
    folder, form = f"{landing}/{source.source}/{config.folder or table}/*", config.format
    if form.kind == "parquet":
        return spark.read.parquet(folder)
    if form.kind == "jsonl":
        return spark.read.text(folder)
    encoding = "UTF-8" if form.encoding == "utf-8" else "ISO-8859-1"  # Spark knows no Windows-1252
    return spark.read.csv(folder, header=True, sep=form.delimiter, encoding=encoding)


def untouched(spark: SparkSession, config: Configuration, root: Path) -> tuple[float, int]:
    """Seconds and rows of reading every landing file and writing it to Delta as it is."""
    started, rows = time.monotonic(), 0
    for source in config.sources.values():
        seen = set()
        for table, said in source.landed.items():
            if (folder := said.folder or table) not in seen:
                seen.add(folder)
                path = str(root / f"{source.source}_{folder}")
                as_spark_reads(spark, config.settings.landing, source, table).write.format("delta").mode("overwrite").save(path)
    seconds = time.monotonic() - started
    for path in root.iterdir():
        rows += spark.read.format("delta").load(str(path)).count()
    return seconds, rows


def bytes_below(folder: Path) -> int:
    """Bytes on disk of everything below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.exists() else 0


@click.command()
@click.option("--size", type=click.Choice([*SIZES]), default="1m")
@click.option("--set", "assignments", multiple=True, metavar="A.B=C")
def main(size: str, assignments: Sequence[str]) -> None:
    """Runs the stages at a size in a fresh folder and writes the figures."""
    configure_logs("text")
    config = load(PROJECT / "conf" / "national.yml", assignments=[f"synthetic.records={size}", *assignments])
    for folder in (Path(config.settings.landing), Path(config.settings.storage.root), FOLDER / "untouched"):
        shutil.rmtree(folder, ignore_errors=True)
    spark = open_session(config.settings.spark, config.folder)
    with Memory() as memory:
        tallies = [_run(spark, config, generate_courts)]
        base_seconds, base_rows = untouched(spark, config, FOLDER / "untouched")
        tallies += [_run(spark, config, stage) for stage in STAGES[1:]]
    job = Job(declaration_of(run_pipeline.run), "national", config, spark)
    of = {tally.job: tally.seconds for tally in tallies}
    loading = of["ingest_source"] + of["standardise_records"]
    longitudinal = sum(of[name] for name in ("build_events", "build_spells", "build_journeys"))
    panels = sum(tally.rows_out for tally in tallies if tally.job == "build_panels")
    facts: dict[str, Any] = {
        # accuracy by stage and source; that of the whole is in ``clusters``, beside plain components
        **{name: fact for name, fact in summarise(job, tallies).items() if name != "linkage"},
        "size": size,
        "clusters": compared_clusters(job.lake, config),
        "untouched": {"rows": base_rows, "seconds": round(base_seconds, 2), "times": round(loading / base_seconds, 2)},
        "peak_memory_mb": {kind: round(peak) for kind, peak in memory.peak.items()},
        "bytes": {name: bytes_below(Path(path)) for name, path in _folders(config).items()},
        "histories": {
            "events_spells_journeys_seconds": round(longitudinal, 2),
            "ingest_seconds": round(of["ingest_source"], 2),
            "panel_rows": panels,
            "panel_rows_a_second": round(panels / max(of["build_panels"], 0.01)),
        },
        **headline_facts(job),
    }
    write_summary(FOLDER / f"{size}.json", facts)
    click.echo(render_stages(tallies))
    click.echo(
        json.dumps(
            {
                key: facts[key]
                for key in ("records", "untouched", "peak_memory_mb", "bytes", "clusters", "histories", "headlines", "journeys")
            },
            indent=2,
        )
    )


def _folders(config: Configuration) -> dict[str, str]:
    return {"landing": config.settings.landing, "lake": config.settings.storage.root, "untouched": str(FOLDER / "untouched")}


def _run(spark: SparkSession, config: Configuration, module: Any) -> Tally:
    run: Callable[[Job], None] = module.run
    return run_job(run, Job(declaration_of(run), "national", config, spark))


if __name__ == "__main__":
    main()
