"""``docketlink review export``: pairs for people to decide, as a file that ``load_overrides`` reads back. Each use is logged."""

import csv
import getpass
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from pyspark.sql import DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as F

from docketlink.config.load import Configuration
from docketlink.contracts import Table
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import CLUSTER_ALERT, PAIR_OVERRIDE
from docketlink.errors import ConfigError
from docketlink.linkage.decisions import COLUMNS, SHOWN
from docketlink.linkage.sampling import bands, sample_edges
from docketlink.storage.lake import Lake

MOST_PAIRS = 20_000  # of one file; nobody decides more, and the driver writes it

_SHOWN = {
    "source": "source",
    "names": "array_join(full_name_arr, '; ')",
    "dates_of_birth": "array_join(dob_arr, '; ')",
    "postcodes": "array_join(postcode_arr, '; ')",
    "address": "address_line_std",
    "pnc": "array_join(pnc_arr, '; ')",
    "cro": "array_join(cro_arr, '; ')",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ReviewPack:
    """Two CSV files. ``pairs`` is for the reviewers: identifiers of both records and empty columns for the decision, no score.

    ``frame`` is for whoever evaluates: why each pair was chosen, in the order of ``pairs``.
    """

    pairs: str
    frame: str
    count: int


def export_alerts(config: Configuration, spark: SparkSession, limit: int) -> ReviewPack:
    """The pairs of the ``limit`` severest alerts that nobody has decided yet; a pair of several alerts once, for its severest."""
    _within_limit(limit)
    lake = Lake(spark, config.settings.storage)
    _log("alerts", limit)
    decided = rows_of(spark, lake, PAIR_OVERRIDE).select("record_id_l", "record_id_r")
    alerts = rows_of(spark, lake, CLUSTER_ALERT).join(decided, ["record_id_l", "record_id_r"], how="left_anti")
    severest = [F.desc("severity"), F.desc_nulls_first("match_weight")]
    of_pair = Window.partitionBy("record_id_l", "record_id_r").orderBy(*severest, "threshold", "cluster_id", "other_cluster_id", "rule")
    once = alerts.withColumn("place", F.row_number().over(of_pair)).where(F.col("place") == 1)
    columns = ("severity", "rule", "threshold", "cluster_size", "other_cluster_size", "refused_links")
    chosen = once.orderBy(*severest, "record_id_l", "record_id_r").limit(limit).select("record_id_l", "record_id_r", *columns).collect()
    return _pack(lake, chosen, columns)


def export_edges(config: Configuration, spark: SparkSession, per_band: int, seed: int) -> ReviewPack:
    """A sample of the scored edges, ``per_band`` of each band of weights, in an order that tells nothing of the weights."""
    stages = config.settings.linkage.stages
    _within_limit(per_band * sum(len(bands(stage)) for stage in stages))
    lake = Lake(spark, config.settings.storage)
    _log("edges", per_band)
    sampled = sample_edges(lake.read(SCORED_EDGE), stages, per_band, seed)
    chosen = sampled.orderBy(F.xxhash64(F.lit(seed + 1), "record_id_l", "record_id_r"), "record_id_l", "record_id_r").collect()
    return _pack(lake, chosen, ("stage", "band", "from_bits", "to_bits", "edges", "fraction"))


def rows_of(spark: SparkSession, lake: Lake, table: Table) -> DataFrame:
    """The table's rows; none where nothing was ever written to it, as before the first alert or decision."""
    return lake.read(table) if lake.exists(table) else table.nothing(spark)


def _within_limit(pairs: int) -> None:
    if not 0 < pairs <= MOST_PAIRS:
        raise ConfigError(f"a review file holds 1 to {MOST_PAIRS:,} pairs.", next_step="ask for fewer, or for at least one.")


def _log(what: str, asked: int) -> None:
    log = structlog.get_logger().bind(command="review", user=getpass.getuser())
    log.info("identity_reviewed", exported=what, asked=asked, values_shown=True)


def _pack(lake: Lake, chosen: Sequence[Row], columns: Sequence[str]) -> ReviewPack:
    shown = _identifiers(lake.read(PERSON_RECORD), {row[side] for row in chosen for side in ("record_id_l", "record_id_r")})
    header = (*COLUMNS, *(f"{SHOWN}{name}_{side}" for name in _SHOWN for side in "ab"))
    ids = [(row.record_id_l, row.record_id_r) for row in chosen]
    nothing = ("",) * len(_SHOWN)
    pairs = (
        (a, b, *[""] * (len(COLUMNS) - 2), *(v for both in zip(shown.get(a, nothing), shown.get(b, nothing), strict=True) for v in both))
        for a, b in ids
    )
    frame = ((*pair, *(row[column] for column in columns)) for pair, row in zip(ids, chosen, strict=True))
    return ReviewPack(_csv(header, pairs), _csv((*COLUMNS[:2], *columns), frame), len(chosen))


def _identifiers(records: DataFrame, wanted: set[str]) -> dict[str, tuple[str, ...]]:
    """What a reviewer sees of each record; at most two records a pair."""
    asked = records.sparkSession.createDataFrame([(i,) for i in sorted(wanted)], "record_id string")
    rows = (
        records.join(F.broadcast(asked), "record_id", how="left_semi")
        .select("record_id", *(F.expr(says).alias(name) for name, says in _SHOWN.items()))
        .collect()
    )
    return {row.record_id: tuple(_harmless(row[name]) for name in _SHOWN) for row in rows}


def _harmless(value: str | None) -> str:
    """No spreadsheet may take a name for a formula."""
    return f"'{value}" if value and value.startswith(_FORMULA) else value or ""


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
