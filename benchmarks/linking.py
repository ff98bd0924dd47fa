"""Engines side by side on one set of people, one process each, to build/bench/linking-<size>.json.

    python benchmarks/linking.py --size 1m [--model example …] [--engine fused …] [--cores 2]

Splink on Spark takes part with ``example`` up to a hundred thousand records, or where it is named: at a million it takes many minutes.

The data are made and the models trained first, and kept for the next run. A process's start is timed apart: libraries, Java, and for an
engine of ours a first stage of a hundred thousand records, in which Java compiles its code. Engines must find the same edges with the
same sum of weights, ``splink_spark`` nearly so; a run in which they do not ends with an error.
"""

import json
import math
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import duckdb
from docketlink.config.load import load
from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage, Spark, Stage

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))
from benchmarks.linking_models import MODELS  # noqa: E402
from benchmarks.memory import Memory  # noqa: E402
from benchmarks.people import SCHEMA, Town, people  # noqa: E402

FOLDER = PROJECT / "build" / "bench"
SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
FLOOR = 0.0
SKEWED = 0.3
SAME = 1e-9
NEARLY_SAME = {"splink_spark": 1e-3}  # Spark's own similarity functions differ from DuckDB's on a few pairs
SHIPPED = "shipped"  # the model of the criminal courts, on the lake of make national
WARM = 100_000  # records scored once before the clock starts
ON_SPARK = 100_000  # records up to which Splink on Spark takes part unasked


def town_folder(size: str, model: str) -> Path:
    """Where the people of a size lie."""
    return FOLDER / f"people-{size}{f'-{model}' if model in ('skewed', SHIPPED) else ''}"


def model_folder(size: str, model: str) -> Path:
    """Where a model trained on them lies."""
    return FOLDER / f"model-{size}-{model}"


def spark_session(cores: int, log: Path | None = None, jars: Sequence[str] = ()) -> Any:
    """A session as the product opens it; ``log`` gets Spark's event log."""
    from docketlink.runtime.session import open_session

    settings = {"spark.local.dir": str(FOLDER / "spark"), "spark.sql.warehouse.dir": str(FOLDER / "warehouse")}
    if log is not None:
        shutil.rmtree(log, ignore_errors=True)
        log.mkdir(parents=True)
        settings |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": log.as_uri()}
        settings |= {"spark.eventLog.rolling.enabled": "false", "spark.eventLog.compress": "false"}
    session = open_session(Spark(master=f"local[{cores}]", settings=settings), PROJECT / "conf", app_name="linking", jars=jars)
    list(session.range(cores, numPartitions=cores).mapInArrow(_first, "id long").collect())
    return session


def _first(batches: Any) -> Any:
    import docketlink.linkage.kernel_scores  # noqa: F401 - a worker's imports belong to the start

    yield from batches


@dataclass(frozen=True)
class Task:
    """What the engines are given: records on disk are rows of the stage's sources, ``inputs`` what the model reads of them."""

    definition: ModelConfig
    stage: Stage
    settings: Linkage
    records: Path
    inputs: Path


def task_of(size: str, model: str, engine: str = "fused") -> Task:
    """The task of a model; that of ``shipped`` as conf/national.yml configures it, but with every block compared whole."""
    town = town_folder(size, model)
    if model == SHIPPED:
        config = load(PROJECT / "conf" / "national.yml", assignments=[f"synthetic.records={size}"])
        stage = next(stage for stage in config.settings.linkage.stages if stage.name == "criminal")
        settings = config.settings.linkage.model_copy(update={"engine": engine, "max_block": 10**9, "max_pairs": 10**12})
        return Task(config.models[stage.model], stage, settings, town, model_folder(size, model) / "inputs")
    stage = Stage(name="people", sources=("people",), link_type="dedupe", model=model)
    return Task(MODELS[model], stage, Linkage(engine=engine, floor_weight=FLOOR, max_pairs=10**12, stages=(stage,)), town, town)


