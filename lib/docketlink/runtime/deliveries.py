"""Loads one delivery: every file inspected before any row is parsed, then each table's rows, rejects and counts."""

from collections.abc import Mapping
from functools import partial, reduce

from pyspark.sql import DataFrame, Row

from docketlink.config.load import digest
from docketlink.config.source import SourceConfig
from docketlink.contracts import Table
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

    Truth goes first, the account of the files next, accepted rows last, so that raw never holds rows of files whose account is
    missing.
    """
    files = {table: job.spark.createDataFrame(file_frame_rows(delivery, table), FILE_SCHEMA) for table in source.landed}
    facts: dict[str, list[Row]] = {}

    def inspect(table: str) -> None:
        found = inspect_files(files[table], source.tables[table], tasks=len(delivery.of(table)))
        facts[table] = found.collect()  # as many rows as files

    job.together(*(partial(inspect, table) for table in source.landed))
    refuse_unusable(source, [fact for found in facts.values() for fact in found])
    parsed = {
        table: job.hold(mark_duplicates(job.hold(parse_files(files[table], config, tasks=len(facts[table]))), config))
        for table, config in source.landed.items()
    }
    _write_truth(job, source, parsed, facts)
    _write_account(job, source, delivery, parsed, facts)

    def write(table: str, contract: Table) -> None:
        rows = accepted_rows(parsed[table], contract, delivery.snapshot_date)
        job.write(contract, rows, where={"snapshot_date": delivery.snapshot_date}, inputs=_digest(facts, table), allow_empty=True)

    job.together(*(partial(write, table, contract) for table, contract in raw_tables(source).items()))


def _write_truth(job: Job, source: SourceConfig, parsed: Mapping[str, DataFrame], facts: Mapping[str, list[Row]]) -> None:
    node = source.record.table
    if source.tables[node].truth:
        truth = tokeniser(job.keys)(truth_rows(parsed[node], source), [("record", "record_key", "record_id")])
        job.write(truth_table(source.source), truth.select("record_id", "true_person_id"), inputs=_digest(facts, node))


def _write_account(
    job: Job, source: SourceConfig, delivery: Delivery, parsed: Mapping[str, DataFrame], facts: Mapping[str, list[Row]]
) -> None:
    """One commit for the counts of all files and one for the rows set aside; the run's tally takes the counts."""
    name, day = source.source, delivery.snapshot_date
    slice_: Slice = {"source": name, "snapshot_date": day}
    fact = job.spark.createDataFrame([row for table in parsed for row in facts[table]], FACT_SCHEMA)
    received = reduce(DataFrame.unionByName, [received_files(rows, fact, name, table, day) for table, rows in parsed.items()])
    rejected = reduce(DataFrame.unionByName, [rejected_rows(rows, name, table, day) for table, rows in parsed.items()])
    inputs = _digest(facts, *parsed)
    job.together(
        partial(job.write, RECEIVED_FILE, received, where=slice_, inputs=inputs),
        partial(job.write, REJECTED_ROW, rejected, where=slice_, inputs=inputs, allow_empty=True),
    )
    counted = job.read_slice(RECEIVED_FILE, slice_, counted=False).agg({"received": "sum", "rejected": "sum"}).first()
    if counted:
        job.count(rows_in=counted["sum(received)"] or 0, set_aside=counted["sum(rejected)"] or 0)


def _digest(facts: Mapping[str, list[Row]], *tables: str) -> str:
    """Hash of the names and bytes of the files of these tables."""
    return digest(sorted((table, fact.source_file, fact.sha256) for table in tables for fact in facts[table]))
