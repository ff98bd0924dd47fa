"""Measures of what arrived and of how well it was linked."""

from docketlink.contracts.common import DATE, LONG, OPERATIONAL, QUASI, REAL, SOURCE, TEXT
from docketlink.contracts.table import Field, Table, Zone

SOURCE_QUALITY = Table(
    zone=Zone.QUALITY,
    name="source_quality",
    grain="a column of a received table in a year and area",
    key=("source", "table", "column", "snapshot_date", "year", "area_code"),
    fields=(
        SOURCE,
        Field("table", TEXT, "Landing table.", True, OPERATIONAL),
        Field("column", TEXT, "Column; empty for records set aside as a whole.", True, OPERATIONAL),
        Field("snapshot_date", DATE, "Date of the extract.", True, OPERATIONAL),
        Field("year", TEXT, "Year of the record, or unknown.", True, QUASI),
        Field("area_code", TEXT, "Court or establishment of the record, or unknown.", True, QUASI),
        Field("rows", LONG, "Accepted records.", True, OPERATIONAL),
        Field("missing", LONG, "Accepted records without a value.", True, OPERATIONAL),
        Field("placeholder", LONG, "Accepted records with a value that systems write for none.", True, OPERATIONAL),
        Field("invalid", LONG, "Accepted records with a value that cannot be what the column holds.", True, OPERATIONAL),
        Field("unmapped", LONG, "Accepted records with a code that no list of the column knows; kept raw.", True, OPERATIONAL),
        Field("set_aside", LONG, "Records set aside for this column; not among rows.", True, OPERATIONAL),
    ),
    partitioned_by=("source", "snapshot_date"),
    checks={"parts_of_rows": "missing + placeholder + invalid <= rows AND unmapped <= rows"},
)

RECONCILIATION = Table(
    zone=Zone.QUALITY,
    name="reconciliation",
    grain="a month and area of a received table",
    key=("source", "table", "snapshot_date", "month", "area_code"),
    fields=(
        SOURCE,
        Field("table", TEXT, "Landing table.", True, OPERATIONAL),
        Field("snapshot_date", DATE, "Date of the extract.", True, OPERATIONAL),
        Field("month", TEXT, "Month of the records as yyyy-MM, or unknown.", True, QUASI),
        Field("area_code", TEXT, "Court or establishment of the records, or unknown.", True, QUASI),
        Field("received", LONG, "Records received.", True, OPERATIONAL),
        Field("accepted", LONG, "Records in the raw table.", True, OPERATIONAL),
        Field("set_aside", LONG, "Records set aside, each once however many reasons.", True, OPERATIONAL),
    ),
    partitioned_by=("source", "snapshot_date"),
    checks={"reconciled": "received = accepted + set_aside"},
)

LINKAGE_METRIC = Table(
    zone=Zone.QUALITY,
    name="linkage_metric",
    grain="one number about one run",
    key=("metric", "slice", "threshold"),
    fields=(
        Field(
            "metric",
            TEXT,
            "pairwise_precision, pairwise_recall, pairwise_f1, b3_precision, b3_recall, b3_f1, persons, largest_cluster and the like; of "
            "a stage's true pairs share_enough, stage_recall, stage_recall_enough, blocking_reach, blocking_reach_enough.",
            True,
            OPERATIONAL,
        ),
        Field("slice", TEXT, "all, or the source, pair of sources or linkage stage that the number is about.", True, OPERATIONAL),
        Field("threshold", TEXT, "high, medium or low.", True, OPERATIONAL),
        Field("value", REAL, "The figure.", True, OPERATIONAL),
        Field("interval_low", REAL, "Lower end of the 95 % interval.", False, OPERATIONAL),
        Field("interval_high", REAL, "Upper end of the 95 % interval.", False, OPERATIONAL),
        Field("method", TEXT, "How value and interval were got.", True, OPERATIONAL),
        Field("records", LONG, "Labelled records behind it.", True, OPERATIONAL),
    ),
)
