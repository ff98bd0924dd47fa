"""Traffic between Spark and the driver loses no row."""

import pyarrow as pa
from docketlink.linkage import exchange
from docketlink.linkage.exchange import fetch, frame_of


def test_a_table_with_empty_batches_arrives_whole(spark) -> None:
    """createDataFrame alone keeps the rows before the first empty batch and drops the others in silence."""
    some, none = pa.table({"node": [1, 2]}), pa.table({"node": pa.array([], pa.int64())})
    frame = frame_of(spark, pa.concat_tables([some, none, some]))
    assert sorted(row.node for row in frame.collect()) == [1, 1, 2, 2]


def test_a_fetch_in_parts_brings_every_row_once(spark, monkeypatch) -> None:
    monkeypatch.setattr(exchange, "FETCH_ROWS", 7)
    assert sorted(fetch(spark.range(50), "id", 50).column("id").to_pylist()) == [*range(50)]
