"""Loads deliveries: every file read to its end before any row is published, then each table's rows, rejects and counts."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.load import digest
from docketlink.config.source import SourceConfig
from docketlink.contracts import Table
from docketlink.contracts.arrivals import RECEIVED_FILE, REJECTED_ROW
from docketlink.contracts.truth import truth_table
from docketlink.disclosure.tokens import tokeniser
from docketlink.runtime.extracts import loaded_snapshots
from docketlink.runtime.holds import hold_sudden_change, loaded_files
from docketlink.runtime.job import Job, Slice
from docketlink.runtime.row_faults import row_faults
from docketlink.runtime.staging import Staged, hashes, staged
from docketlink.sources.contracts import raw_tables
from docketlink.sources.ingest import accepted_rows, received_files, refuse_unusable, rejected_rows, truth_rows
from docketlink.sources.landing import Delivery
from docketlink.sources.rules import at_fault, without

Files = Sequence[tuple[str, str, str]]
"""Table, name and SHA-256 of each file of a delivery."""
Write = tuple[Table, Slice | None, str]
"""A table, the slice that is replaced, and the hash of what it comes from."""


def load_deliveries(job: Job, source: SourceConfig, deliveries: Sequence[Delivery]) -> None:
    """Replaces the slices of these deliveries in every raw table, in order of date.

    SourceError, and nothing written, when a file of any of them cannot be used; SourceError, and nothing written of it and of later
    ones, when one is held. Files that every slice came from are not parsed again.
    """
    newest = max([*loaded_snapshots(job, source), *(delivery.snapshot_date for delivery in deliveries)], default=None)
    new = [each for each in deliveries if not _stands(job, source, each, knows_truth=each.snapshot_date == newest)]
    if not new:
        return
    with staged(job, source, new) as found:
        refuse_unusable(source, found.facts)
        for delivery in new:
            _load(job, source, delivery.snapshot_date, found, knows_truth=delivery.snapshot_date == newest)


def _stands(job: Job, source: SourceConfig, delivery: Delivery, *, knows_truth: bool) -> bool:
    """Whether all that a load would write is there already, from the same bytes; then it is noted so."""
    day = delivery.snapshot_date
    account = loaded_files(job, source, day)
    known = {(row.table, row.source_file): (row.bytes, row.sha256) for row in account}
    landed = {(file.table, file.name): file for file in delivery.files}
    if not known or {at: size for at, (size, _) in known.items()} != {at: file.bytes for at, file in landed.items()}:
        return False
    writes = _writes(source, day, [(table, name, sha256) for (table, name), (_, sha256) in known.items()], knows_truth=knows_truth)
    if not job.all_stand(writes):
        return False
    now = hashes(job, source, [delivery])
    if any(now[day, file.path] != known[at] for at, file in landed.items()):
        return False
    job.let_stand(writes)
    job.count(rows_in=sum(row.received for row in account), set_aside=sum(row.rejected for row in account))
    return True


def _writes(source: SourceConfig, day: date, files: Files, *, knows_truth: bool) -> list[Write]:
    """Everything that a delivery of these files leaves, in order: truth, account, rows."""
    of_source: Slice = {"source": source.source, "snapshot_date": day}
    truth = truth_table(source.source), None, _digest(files, source.node_landing)
    accounts = [(table, of_source, _digest(files, *source.landed)) for table in (RECEIVED_FILE, REJECTED_ROW)]
    rows = [(contract, {"snapshot_date": day}, _digest(files, table)) for table, contract in raw_tables(source).items()]
    return [*([truth] if knows_truth and source.tables[source.node_landing].truth else []), *accounts, *rows]


def _load(job: Job, source: SourceConfig, day: date, found: Staged, *, knows_truth: bool) -> None:
    """Truth goes first, the account of the files next, accepted rows last: raw never holds rows of files whose account is missing."""
    facts = found.facts[day]
    files = [(fact.table, fact.source_file, fact.sha256) for fact in facts]
    sound = {table: found.sound(day, table) for table in source.landed}
    places = row_faults(source, sound, job.hold)
    standing = {table: without(rows, places.get(table)) for table, rows in sound.items()}
    hold_sudden_change(job, source, day, standing[source.node_landing], files)
    frames: dict[str, DataFrame] = {}
    if knows_truth and source.tables[source.node_landing].truth:  # a late one knows less
        truth = tokeniser(job.keys)(truth_rows(standing[source.node_landing], source), [("record", "record_key", "record_id")])
        frames[truth_table(source.source).full_name] = truth.select("record_id", "true_person_id")
    received = received_files(facts, _counted(places), source.source, day)
    frames[RECEIVED_FILE.full_name] = job.spark.createDataFrame(received, RECEIVED_FILE.schema)
    frames[REJECTED_ROW.full_name] = _rejected(job, source, day, found, sound, places)
    for table, contract in raw_tables(source).items():
        frames[contract.full_name] = accepted_rows(standing[table], contract, day)
    writes = _writes(source, day, files, knows_truth=knows_truth)

    def write(table: Table, where: Slice | None, inputs: str) -> None:
        may_be_empty = table != RECEIVED_FILE and where is not None
        is_row = where is not None and "source" not in where  # keys of rows are their places: unique by construction
        job.write(table, frames[table.full_name], where=where, inputs=inputs, allow_empty=may_be_empty, audit=not is_row, at_rest=is_row)

    for step in (
        [each for each in writes if each[1] is None],
        [each for each in writes if each[1] and "source" in each[1]],
        [each for each in writes if each[1] and "source" not in each[1]],
    ):
        job.together(*(partial(write, *each) for each in step))
    job.count(rows_in=sum(row[6] for row in received), set_aside=sum(row[8] for row in received))


def _rejected(
    job: Job, source: SourceConfig, day: date, found: Staged, sound: Mapping[str, DataFrame], places: Mapping[str, DataFrame]
) -> DataFrame:
    with_faults = sorted({fact.table for fact in found.facts[day] if fact.faulty_in})
    parts = [rejected_rows(found.faulty(day, table), source, table, day) for table in with_faults]
    parts += [rejected_rows(at_fault(sound[table], at), source, table, day) for table, at in sorted(places.items())]
    return reduce(DataFrame.unionByName, parts) if parts else REJECTED_ROW.nothing(job.spark)


def _counted(places: Mapping[str, DataFrame]) -> dict[tuple[str, str], int]:
    """How many rows rules over rows set aside, by table and file."""
    if not places:
        return {}
    named = [at.select(F.lit(table).alias("table"), "source_file") for table, at in places.items()]
    counted = reduce(DataFrame.unionAll, named).groupBy("table", "source_file").agg(F.count(F.lit(1)).alias("rows"))
    return {(row.table, row.source_file): row.rows for row in counted.collect()}  # a row a file


def _digest(files: Files, *tables: str) -> str:
    """Hash of the names and bytes of the files of these tables."""
    return digest(sorted(file for file in files if file[0] in tables))
