"""Token columns on frames: every other column untouched, the same whatever the partitioning, no key in the plan."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from docketlink.config.settings import Keys as KeySettings
from docketlink.disclosure.kernels import KeyedColumn, pseudonym, text_token
from docketlink.disclosure.keys import INTERNAL, Keys
from docketlink.disclosure.tokens import TokenColumn, person_ids, tokeniser, with_tokens
from docketlink.errors import ContractError
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

KEYS = Keys.load(KeySettings(), "synthetic")


@pytest.mark.timeout(180)
def test_tokens_are_appended_and_all_other_columns_stay_as_they_are(spark: SparkSession) -> None:
    schema = (
        "a string, b string, n int, d date, t timestamp, x decimal(20,3), l array<string>, m map<string,string>, "
        "s struct<p:int,q:array<date>>"
    )
    day = date(2026, 1, 5)
    rows = [
        ("k1", "c1", 1, day, datetime(2026, 1, 5, 9, 30, tzinfo=UTC), Decimal("1.250"), ["x", None], {"k": "v"}, (1, [day])),
        (" k1 ", None, None, None, None, None, None, None, None),
        (None, " ", 3, day, None, None, [], {}, (None, None)),
    ]
    frame = spark.createDataFrame(rows, schema)
    tokens = [TokenColumn("record", "a", "record_id"), TokenColumn("case", "a", "case_id"), TokenColumn("case", "b", "other_id")]
    result = with_tokens(frame, KEYS, tokens)
    assert result.schema.simpleString() == frame.schema.simpleString()[:-1] + ",record_id:string,case_id:string,other_id:string>"
    got = result.collect()
    assert [row[: len(frame.columns)] for row in got] == [tuple(row) for row in frame.collect()]
    expected = text_token(KEYS.derive(INTERNAL, "record"), "record", "k1")
    assert [row["record_id"] for row in got] == [expected, expected, None]
    assert got[0]["case_id"] not in (None, expected)  # one value in two domains: two tokens
    assert [row["other_id"] is None for row in got] == [False, True, True]


@pytest.mark.timeout(180)
def test_r2_ids_do_not_depend_on_partitions_or_order_and_the_plan_holds_no_key(spark: SparkSession) -> None:
    anchors = spark.range(0, 500, 1, 1).select(F.sha2(F.col("id").cast("string"), 256).alias("record_id"))
    shuffled = anchors.repartition(7).orderBy(F.col("record_id").desc())
    ids = person_ids(anchors, KEYS, "record_id", 3, "person_id")
    again = person_ids(shuffled, KEYS, "record_id", 3, "person_id")
    later = person_ids(anchors, KEYS, "record_id", 4, "person_id")
    compared = ids.join(again.withColumnRenamed("person_id", "again"), "record_id").join(
        later.withColumnRenamed("person_id", "later"), "record_id"
    )
    rows = compared.collect()
    assert len(rows) == 500
    assert all(row["person_id"] == row["again"] != row["later"] for row in rows)
    assert len({row["person_id"] for row in rows} | {row["later"] for row in rows}) == 1000
    sample = rows[0]
    key = KEYS.derive(INTERNAL, "person")
    assert sample["person_id"] == pseudonym(key, f"{sample['record_id']}\u001f3".encode())
    plan = ids._jdf.queryExecution().toString()
    for shown in (plan, repr(KeyedColumn(key, b"", b"", "a", "b"))):
        assert key.hex() not in shown
        assert repr(key) not in shown


def test_a_missing_text_column_and_a_name_twice_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("k", 1)], "a string, n int")
    with pytest.raises(ContractError, match="no column 'b'") as refused:
        tokeniser(KEYS)(frame, [("record", "b", "record_id"), ("record", "a", "n"), ("record", "n", "n_id")])
    assert "'n' would occur twice" in str(refused.value)
    assert "'n' is not text" in str(refused.value)
