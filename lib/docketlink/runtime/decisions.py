"""Files of reviewers' decisions, read and held against the records."""

import hashlib
from collections.abc import Sequence
from datetime import date

from pyarrow import fs
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.load import digest
from docketlink.contracts.spine import PAIR_OVERRIDE
from docketlink.errors import ConfigError, ContractError
from docketlink.linkage.decisions import Decision, contradictions, decisions_that_stand, read_decisions, unknown_records
from docketlink.runtime.job import Job
from docketlink.sources.kernel_stream import filesystem


def decision_files(folder: str) -> dict[str, bytes]:
    """Name and content of the CSV files of a folder (a path or a URI that pyarrow knows); hidden files and other kinds are left out."""
    store, root = filesystem(folder)
    if store.get_file_info(root).type != fs.FileType.Directory:
        raise ConfigError("linkage.overrides is no folder.", next_step="create it, empty if nothing is decided, or set it to null.")
    found = [f for f in store.get_file_info(fs.FileSelector(root)) if f.type == fs.FileType.File]
    files = {}
    for info in found:
        if info.extension == "csv" and not info.base_name.startswith((".", "_")):
            with store.open_input_stream(info.path) as stream:
                files[info.base_name] = stream.read()
    return files


def files_hash(files: dict[str, bytes]) -> str:
    """Hash of names and contents."""
    return digest(sorted((name, hashlib.sha256(content).hexdigest()) for name, content in files.items()))


def decided_pairs(job: Job, files: dict[str, bytes], records: DataFrame) -> DataFrame:
    """PAIR_OVERRIDE from the files. Raises ContractError with every fault of all of them; none quotes what a reviewer wrote.

    Only the records that the files name, and the newest extract's date, come to the driver.
    """
    said, faults = read_decisions(files)
    known, newest = _known(job, said, records)
    faults += unknown_records(said, known)
    stand, disagreeing = decisions_that_stand(said)
    faults += disagreeing + contradictions(stand, newest)
    if faults:
        raise ContractError(
            PAIR_OVERRIDE.full_name,
            faults,
            next_step="correct or remove the named rows in the folder of linkage.overrides and run again; the decisions of the last good "
            "load stand.",
        )
    rows = [tuple(getattr(decision, column) for column in PAIR_OVERRIDE.columns) for decision in stand]
    return PAIR_OVERRIDE.conform(job.spark.createDataFrame(rows, PAIR_OVERRIDE.schema))


def _known(job: Job, said: Sequence[Decision], records: DataFrame) -> tuple[set[str], date | None]:
    named = job.spark.createDataFrame([(i,) for i in sorted({i for d in said for i in d.pair})], "record_id string")
    asked = records.select("record_id", "snapshot_date").join(
        F.broadcast(named.withColumn("is_named", F.lit(True))), "record_id", how="left"
    )
    told = asked.agg(F.max("snapshot_date"), F.collect_set(F.when(F.col("is_named"), F.col("record_id")))).first()
    assert told is not None  # noqa: S101 - an aggregate without groups has one row
    return {*told[1]}, told[0]
