"""Analysts without Spark read what Spark reads, the newest version and a pinned one."""

from datetime import UTC, date, datetime

import pytest
from docketlink.storage.lake import Lake
from pyspark.sql import SparkSession

from tests.storage.foreign import assert_readable_by_others
from tests.storage.samples import NOTE, PERSON, notes, people, person, stamp


def test_every_kind_of_column_is_read_alike_by_all(spark: SparkSession, lake: Lake) -> None:
    nothing = {"last_name": None, "name_arr": None, "date_arr": None, "other_map": None, "born": None, "rule": None, "is_old": None}
    old = [person("1"), person("2", name_arr=[], date_arr=[], other_map={}), person("3", **nothing, ordinal=None, seen_at=None)]
    lake.replace(PERSON, people(spark, *old), stamp("i1"), where={"source": "a"})
    odd = person("4", "b/ ü", born=date(1582, 10, 16), seen_at=datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
    lake.replace(PERSON, people(spark, odd), stamp("i2"), where={"source": "b/ ü"})
    lake.replace(PERSON, people(spark, person("5", last_name="Łukasz-Ñandú 李")), stamp("i3"), where={"source": "a"})
    assert_readable_by_others(lake.path(PERSON), None, lake.read(PERSON).collect())
    pinned = lake.read(PERSON, version=2).collect()
    assert len(pinned) == 4
    assert_readable_by_others(lake.path(PERSON), 2, pinned)


def test_a_difference_would_be_found(spark: SparkSession, lake: Lake) -> None:
    lake.replace(NOTE, notes(spark, (1, "x"), (2, None)), stamp("i1"))
    assert_readable_by_others(lake.path(NOTE), 1, [{"id": 2, "text": None}, {"id": 1, "text": "x"}])
    for wrong in ([{"id": 1, "text": "x"}], [{"id": 1, "text": "x"}, {"id": 2, "text": ""}]):
        with pytest.raises(AssertionError, match="deltalake reads"):
            assert_readable_by_others(lake.path(NOTE), None, wrong)