def make_shipped(size: str, cores: int) -> None:
    """The criminal courts' records and their trained model, from the lake that ``make national`` left at this size."""
    from docketlink.contracts.links import LINK_MODEL, TERM_FREQUENCY
    from docketlink.contracts.records import PERSON_RECORD
    from docketlink.linkage.inputs import model_inputs
    from docketlink.runtime.models import linkable_records, trained_as_declared
    from docketlink.storage.lake import Lake
    from pyspark.sql import functions as F

    task, kept = task_of(size, SHIPPED), model_folder(size, SHIPPED)
    config = load(PROJECT / "conf" / "national.yml", assignments=[f"synthetic.records={size}"])
    lake = Lake(spark_session(cores), config.settings.storage)
    trained = trained_as_declared(lake.read(LINK_MODEL), task.definition).coalesce(1)
    records = linkable_records(lake.read(PERSON_RECORD), task.stage)
    records.repartition(8, "record_id").write.mode("overwrite").parquet(str(task.records))
    model_inputs(records, task.definition).write.mode("overwrite").parquet(str(task.inputs))
    trained.write.mode("overwrite").parquet(str(kept / "model"))
    terms = lake.read(TERM_FREQUENCY).join(F.broadcast(trained.select("model_id")), "model_id", how="left_semi")
    terms.write.mode("overwrite").parquet(str(kept / "terms"))
    _write(kept / "facts.json", {"train_seconds": None, **counted(task.inputs, task.definition.blocking_parts)})


