"""Events of people as literal rows: what is left out is NULL."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from docketlink.contracts.events import PERSON_EVENT
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructField, StructType

LOOSE = StructType([StructField(f.name, f.type) for f in PERSON_EVENT.fields])
DEFAULTS: Mapping[str, Any] = {
    "record_id": "r1", "source": "prison", "event_system": "prison", "event_date_precision": "day", "day_order": 9, "is_principal": False,
    "flag_arr": [], "link_status": "linked",
}  # fmt: skip


def person_event_of(spark: SparkSession, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """``research.person_event`` of the rows; dates may be written as texts, and the three persons of a row are one."""
    full = []
    for row in rows:
        given = {**DEFAULTS, **row}
        given |= {name: date.fromisoformat(given[name]) for name in ("event_date", "end_date") if given.get(name)}
        given |= {f"person_id_{level}": given.get(f"person_id_{level}", given["person_id"]) for level in ("high", "low")}
        full.append(tuple(given.get(name) for name in PERSON_EVENT.columns))
    return spark.createDataFrame(full, LOOSE)
