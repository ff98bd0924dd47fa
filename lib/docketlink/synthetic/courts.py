"""The synthetic court system as frames: the files it writes, and who is who in them."""

from dataclasses import replace
from functools import partial

from pyspark.sql import DataFrame

from docketlink.config.settings import Synthetic
from docketlink.synthetic import parameters
from docketlink.synthetic.kernels import SYSTEMS, write_files, write_links, write_people, write_truth
from docketlink.synthetic.landing import FORMATS
from docketlink.synthetic.parameters import Plan

SOURCES: tuple[str, ...] = tuple(system.SOURCE for system in SYSTEMS)
TABLES: tuple[tuple[str, str], ...] = tuple(FORMATS)
"""Source and landing table of every file that a system writes."""


def plan(settings: Synthetic) -> Plan:
    """What the settings ask for; ``plan(…).files`` is the number of tasks."""
    made = parameters.plan(settings.seed, settings.records, settings.snapshot_date, extracts=settings.extracts, stress=settings.stress)
    return replace(made, delivery_faults=settings.delivery_faults)


def snapshot_folders(system: Plan) -> list[str]:
    """Folders below the landing that belong to the system: what an earlier one left there must go first."""
    dates = [system.date_before(weeks) for weeks in range(system.extracts)]
    return [f"{source}/{table}/mojap_snapshot_date={date}" for source, table in TABLES for date in dates]


def generate(files: DataFrame, system: Plan, landing: str) -> DataFrame:
    """Writes the landing files of each file number (``files``: one BIGINT column ``id``, 0 to ``system.files`` - 1).

    One row per file: ``source, table, file, rows, person_records, bytes, fault``; ``person_records`` counts people's linking nodes
    in the table that holds them, else 0; ``fault`` says what went wrong with a delivery on purpose, else NULL. A file appears
    whole or not at all, and a task that runs again writes the same bytes. Partitions and cores change nothing. The caller counts
    or collects the rows: nothing is written before.
    """
    return files.select("id").mapInArrow(
        partial(write_files, plan=system, landing=landing),
        "source string, table string, file string, rows bigint, person_records bigint, bytes bigint, fault string",
    )


def truth(files: DataFrame, system: Plan) -> DataFrame:
    """One row per person's linking node: ``source, record_key, true_person_id``; nothing is read or written.

    ``record_key`` is the text of ``columns.keys.record_key``. Nodes whose every record a file spoils have a row too.
    """
    return files.select("id").mapInArrow(partial(write_truth, plan=system), "source string, record_key string, true_person_id string")


def people(files: DataFrame, system: Plan) -> DataFrame:
    """One row per person who has a record: attributes that fairness is measured by, and the events of the life up to the snapshot."""
    return files.select("id").mapInArrow(
        partial(write_people, plan=system),
        "true_person_id string, family_id string, sex string, birth_year int, name_origin string, ethnicity string, ethnicity_group string,"
        " born_abroad boolean, is_twin boolean, region string, local_authority string,"
        " life_event_arr array<struct<kind: string, number: int, event_date: date, detail: string>>",
    )


def case_links(files: DataFrame, system: Plan) -> DataFrame:
    """One row per two rows of one case and defendant: ``kind, magistrates_key, source, record_key``; keys as in ``truth``."""
    return files.select("id").mapInArrow(
        partial(write_links, plan=system), "kind string, magistrates_key string, source string, record_key string"
    )
