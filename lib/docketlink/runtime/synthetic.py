"""Lands the synthetic court system: files as their systems would export them, truth in its own zone."""

import shutil
from pathlib import Path

from pyarrow import fs

from docketlink.contracts.tables import truth_table
from docketlink.disclosure.tokens import tokeniser
from docketlink.errors import ConfigError
from docketlink.runtime.job import Job
from docketlink.sources.kernel_stream import filesystem
from docketlink.synthetic.courts import generate, plan, snapshot_folders, truth

# Landing files of the demo take 250 bytes a person record, the tables made of them four times that.
_BYTES_A_RECORD = 400


def land_courts(job: Job) -> None:
    """Writes the landing files and the truth of every synthetic source; what an earlier one left in the same folders goes first."""
    system = plan(job.config.settings.synthetic)
    landing = job.config.settings.landing
    store, root = filesystem(landing)
    _require_room(store, root, system.records * system.extracts * _BYTES_A_RECORD)
    for folder in snapshot_folders(system):
        if store.get_file_info(f"{root}/{folder}").type == fs.FileType.Directory:
            store.delete_dir_contents(f"{root}/{folder}")
    numbers = job.spark.range(0, system.files, 1, numPartitions=system.files)
    with job.watch(f"write {system.files} blocks of landing files"):
        facts = generate(numbers, system, landing).collect()  # a row for each file
    people = sum(fact.person_records for fact in facts)
    job.log.info("landed", files=len(facts), person_records=people, rows=sum(fact.rows for fact in facts), folder=landing)
    known = job.hold(tokeniser(job.keys)(truth(numbers, system), [("record", "record_key", "record_id")]))
    for source in sorted({fact.source for fact in facts}):
        job.write(truth_table(source), known.where(known.source == source).select("record_id", "true_person_id"))


def _require_room(store: fs.FileSystem, root: str, needed: int) -> None:
    """ConfigError when the disk of a local landing folder has less than ``needed`` bytes left."""
    if not isinstance(store, fs.LocalFileSystem):
        return
    there = next(folder for folder in (Path(root), *Path(root).parents) if folder.exists())
    if (free := shutil.disk_usage(there).free) < needed:
        raise ConfigError(
            f"the landing files need about {needed / 1e9:,.1f} GB, and the disk of {root} has {free / 1e9:,.1f} GB left.",
            next_step="choose a smaller synthetic.records, or another landing.",
        )
