"""The summary of a pipeline run: a JSON file for machines and a page of text for people."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import functions as F

from docketlink.contracts.measures import LINKAGE_METRIC
from docketlink.contracts.research import HEADLINE
from docketlink.contracts.spine import PERSON_SPINE
from docketlink.runtime.accuracy import by_source, by_stage, render_by_source, render_by_stage
from docketlink.runtime.job import Job, Tally
from docketlink.runtime.provenance import code_version

THRESHOLDS = ("high", "medium", "low")
_FIGURES = {
    "precision": "pairwise_precision",
    "recall": "pairwise_recall",
    "f1": "pairwise_f1",
    "b3_precision": "b3_precision",
    "b3_recall": "b3_recall",
    "b3_f1": "b3_f1",
}


def finish(job: Job, tallies: Sequence[Tally]) -> None:
    """Prints the summary of a run and, where the configuration names a file, writes it there; a partial run only prints."""
    settings = job.config.settings
    complete = settings.pipeline.start is None and settings.pipeline.stop is None
    summary = summarise(job, tallies) if job.state(PERSON_SPINE) else {}
    if summary and complete and settings.summary:
        write_summary(Path(settings.summary), summary)
    sys.stdout.write(render_stages(tallies))
    if summary:
        sys.stdout.write(render_result(summary, settings.storage.root, settings.summary if complete else None))
    sys.stdout.flush()


def summarise(job: Job, tallies: Iterable[Tally]) -> dict[str, Any]:
    """The summary of a run, as ``docs/summary.schema.json`` describes it."""
    spine = job.read(PERSON_SPINE)
    counted = spine.agg(F.count("*").alias("records"), F.count_distinct("person_id").alias("persons")).first()
    told = job.read(LINKAGE_METRIC).select("metric", "slice", "threshold", "value").collect() if job.state(LINKAGE_METRIC) else []
    metrics = {(row.metric, row.threshold): row.value for row in told if row.slice == "all"}
    linkage = {
        threshold: {name: metrics[metric, threshold] for name, metric in _FIGURES.items() if (metric, threshold) in metrics}
        for threshold in THRESHOLDS
    }
    return {
        "run_id": job.run_id,
        "code_version": code_version(),
        "data": job.config.settings.data,
        "records": counted.records if counted else 0,
        "persons": counted.persons if counted else 0,
        "stages": stage_facts(tallies),
        "linkage": linkage if metrics else {},
        "linkage_by_stage": by_stage(told, job.config.settings.linkage.stages, THRESHOLDS),
        "linkage_by_source": by_source(told, THRESHOLDS),
        "tables": table_facts(job),
    }


def stage_facts(tallies: Iterable[Tally]) -> list[dict[str, Any]]:
    """What the schema says of stages."""
    return [
        {
            "job": t.job,
            "rows_in": t.rows_in,
            "rows_out": t.rows_out,
            "set_aside": t.set_aside,
            "seconds": round(t.seconds, 2),
            "unchanged": t.unchanged,
        }
        for t in tallies
    ]


def table_facts(job: Job) -> dict[str, dict[str, Any]]:
    """What the schema says of every table that the job declares and that exists."""
    states = {table.full_name: state for table in job.declared_tables() if (state := job.lake.state(table))}
    return {name: {"version": s.delta_version, "rows": s.rows, "hash": s.content_hash} for name, s in sorted(states.items())}


def write_summary(path: Path, summary: Mapping[str, Any]) -> None:
    """The summary as JSON, put in place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)


def render_stages(tallies: Sequence[Tally]) -> str:
    """A table of what each stage did, and which stages found nothing new."""
    lines = ["", f"{'stage':<22}{'rows in':>11}{'rows out':>11}{'set aside':>11}{'seconds':>9}{'rows/s':>11}"]
    for t in tallies:
        rate = "unchanged" if t.unchanged else f"{t.rows_out / max(t.seconds, 0.01):,.0f}"
        lines.append(f"{t.job:<22}{t.rows_in:>11,}{t.rows_out:>11,}{t.set_aside:>11,}{t.seconds:>9.1f}{rate:>11}")
    fresh = sum(written.changed for t in tallies for written, _ in t.written)
    lines += ["", f"New table versions: {fresh}." if fresh else "Nothing changed: no table has a new version."]
    return "\n".join(lines) + "\n"


def render_result(summary: Mapping[str, Any], root: str, file: str | None) -> str:
    """Persons, accuracy at three thresholds, by stage and by source at the medium one, where the tables are, what to try next."""
    lines = ["", f"{summary['records']:,} records are {summary['persons']:,} persons at the medium threshold."]
    if summary["linkage"]:
        lines += ["", f"{'against the truth':<19}{'pairwise':>9}{'':>18}{'B-cubed':>11}"]
        lines.append(f"{'threshold':<14}{'precision':>12}{'recall':>9}{'F1':>9}{'precision':>12}{'recall':>9}{'F1':>9}")
        for threshold, figures in summary["linkage"].items():
            columns = [f"{figures[name]:.4f}" if name in figures else "-" for name in _FIGURES]
            lines.append(f"{threshold:<14}" + "".join(f"{c:>{w}}" for c, w in zip(columns, (12, 9, 9, 12, 9, 9), strict=True)))
        lines += ["", *render_by_stage(summary["linkage_by_stage"], "medium")]
        lines += ["", *render_by_source(summary["linkage_by_source"], "medium")]
    lines += ["", f"Tables    {root}/<zone>/<table>, described in docs/tables.md"]
    lines += [f"Summary   {file}"] if file else []
    lines += [
        "Next      docketlink tables --config <the same file>    versions, rows and content hashes",
        "          notebooks/explore_people.py   people, their records and events",
        "",
    ]
    return "\n".join(lines)


def headline_facts(job: Job) -> dict[str, Any]:
    """``headlines{name{true, high, medium, low, corrected}}`` and ``journeys{precision, recall}``, as far as they were evaluated."""
    told = job.lake.read(HEADLINE).collect() if job.lake.exists(HEADLINE) else []  # some forty rows
    headlines: dict[str, dict[str, Any]] = {}
    journeys = {}
    for row in sorted(told, key=lambda r: (r.headline, r.level)):
        if row.headline.startswith("journey_"):
            journeys[row.headline.removeprefix("journey_")] = row.value
        elif row.level == "corrected":
            headlines.setdefault(row.headline, {})["corrected"] = {"value": row.value, "interval": [row.interval_low, row.interval_high]}
        else:
            headlines.setdefault(row.headline, {})[row.level] = row.value
    return {"headlines": headlines, "journeys": journeys}
