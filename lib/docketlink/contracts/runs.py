"""What jobs wrote in which run, and of what."""

from pyspark.sql.types import TimestampType

from docketlink.contracts.common import FLAG, LONG, OPERATIONAL, REAL, TEXT
from docketlink.contracts.table import Field, Table, Zone

RUN_MANIFEST = Table(
    zone=Zone.OPS,
    name="run_manifest",
    grain="one table written, or found unchanged, by one job in one run",
    key=("run_id", "job", "table", "slice", "finished_at"),
    fields=(
        Field("run_id", TEXT, "Label of the run.", True, OPERATIONAL),
        Field("job", TEXT, "Job of jobs/.", True, OPERATIONAL),
        Field("table", TEXT, "Table written, as zone.name.", True, OPERATIONAL),
        Field("slice", TEXT, "Part of the table that was replaced; empty for all of it.", True, OPERATIONAL),
        Field("delta_version", LONG, "Delta version after the job.", True, OPERATIONAL),
        Field("changed", FLAG, "Whether the job added a version.", True, OPERATIONAL),
        Field("rows", LONG, "Rows of the slice.", True, OPERATIONAL),
        Field("content_hash", TEXT, "Order-independent hash of the slice's rows.", True, OPERATIONAL),
        Field("replaced_hash", TEXT, "Hash of the rows that the write replaced; NULL where the slice held none.", False, OPERATIONAL),
        Field("input_hash", TEXT, "Hash of inputs, code and configuration.", True, OPERATIONAL),
        Field("inputs_json", TEXT, "Tables read, each with Delta version and content hash.", True, OPERATIONAL),
        Field("code_version", TEXT, "Package version and hash of its source.", True, OPERATIONAL),
        Field("config_hash", TEXT, "Hash of the configuration that can change a result.", True, OPERATIONAL),
        Field("seconds", REAL, "Seconds of the job so far.", True, OPERATIONAL),
        Field("peak_memory_mb", REAL, "Largest resident size of the driver's Python process, MB.", True, OPERATIONAL),
        Field("finished_at", TimestampType(), "When the write ended, UTC.", True, OPERATIONAL),
    ),
)
