"""Loads one delivery: every file inspected before any row is parsed, then each table's rows, rejects and counts."""

from functools import partial

from pyspark.sql import DataFrame, Row

from docketlink.config.load import digest
from docketlink.config.source import SourceConfig
from docketlink.contracts.tables import RECEIVED_FILE, REJECTED_ROW, truth_table
from docketlink.disclosure.tokens import tokeniser
from docketlink.runtime.job import Job, Slice
from docketlink.sources.contracts import raw_tables
from docketlink.sources.ingest import (
    FACT_SCHEMA,
    FILE_SCHEMA,
    accepted_rows,
    file_frame_rows,
    inspect_files,
    mark_duplicates,
    parse_files,
    received_files,
    refuse_unusable,
    rejected_rows,
    truth_rows,
)
from docketlink.sources.landing import Delivery


def load_delivery(job: Job, source: SourceConfig, delivery: Delivery) -> None:
    """Replaces the delivery's slice of every raw table; SourceError, and nothing written, when a file cannot be used.

    Truth goes first, counts and rejected rows next, accepted rows last, so that a table of raw never holds rows of files
    whose account is missing.
    """
    files = {table: _file_frame(job, delivery, table) for table in source.tables}
    facts: list[Row] = []
    for table, frame in files.items():  # as many rows as files
        facts += inspect_files(frame, source.tables[table], tasks=len(delivery.of(table))).collect()
    refuse_unusable(source, facts)
    for table in source.tables:
        _load_table(job, source, delivery, table, files[table], [fact for fact in facts if fact.table == table])


def _file_frame(job: Job, delivery: Delivery, table: str) -> DataFrame:
    return job.spark.createDataFrame(file_frame_rows(delivery, table), FILE_SCHEMA)


def _load_table(job: Job, source: SourceConfig, delivery: Delivery, table: str, files: DataFrame, facts: list[Row]) -> None:
    config, snapshot_date = source.tables[table], delivery.snapshot_date
    inputs = digest(sorted((fact.source_file, fact.sha256) for fact in facts))
    parsed = mark_duplicates(job.hold(parse_files(files, config, tasks=len(facts))), config)
    slice_: Slice = {"source": source.source, "table": table, "snapshot_date": snapshot_date}
    write = partial(job.write, inputs=inputs, allow_empty=True)
    if config.truth:
        truth = tokeniser(job.keys)(truth_rows(parsed, source), [("record", "record_key", "record_id")])
        write(truth_table(source.source), truth.select("record_id", "true_person_id"))
    fact_frame = job.spark.createDataFrame(facts, FACT_SCHEMA)
    write(RECEIVED_FILE, received_files(parsed, fact_frame, source.source, table, snapshot_date), where=slice_)
    write(REJECTED_ROW, rejected_rows(parsed, source.source, table, snapshot_date), where=slice_)
    raw = raw_tables(source)[table]
    write(raw, accepted_rows(parsed, raw, snapshot_date), where={"snapshot_date": snapshot_date})
    counted = job.read_slice(RECEIVED_FILE, slice_, counted=False).agg({"received": "sum", "rejected": "sum"}).first()
    if counted:
        job.tally.rows_in += counted["sum(received)"] or 0
        job.tally.set_aside += counted["sum(rejected)"] or 0
