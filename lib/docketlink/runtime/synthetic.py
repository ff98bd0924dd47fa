"""Lands the synthetic court system: files as their systems would export them, truth in its own zone."""

import shutil
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from pyarrow import fs
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.contracts.truth import CASE_LINK, LIFE_EVENT, TRUE_PERSON, truth_table
from docketlink.disclosure.tokens import tokeniser
from docketlink.errors import ConfigError
from docketlink.runtime.job import Job
from docketlink.sources.kernel_stream import filesystem
from docketlink.synthetic.courts import case_links, generate, people, plan, snapshot_folders, truth
from docketlink.synthetic.parameters import Plan

# Landing files take about 310 bytes a person record, the tables made of them several times that.
_BYTES_A_RECORD = 400


def land_courts(job: Job) -> None:
    """Writes the landing files and the truth of every synthetic source; what an earlier one left in the same folders goes first."""
    system = plan(job.config.settings.synthetic)
    landing = job.config.settings.landing
    store, root = filesystem(landing)
    _require_room(store, root, (system.records + system.stress_rows) * system.extracts * _BYTES_A_RECORD)
    for folder in snapshot_folders(system):
        if store.get_file_info(f"{root}/{folder}").type == fs.FileType.Directory:
            store.delete_dir_contents(f"{root}/{folder}")
    numbers = job.spark.range(0, system.files, 1, numPartitions=system.files)
    with job.watch(f"write {system.files} blocks of landing files"):
        facts = generate(numbers, system, landing).collect()  # a row for each file
    people = sum(fact.person_records for fact in facts)
    job.log.info("landed", files=len(facts), person_records=people, rows=sum(fact.rows for fact in facts), folder=landing)
    for kind, files in groupby(sorted((fact.fault, fact.file) for fact in facts if fact.fault), key=itemgetter(0)):
        paths = [file for _, file in files]
        job.log.info("delivery_fault", kind=kind, files=len(paths), first=paths[0])
    _tell_truth(job, numbers, system, sorted({fact.source for fact in facts}))


def _tell_truth(job: Job, numbers: DataFrame, system: Plan, sources: list[str]) -> None:
    """Writes who is who, who they are, what happened to them and which rows are one case."""
    with_tokens = tokeniser(job.keys)
    known = job.hold(with_tokens(truth(numbers, system), [("record", "record_key", "record_id")]))
    for source in sources:
        job.write(truth_table(source), known.where(known.source == source).select("record_id", "true_person_id"))
    lives = job.hold(people(numbers, system))
    job.write(TRUE_PERSON, lives.drop("life_event_arr"))
    job.write(LIFE_EVENT, lives.select("true_person_id", F.inline("life_event_arr")))
    keys = [("record", "magistrates_key", "magistrates_record_id"), ("record", "record_key", "record_id")]
    job.write(CASE_LINK, with_tokens(case_links(numbers, system), keys).drop("magistrates_key", "record_key"))


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
