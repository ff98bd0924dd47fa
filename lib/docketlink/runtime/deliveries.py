"""Loads deliveries: every file inspected before any row is parsed, then each table's rows, rejects and counts."""

from collections.abc import Mapping, Sequence
from functools import partial, reduce

from pyspark.sql import DataFrame, Row

from docketlink.config.load import digest
from docketlink.config.rules import reference_order
from docketlink.config.source import SourceConfig
from docketlink.contracts import Table
from docketlink.contracts.tables import RECEIVED_FILE, REJECTED_ROW, truth_table
from docketlink.disclosure.tokens import tokeniser
from docketlink.runtime.extracts import loaded_snapshots
from docketlink.runtime.holds import hold_sudden_change
from docketlink.runtime.job import Job, Slice
from docketlink.sources.contracts import raw_tables
from docketlink.sources.ingest import (
    FACT_SCHEMA,
    FILE_SCHEMA,
    accepted_rows,
    file_frame_rows,
    inspect_files,
    parse_files,
    received_files,
    refuse_unusable,
    rejected_rows,
    truth_rows,
)
from docketlink.sources.landing import Delivery
from docketlink.sources.rules import mark_duplicates, mark_lost, value_rules

Facts = Mapping[str, list[Row]]
"""What inspection found of each file, by landing table."""


def load_deliveries(job: Job, source: SourceConfig, deliveries: Sequence[Delivery]) -> None:
    """Replaces the slices of these deliveries in every raw table, in order of date.

    SourceError, and nothing written, when a file of any of them cannot be used; SourceError, and nothing written of it and of later
    ones, when one is held.
    """
    facts = [_inspected(job, source, delivery) for delivery in deliveries]
    by_date = {
        delivery.snapshot_date: [f for each in found.values() for f in each] for delivery, found in zip(deliveries, facts, strict=True)
    }
    refuse_unusable(source, by_date)
    newest = max([*loaded_snapshots(job, source), *(delivery.snapshot_date for delivery in deliveries)], default=None)
    for delivery, found in zip(deliveries, facts, strict=True):
        _load(job, source, delivery, found, knows_truth=delivery.snapshot_date == newest)


def _inspected(job: Job, source: SourceConfig, delivery: Delivery) -> Facts:
    facts: dict[str, list[Row]] = {}

    def inspect(table: str) -> None:
        found = inspect_files(_files(job, delivery, table), source.tables[table], tasks=len(delivery.of(table)))
        facts[table] = found.collect()  # as many rows as files

    job.together(*(partial(inspect, table) for table in source.landed))
    return facts


def _files(job: Job, delivery: Delivery, table: str) -> DataFrame:
    return job.spark.createDataFrame(file_frame_rows(delivery, table), FILE_SCHEMA)


def _load(job: Job, source: SourceConfig, delivery: Delivery, facts: Facts, *, knows_truth: bool) -> None:
    """Truth goes first, the account of the files next, accepted rows last: raw never holds rows of files whose account is missing."""
    parsed = _parsed(job, source, delivery)
    hold_sudden_change(job, source, delivery, parsed[source.node_landing], [fact for found in facts.values() for fact in found])
    if knows_truth:  # a late one knows less
        _write_truth(job, source, parsed, facts)
    _write_account(job, source, delivery, parsed, facts)

    def write(table: str, contract: Table) -> None:
        rows = accepted_rows(parsed[table], contract, delivery.snapshot_date)
        job.write(contract, rows, where={"snapshot_date": delivery.snapshot_date}, inputs=_digest(facts, table), allow_empty=True)

    job.together(*(partial(write, table, contract) for table, contract in raw_tables(source).items()))


def _parsed(job: Job, source: SourceConfig, delivery: Delivery) -> dict[str, DataFrame]:
    """Each table's records with every fault: of values as they are read, then of rows that repeat or refer to others."""
    parsed: dict[str, DataFrame] = {}
    for table in reference_order(source.landed):
        config = source.tables[table]
        rules = value_rules(source, config, delivery.snapshot_date)
        read = job.hold(parse_files(_files(job, delivery, table), config, tasks=len(delivery.of(table)), rules=rules))
        unique = job.hold(mark_duplicates(read, config))
        parsed[table] = job.hold(mark_lost(unique, config, parsed)) if config.references else unique
    return {table: parsed[table] for table in source.landed}


def _write_truth(job: Job, source: SourceConfig, parsed: Mapping[str, DataFrame], facts: Facts) -> None:
    node = source.node_landing
    if source.tables[node].truth:
        truth = tokeniser(job.keys)(truth_rows(parsed[node], source), [("record", "record_key", "record_id")])
        job.write(truth_table(source.source), truth.select("record_id", "true_person_id"), inputs=_digest(facts, node))


def _write_account(job: Job, source: SourceConfig, delivery: Delivery, parsed: Mapping[str, DataFrame], facts: Facts) -> None:
    """One commit for the counts of all files and one for the rows set aside; the run's tally takes the counts."""
    name, day = source.source, delivery.snapshot_date
    slice_: Slice = {"source": name, "snapshot_date": day}
    fact = job.spark.createDataFrame([row for table in parsed for row in facts[table]], FACT_SCHEMA)
    received = reduce(DataFrame.unionByName, [received_files(rows, fact, name, table, day) for table, rows in parsed.items()])
    rejected = reduce(DataFrame.unionByName, [rejected_rows(rows, source, table, day) for table, rows in parsed.items()])
    inputs = _digest(facts, *parsed)
    job.together(
        partial(job.write, RECEIVED_FILE, received, where=slice_, inputs=inputs),
        partial(job.write, REJECTED_ROW, rejected, where=slice_, inputs=inputs, allow_empty=True),
    )
    counted = job.read_slice(RECEIVED_FILE, slice_, counted=False).agg({"received": "sum", "rejected": "sum"}).first()
    if counted:
        job.count(rows_in=counted["sum(received)"] or 0, set_aside=counted["sum(rejected)"] or 0)


def _digest(facts: Facts, *tables: str) -> str:
    """Hash of the names and bytes of the files of these tables."""
    return digest(sorted((table, fact.source_file, fact.sha256) for table in tables for fact in facts[table]))
