"""``docketlink person``: the records of one person, the links that hold them together, alerts and history. Each use is logged."""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import structlog
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from docketlink.config.load import Configuration
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import CLUSTER_ALERT, PAIR_OVERRIDE, PERSON_CLUSTER, PERSON_LINEAGE, PERSON_SPINE
from docketlink.errors import ConfigError
from docketlink.linkage.spanning import Link, strongest_links
from docketlink.runtime.review import rows_of
from docketlink.storage.lake import Lake

MOST_RECORDS = 200  # shown of one person; their links among each other are looked at, so the square of it comes to the driver
MOST_LINES = 200  # of alerts, and of lineage

EVIDENCE = ("best_match_weight", "weakest_link_weight", "evidence_kinds")
FLAGS = ("flag_bridge", "flag_attached", "flag_conflict", "flag_held", "flag_overridden")
VALUES = ("names", "dates_of_birth", "postcodes")
_VALUE_OF = {"names": "full_name_arr", "dates_of_birth": "dob_arr", "postcodes": "postcode_arr"}


@dataclass(frozen=True)
class Table:
    """A heading, column names and lines of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Person:
    """What is to be shown of a person. ``records`` are numbered from 1 in the order of the first table; links name them by record id."""

    person_id: str
    record_count: int
    records: tuple[str, ...]
    sources: tuple[str, ...]
    bridges: frozenset[str]
    path: tuple[Link, ...]
    links: tuple[Link, ...]
    tables: tuple[Table, ...]
    note: str


def person_of(config: Configuration, spark: SparkSession, person_id: str, *, hide: bool) -> Person:
    """The person at the medium threshold. Raises ConfigError for an id that no record has now, with what became of it.

    At most ``MOST_RECORDS`` records come to the driver, those with the weakest best link first, for they are the ones to look at.
    """
    lake = Lake(spark, config.settings.storage)
    structlog.get_logger().bind(command="person", user=getpass.getuser()).info(
        "identity_reviewed", person_id=person_id, values_shown=not hide
    )
    of_person = lake.read(PERSON_SPINE).where(F.col("person_id") == person_id)
    count = of_person.count()
    if not count:
        raise _no_such_person(spark, lake, person_id)
    doubtful = F.asc_nulls_first("best_match_weight")
    records = lake.read(PERSON_RECORD).select("record_id", *(F.array_join(c, "; ").alias(name) for name, c in _VALUE_OF.items()))
    shown = of_person.orderBy(doubtful, "record_id").limit(MOST_RECORDS)
    rows = shown.join(records, "record_id", how="left").orderBy(doubtful, "record_id").collect()
    ids = tuple(row.record_id for row in rows)
    number = {record_id: i for i, record_id in enumerate(ids, start=1)}
    links = _links(spark, lake, ids)
    path = strongest_links(links)
    columns = ("record_id", "source", "link_status", *(() if hide else VALUES), *EVIDENCE)
    lines = tuple((str(number[r.record_id]), *(_text(r[c]) for c in columns), " ".join(_flags(r.asDict()))) for r in rows)
    note = f"Shown are {len(ids)} of {count:,} records, those with the weakest best link first." if count > len(ids) else ""
    tables = (
        Table("Records", ("no.", *columns, "flags"), lines, note),
        Table(
            "Path of links", ("from", "to", "bits"), tuple((f"{number[a]}", f"{number[b]}", bits(w)) for a, b, w in path), _apart(ids, path)
        ),
        _alerts(spark, lake, of_person),
        _lineage(spark, lake, person_id),
    )
    bridges = frozenset(r.record_id for r in rows if r.flag_bridge)
    return Person(person_id, count, ids, tuple(r.source for r in rows), bridges, tuple(path), tuple(links), tables, note)


def person_lines(person: Person) -> list[str]:
    """The tables as lines for the terminal."""
    lines = [f"person {person.person_id}: {person.record_count:,} records at the medium threshold"]
    for table in person.tables:
        lines += ["", table.title]
        if table.rows:
            widths = [max(map(len, column)) for column in zip(table.columns, *table.rows, strict=True)]
            lines += ["  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)).rstrip() for row in (table.columns, *table.rows)]
        else:
            lines.append("none")
        if table.note:
            lines.append(table.note)
    return lines


def bits(weight: float) -> str:
    """A weight with two decimals; an infinite one is a decision."""
    return "decision" if weight == inf else f"{weight:+.2f}"


def _no_such_person(spark: SparkSession, lake: Lake, person_id: str) -> ConfigError:
    left = rows_of(spark, lake, PERSON_LINEAGE).where((F.col("from_person_id") == person_id) & (F.col("threshold") == "medium"))
    last = left.groupBy("spine_version", "to_person_id").count().orderBy(F.desc("spine_version"), F.desc("count"), "to_person_id").first()
    if last is None:
        return ConfigError(
            "spine.person_spine holds no person with this id.", next_step="take person_id, that of the medium threshold, from the spine."
        )
    went = f"most of its last records went to person {last.to_person_id}" if last.to_person_id else "its last records left the sources"
    return ConfigError(
        f"this person is no longer there: in version {last.spine_version} of the spine {went}.",
        next_step="look at person_lineage for all of them.",
    )


def _links(spark: SparkSession, lake: Lake, ids: Sequence[str]) -> list[Link]:
    """Scored edges and must decisions among the records; at most one of each per pair of ``MOST_RECORDS``."""

    def among(frame: DataFrame) -> DataFrame:
        return frame.where(F.col("record_id_l").isin(*ids) & F.col("record_id_r").isin(*ids))

    scored = among(lake.read(SCORED_EDGE)).select("record_id_l", "record_id_r", "match_weight").collect()
    found = {(row.record_id_l, row.record_id_r): float(row.match_weight) for row in scored}
    must = among(rows_of(spark, lake, PAIR_OVERRIDE)).where(F.col("kind") == "must").select("record_id_l", "record_id_r").collect()
    found |= {(row.record_id_l, row.record_id_r): inf for row in must}
    return [(a, b, weight) for (a, b), weight in sorted(found.items())]


def _apart(ids: Sequence[str], path: Sequence[Link]) -> str:
    pieces = len(ids) - len(path)
    return f"The links among the shown records leave {pieces} pieces apart." if pieces > 1 else ""


def _alerts(spark: SparkSession, lake: Lake, of_person: DataFrame) -> Table:
    mine = lake.read(PERSON_CLUSTER).join(of_person.select("record_id"), "record_id", how="left_semi")
    cluster = mine.select("threshold", "cluster_id").distinct().withColumn("is_mine", F.lit(True))
    alerts = rows_of(spark, lake, CLUSTER_ALERT)
    either = alerts.join(cluster, ["threshold", "cluster_id"], how="left_semi").unionByName(
        alerts.join(cluster.withColumnRenamed("cluster_id", "other_cluster_id"), ["threshold", "other_cluster_id"], how="left_semi")
    )
    columns = ("severity", "threshold", "rule", "record_id_l", "record_id_r", "match_weight", "cluster_size", "other_cluster_size")
    order = (F.desc("severity"), F.desc_nulls_first("match_weight"), "threshold", "rule", "record_id_l", "record_id_r")
    rows = either.select(*columns).distinct().orderBy(*order).limit(MOST_LINES + 1).collect()
    lines = tuple(tuple(_text(row[column]) for column in columns) for row in rows[:MOST_LINES])
    return Table("Alerts", columns, lines, _more(rows, "alerts, the severest first"))


def _lineage(spark: SparkSession, lake: Lake, person_id: str) -> Table:
    columns = ("spine_version", "record_id", "change", "reason", "from_person_id", "to_person_id", "deciding_record_id", "deciding_weight")
    either = (F.col("from_person_id") == person_id) | (F.col("to_person_id") == person_id)
    of_medium = rows_of(spark, lake, PERSON_LINEAGE).where((F.col("threshold") == "medium") & either)
    rows = of_medium.select(*columns).orderBy(F.desc("spine_version"), "record_id").limit(MOST_LINES + 1).collect()
    lines = tuple(tuple(_text(row[column]) for column in columns) for row in rows[:MOST_LINES])
    return Table("Lineage", columns, lines, _more(rows, "changes, the newest first"))


def _more(rows: Sequence[object], what: str) -> str:
    return f"Shown are {MOST_LINES} {what}; there are more." if len(rows) > MOST_LINES else ""


def _flags(row: dict[str, object]) -> list[str]:
    return [flag.removeprefix("flag_") for flag in FLAGS if row[flag]]


def _text(value: object) -> str:
    return f"{value:+.2f}" if isinstance(value, float) else "" if value is None else str(value)
