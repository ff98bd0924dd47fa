"""What arrived: landing tables as text, what of them was set aside, and their files."""

from collections.abc import Sequence

from docketlink.contracts.common import DATE, DIRECT, LONG, OPERATIONAL, QUASI, SOURCE, TEXT
from docketlink.contracts.table import Field, Table, Zone


def raw_table(source: str, table: str, columns: Sequence[Field]) -> Table:
    """The contract of one landing table: its columns as text, and where each record stood.

    The truth column of a labelled source is not among ``columns``.
    """
    return Table(
        zone=Zone.RAW,
        name=f"{source}_{table}",
        grain=f"a record of a received file of {source}.{table}",
        key=("source_file", "ordinal", "snapshot_date"),
        fields=(
            Field("snapshot_date", DATE, "Date of the extract, from the landing folder.", True, OPERATIONAL),
            Field("source_file", TEXT, "File below the snapshot's folder.", True, OPERATIONAL),
            Field("ordinal", LONG, "Position of the record in its file, from 1, header excluded.", True, OPERATIONAL),
            *columns,
        ),
        partitioned_by=("snapshot_date",),
    )


REJECTED_ROW = Table(
    zone=Zone.RAW,
    name="rejected_row",
    grain="one reason why one record was set aside",
    key=("source", "table", "snapshot_date", "source_file", "ordinal", "rule", "column"),
    fields=(
        SOURCE,
        Field("table", TEXT, "Landing table.", True, OPERATIONAL),
        Field("snapshot_date", DATE, "Date of the extract.", True, OPERATIONAL),
        Field("source_file", TEXT, "File below the snapshot's folder.", True, OPERATIONAL),
        Field("ordinal", LONG, "Position of the record in its file, from 1, header excluded.", True, OPERATIONAL),
        Field("rule", TEXT, "COLUMN_COUNT, TYPE, PATTERN, REFERENCE and the like: docs/sources.md lists them.", True, OPERATIONAL),
        Field("column", TEXT, "Column at fault, or several joined by commas; empty where the whole record is.", True, OPERATIONAL),
        Field("month", TEXT, "Month of the record as yyyy-MM, or unknown.", True, QUASI),
        Field("area_code", TEXT, "Court or establishment of the record, or unknown.", True, QUASI),
        Field("record_text", TEXT, "The record as it arrived, for repair; bytes that are no text as \\xNN.", False, DIRECT),
    ),
    partitioned_by=("source", "table", "snapshot_date"),
)

RECEIVED_FILE = Table(
    zone=Zone.RAW,
    name="received_file",
    grain="one received file",
    key=("source", "table", "snapshot_date", "source_file"),
    fields=(
        SOURCE,
        Field("table", TEXT, "Landing table.", True, OPERATIONAL),
        Field("snapshot_date", DATE, "Date of the extract.", True, OPERATIONAL),
        Field("source_file", TEXT, "File below the snapshot's folder.", True, OPERATIONAL),
        Field("bytes", LONG, "Size as it lies on disk.", True, OPERATIONAL),
        Field("sha256", TEXT, "SHA-256 of the bytes on disk.", True, OPERATIONAL),
        Field("received", LONG, "Records in the file, header excluded.", True, OPERATIONAL),
        Field("accepted", LONG, "Records in the raw table.", True, OPERATIONAL),
        Field("rejected", LONG, "Records set aside, each once however many reasons.", True, OPERATIONAL),
    ),
    partitioned_by=("source", "table", "snapshot_date"),
    checks={"reconciled": "received = accepted + rejected"},
)
