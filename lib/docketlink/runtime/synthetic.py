"""Lands the synthetic court system: files as their systems would export them, truth in its own zone."""

from pyarrow import fs

from docketlink.contracts.tables import truth_table
from docketlink.disclosure.tokens import tokeniser
from docketlink.runtime.job import Job
from docketlink.sources.kernel_stream import filesystem
from docketlink.synthetic.courts import generate, plan, snapshot_folders, truth


def land_courts(job: Job) -> None:
    """Writes the landing files and the truth of every synthetic source; what an earlier one left in the same folders goes first."""
    system = plan(job.config.settings.synthetic)
    landing = job.config.settings.landing
    store, root = filesystem(landing)
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