def make(size: str, model: str, cores: int) -> None:
    """People and trained model, unless they are there."""
    if model == SHIPPED:
        return make_shipped(size, cores)
    from docketlink.linkage.training import link_model_row, term_frequency_rows, train

    session = spark_session(cores)
    kept = model_folder(size, model)
    for each in ("example", model):
        if not (town_folder(size, each) / "_SUCCESS").exists():
            town = Town(SIZES[size], skewed=SKEWED if each == "skewed" else 0.0)
            persons = session.range(town.persons, numPartitions=max(8, town.persons // 100_000))
            persons.mapInArrow(partial(people, town=town), SCHEMA).write.mode("overwrite").parquet(str(town_folder(size, each)))
    started = time.monotonic()
    # on the common town, also for the skewed one, where a session on dates would train on billions of pairs
    trained = train(session.read.parquet(str(town_folder(size, "example"))), MODELS[model])
    link_model_row(session, trained).coalesce(1).write.mode("overwrite").parquet(str(kept / "model"))
    term_frequency_rows(trained).write.mode("overwrite").parquet(str(kept / "terms"))
    seconds = time.monotonic() - started
    _write(
        kept / "facts.json",
        {
            "train_seconds": round(seconds, 2),
            **counted(town_folder(size, model), MODELS[model].blocking_parts, make_pairs=model != "skewed"),
        },
    )
    return None


def counted(folder: Path, rules: Sequence[Sequence[str]], *, make_pairs: bool = True) -> dict[str, Any]:
    """How many records there are, and how many different pairs the rules make where no block is too large."""
    con = duckdb.connect()
    keys = ", ".join(
        f"CASE WHEN {' OR '.join(f'{x} IS NULL' for x in rule)} THEN -row ELSE (hash({i}, {', '.join(rule)}) >> 1)::BIGINT END AS k{i}"
        for i, rule in enumerate(rules)
    )
    con.execute(f"CREATE TABLE p AS SELECT row, {keys} FROM (SELECT *, row_number() OVER () AS row FROM '{folder}/*.parquet')")
    records = con.sql("SELECT count(*) FROM p").fetchall()[0][0]
    if not make_pairs:
        return {"records": records, "pairs": None}
    pairs = 0
    for i in range(len(rules)):
        earlier = "".join(f" AND l.k{j} <> r.k{j}" for j in range(i))
        query = f"SELECT count(*) FROM p l JOIN p r ON l.k{i} = r.k{i} AND l.row < r.row{earlier} WHERE l.k{i} > 0"
        pairs += con.sql(query).fetchall()[0][0]
    return {"records": records, "pairs": pairs}


def fused(size: str, model: str, cores: int, engine: str = "fused") -> dict[str, Any]:
    """One run of an engine of ours, from records and model on disk to edges on disk."""
    from docketlink.linkage import engine as engines
    from docketlink.linkage.artefact import LinkModel
    from pyspark.sql import functions as F

    started = time.monotonic()
    log, out = FOLDER / "events", FOLDER / f"edges-{engine}"
    session = spark_session(cores, log, engines.session_jars(Linkage(engine=engine)))
    task = task_of(size, model, engine)
    model_row = session.read.parquet(str(model_folder(size, model) / "model")).collect()[0]
    definition, stage, settings = task.definition, task.stage, task.settings
    records = session.read.parquet(str(task.records))
    terms = session.read.parquet(str(model_folder(size, model) / "terms"))
    if engine == "fused":  # Java compiles what runs; a stage of seconds would measure its compiler
        small = records.where(F.pmod(F.xxhash64("record_id"), F.lit(max(1, SIZES[size] // WARM))) == 0)
        warm = engines.score(small, definition, LinkModel.from_row(model_row), terms, stage, settings)
        warm.edges.write.mode("overwrite").parquet(str(FOLDER / "edges-warm"))
        warm.release()
        if model == "light":
            _cluster(session, FOLDER / "edges-warm", small, settings)
    clock, since = Clock(started), time.time()
    scored = engines.score(records, definition, LinkModel.from_row(model_row), terms, stage, settings)
    clock.lap("pack and count")
    scored.edges.write.mode("overwrite").parquet(str(out))
    clock.lap("ship, score and write")
    blocks = scored.block_summary.collect()
    scored.release()
    if model == "light":
        clock.skip()
        _cluster(session, out, records, settings)
        clock.lap("cluster")
    session.stop()
    facts = clock.facts() | edges_of(f"{out}/*.parquet", "match_weight") | tasks_of(log, since)
    if model == "skewed":
        facts |= {
            "not_compared": sum(row["dropped_pairs"] for row in blocks),
            "not_compared_blocks": sum(len(r["dropped"]) for r in blocks),
        }
        facts |= {"rule_pairs": sum(row["pairs"] for row in blocks)}
    return facts


def _cluster(session: Any, edges: Path, records: Any, settings: Linkage) -> None:
    from docketlink.config.settings import Clustering
    from docketlink.contracts.records import PERSON_RECORD
    from docketlink.contracts.spine import PAIR_OVERRIDE
    from docketlink.linkage.clusters import cluster_people
    from pyspark.sql import functions as F

    person = records.select("record_id", F.lit("linkable").alias("link_status"))
    person = person.select("*", *(F.lit(None).cast(f.type).alias(f.name) for f in PERSON_RECORD.fields if f.name not in person.columns))
    nobody = session.createDataFrame([], PAIR_OVERRIDE.schema)
    scored = session.read.parquet(str(edges))
    clustered = cluster_people(scored, person, nobody, settings.stages, Clustering(), driver_edges=settings.driver_edges)
    clustered.person_cluster.write.mode("overwrite").parquet(str(FOLDER / "clusters-fused"))
    clustered.release()


def splink_duckdb(size: str, model: str, cores: int) -> dict[str, Any]:
    """Splink's own predict on DuckDB: same records, model, term frequencies and rules."""
    started = time.monotonic()
    import logging

    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    kept, out = model_folder(size, model), FOLDER / "edges-splink_duckdb.parquet"
    con = duckdb.connect(config={"threads": cores})
    settings = json.loads(con.sql(f"SELECT settings_json FROM '{kept}/model/*.parquet'").fetchall()[0][0])
    clock = Clock(started)
    task = task_of(size, model)
    columns = ", ".join(("record_id AS unique_id", *task.definition.columns))
    con.execute(f"CREATE TABLE person AS SELECT {columns} FROM '{task.inputs}/*.parquet'")
    api = DuckDBAPI(con)
    linker = Linker(api.register(con.table("person")), settings, log_level=None)
    for (column,) in con.sql(f"SELECT DISTINCT \"column\" FROM '{kept}/terms/*.parquet' ORDER BY 1").fetchall():
        con.execute(
            f"CREATE TABLE own_tf_{column} AS SELECT term AS {column}, frequency AS tf_{column} FROM '{kept}/terms/*.parquet' "
            f"WHERE \"column\" = '{column}'"
        )
        linker.table_management.register_term_frequency_lookup(api.register(con.table(f"own_tf_{column}")), column)
    clock.lap("load")
    predicted = linker.inference.predict(threshold_match_weight=task.settings.floor_weight)
    clock.lap("predict")
    con.execute(f"COPY (FROM {predicted.physical_name}) TO '{out}'")
    clock.lap("write")
    if model == "light":
        # at one threshold; ours gives three
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold_match_weight=4.25)
        con.execute(f"COPY (FROM {clusters.physical_name}) TO '{FOLDER / 'clusters-splink_duckdb.parquet'}'")
        clock.lap("cluster")
    return clock.facts() | edges_of(str(out), "match_weight")


class Clock:
    """Seconds of the start and of each phase after it."""

    def __init__(self, started: float) -> None:
        self._last = time.monotonic()
        self._start_up = self._last - started
        self._phases: dict[str, float] = {}

    def lap(self, phase: str) -> None:
        """The phase that ends now."""
        now = time.monotonic()
        self._phases[phase], self._last = now - self._last, now

    def skip(self) -> None:
        """What was done since the last phase is no part of any."""
        self._last = time.monotonic()

    def facts(self) -> dict[str, Any]:
        """Members ``seconds``, ``phases`` and ``start_up_seconds``."""
        phases = {phase: round(seconds, 2) for phase, seconds in self._phases.items()}
        return {"seconds": round(sum(self._phases.values()), 2), "phases": phases, "start_up_seconds": round(self._start_up, 2)}


def edges_of(files: str, weight: str) -> dict[str, Any]:
    """How many edges there are, and the sum of their weights."""
    edges, total = duckdb.connect().sql(f"SELECT count(*), sum({weight} ORDER BY {weight}) FROM '{files}'").fetchall()[0]
    return {"edges": edges, "weight_sum": total or 0.0}


def tasks_of(log: Path, since: float) -> dict[str, Any]:
    """Spark's tasks from a point of time on; those of the last stage with a shuffle behind it, which scores and writes, apart."""
    ends = [e for file in log.rglob("*") if file.is_file() for e in map(json.loads, file.open()) if e["Event"] == "SparkListenerTaskEnd"]
    ends = [end for end in ends if end["Task Info"]["Launch Time"] >= since * 1e3]
    seconds: dict[int, list[float]] = {}
    shuffled = 0
    for end in ends:
        metrics = end.get("Task Metrics") or {}
        seconds.setdefault(end["Stage ID"], []).append(metrics.get("Executor Run Time", 0) / 1e3)
        shuffled += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
    scoring = max(seconds.values(), key=sum)
    shards = {"tasks": len(scoring), "task_seconds": round(sum(scoring), 2), "longest": max(scoring), "median": statistics.median(scoring)}
    every = sum(map(sum, seconds.values()))
    return {
        "tasks": len(ends),
        "task_seconds": round(every, 2),
        "shuffle_mb": round(shuffled / 1e6, 1),
        "shards": shards,
        "share_outside_shards": round(1 - sum(scoring) / every, 3),
    }


ENGINES: Mapping[str, Callable[[str, str, int], dict[str, Any]]] = {
    "fused": fused,
    "splink_duckdb": splink_duckdb,
    "splink_spark": partial(fused, engine="splink_spark"),
}


def in_a_process(*arguments: str) -> dict[str, Any]:
    """One step in a process of its own, and what it measured."""
    answer = FOLDER / "answer.json"
    answer.unlink(missing_ok=True)
    subprocess.run([sys.executable, __file__, "--alone", ",".join(arguments)], check=True)
    facts: dict[str, Any] = json.loads(answer.read_text())
    return facts


def alone(what: str, size: str, model: str, cores: int) -> None:
    """One step in this process, its peak memory included."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Memory() as memory:
        facts = (make(size, model, cores) or {}) if what == "make" else ENGINES[what](size, model, cores)
    peak = memory.peak
    facts |= {"peak_mb_driver": round(peak["java"] + peak["driver_python"]), "peak_mb_workers": round(peak["workers"])}
    _write(FOLDER / "answer.json", facts)


def side_by_side(size: str, model: str, engines: Sequence[str], cores: int) -> dict[str, Any]:
    """Every engine with one model, each in a process of its own, one after the other."""
    made = model_folder(size, model) / "facts.json"
    if not made.exists():
        in_a_process("make", size, model, str(cores))
    known = json.loads(made.read_text())
    found: dict[str, Any] = {}
    for engine in engines:
        facts = in_a_process(engine, size, model, str(cores))
        pairs = known["pairs"] or facts["rule_pairs"] - facts["not_compared"]
        facts["pairs_per_second_per_core"] = round(pairs / facts["seconds"] / cores)
        if "shards" in facts:
            facts["shards"]["pairs_per_second_per_core"] = round(pairs / facts["shards"]["task_seconds"])
        found[engine] = facts
        click.echo(f"{size} {model:<8} {engine:<14} {facts['seconds']:>8.1f} s  {facts['edges']:>9,} edges  {facts['phases']}")
    for engine, facts in found.items():
        first = found[engines[0]]
        same_edges = math.isclose(facts["edges"], first["edges"], rel_tol=NEARLY_SAME.get(engine, 0.0))
        if not same_edges or not math.isclose(facts["weight_sum"], first["weight_sum"], rel_tol=NEARLY_SAME.get(engine, SAME)):
            raise click.ClickException(f"{engine} and {engines[0]} found different edges: {facts['edges']:,} and {first['edges']:,}.")
    return {"records": known["records"], "pairs": known["pairs"], "cores": cores, "train_seconds": known["train_seconds"], "engines": found}


def usual_engines(size: str, model: str) -> list[str]:
    """The engines that take part where none is named."""
    return [*ENGINES] if model == "example" and SIZES[size] <= ON_SPARK else ["fused", "splink_duckdb"]


def _write(path: Path, facts: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts, indent=2) + "\n")


@click.command()
@click.option("--size", type=click.Choice([*SIZES]), default="1m")
@click.option("--model", "models", type=click.Choice([*MODELS, SHIPPED]), multiple=True, default=("example", "edits", "light"))
@click.option("--engine", "engines", type=click.Choice([*ENGINES]), multiple=True)
@click.option("--cores", default=2, show_default=True)
@click.option("--alone", "step", hidden=True)
def main(size: str, models: Sequence[str], engines: Sequence[str], cores: int, step: str | None) -> None:
    """Runs the engines with each model; the first model's figures are the file's own, those of others stand beside them."""
    if step:
        what, size, model, given = step.split(",")
        return alone(what, size, model, int(given))
    out = FOLDER / f"linking-{size}{'' if cores == 2 else f'-{cores}-core'}.json"
    facts = json.loads(out.read_text()) if out.exists() else {}
    for model in models:
        measured = side_by_side(size, model, ["fused"] if model == "skewed" else [*engines] or usual_engines(size, model), cores)
        facts |= measured if model == "example" else {model: measured}
        _write(out, facts)
    click.echo(f"Written to {out.relative_to(PROJECT)}")
    return None


if __name__ == "__main__":
    main()
