"""The content hash sees every difference of content and no difference of order."""

from docketlink.storage.hashing import content_hash_columns
from pyspark.sql import SparkSession

KINDS = (
    "a string, b string, arr array<string>, map map<string,string>, maps array<struct<m: map<string,array<string>>>>, "
    "st struct<x: int, y: int>, at timestamp"
)


def row(a=None, b=None, arr=None, map=None, maps=None, st=None, at=None):
    return (a, b, arr, map, maps, st, at)


# Each case: rows on the left, rows on the right, and whether they are the same content.
CASES = {
    "a NULL has its place": ([row(None, "a")], [row("a", None)], False),
    "NULL is not empty": ([row(a="")], [row(a=None)], False),
    "the order of rows does not matter": ([row("x"), row("y")], [row("y"), row("x")], True),
    "equal rows do not cancel": ([row("x"), row("x")], [row("y"), row("y")], False),
    "a row more is a difference": ([row("x")], [row("x"), row("x")], False),
    "a NULL inside an array counts": ([row(arr=["x", None])], [row(arr=["x"])], False),
    "a NULL inside an array has its place": ([row(arr=["x", None])], [row(arr=[None, "x"])], False),
    "the order of an array matters": ([row(arr=["x", "y"])], [row(arr=["y", "x"])], False),
    "an empty array is not NULL": ([row(arr=[])], [row(arr=None)], False),
    "the order of a map does not matter": ([row(map={"k": "1", "l": None})], [row(map={"l": None, "k": "1"})], True),
    "a NULL inside a map counts": ([row(map={"k": None})], [row(map={})], False),
    "an empty map is not NULL": ([row(map={})], [row(map=None)], False),
    "the order of a map within does not matter": (
        [row(maps=[({"k": ["1"], "l": [None]},)])],
        [row(maps=[({"l": [None], "k": ["1"]},)])],
        True,
    ),
    "a NULL inside a map within counts": ([row(maps=[({"k": [None]},)])], [row(maps=[({"k": []},)])], False),
    "a NULL inside a struct has its place": ([row(st=(1, None))], [row(st=(None, 1))], False),
    "a struct of NULLs is not NULL": ([row(st=(None, None))], [row(st=None)], False),
    "quotes do not blur an array": ([row(arr=['x","y'])], [row(arr=["x", "y"])], False),
}


def test_equal_content_has_equal_hashes_and_other_content_has_not(spark: SparkSession) -> None:
    rows = [(name, side, *each) for name, case in CASES.items() for side in (0, 1) for each in case[side]]
    frame = spark.createDataFrame(rows, f"name string, side int, {KINDS}")
    found = frame.groupBy("name", "side").agg(*content_hash_columns(frame.drop("name", "side"))).collect()
    hashes = {(row.name, row.side): (row["rows"], row.content_hash) for row in found}
    wrong = [name for name, (_, _, same) in CASES.items() if (hashes[name, 0] == hashes[name, 1]) is not same]
    assert wrong == []


def test_microseconds_count_inside_arrays(spark: SparkSession) -> None:
    frame = spark.sql("SELECT array(timestamp'2026-01-05 00:00:00.000001') a UNION ALL SELECT array(timestamp'2026-01-05 00:00:00.000002')")
    hashes = [frame.where(f"a[0] = timestamp'2026-01-05 00:00:00.00000{i}'").agg(*content_hash_columns(frame)) for i in (1, 2)]
    assert hashes[0].union(hashes[1]).distinct().count() == 2


def test_partitions_files_and_the_order_of_columns_do_not_matter(spark: SparkSession) -> None:
    frame = spark.range(1000).selectExpr("id", "cast(id % 7 as string) AS text", "array(id, null) AS arr")
    shuffled = frame.repartition(5, "text").select("arr", "id", "text").orderBy("text")
    assert frame.agg(*content_hash_columns(frame)).first() == shuffled.agg(*content_hash_columns(shuffled)).first()


def test_hashes_of_parts_add_up_and_nothing_is_zero(spark: SparkSession) -> None:
    frame = spark.range(100)
    parts = [frame.where(where) for where in ("true", "id < 40", "id >= 40", "false")]
    whole, low, high, none = (part.agg(*content_hash_columns(part)).first() for part in parts)
    assert int(whole.content_hash) == int(low.content_hash) + int(high.content_hash)
    assert tuple(none) == (0, "0")


def test_the_sum_is_exact(spark: SparkSession) -> None:
    frame = spark.range(10_000).selectExpr("id", "nullif(id % 3, 0) AS third")
    row = frame.selectExpr("xxhash64(isnull(id), id, isnull(third), third) AS hash").collect()
    assert min(r.hash for r in row) < 0 < max(r.hash for r in row)
    assert frame.agg(*content_hash_columns(frame)).first().content_hash == str(sum(r.hash for r in row))
