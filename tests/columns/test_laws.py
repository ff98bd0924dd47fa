"""Column functions and the rules of cleaning that they mirror say the same of thousands of values, in one frame and one action."""

import random

from docketlink.cleaning import dates as day_rules
from docketlink.cleaning import text as text_rules
from docketlink.columns import dates, keys, text
from pyspark.sql import SparkSession

FORMATS = ("yyyy-MM-dd", "dd/MM/yyyy", "d MMM yyyy", "yyyyMMdd")
PIECES = ["Zoë", "O\u2019Neill", "Smith-Jones", "  ", "\t", "_", "Weiß", "Łódź", "A.B.", "1980-02-29", "29/02/1981", "31/12/1999",
          "5 Jan 1980", "19800105", "1980-01-05T10:30:00", "e\u0301", "\u00a0", "12,", "St. Mary's", "x"]  # fmt: skip


def test_columns_and_rules_of_cleaning_agree(spark: SparkSession) -> None:
    draw = random.Random(5)
    values = sorted({"".join(draw.choices(PIECES, k=draw.randint(1, 3))) for _ in range(1500)} | {*PIECES})
    frame = spark.createDataFrame([(v,) for v in [*values, None]], "given string").coalesce(1)
    read = frame.select(
        "given",
        text.words(frame.given).alias("words"),
        text.trimmed(frame.given).alias("trimmed"),
        keys.key_part("given").alias("key_part"),
        dates.date_text(dates.without_placeholder(dates.parsed_date(frame.given, FORMATS))).alias("day"),
    ).collect()
    assert len(read) > 700
    assert [tuple(row)[1:] for row in read if row.given is None] == [(None, None, None, None)]
    wrong = {}
    for row in (row for row in read if row.given is not None):
        day = day_rules.without_placeholder(day_rules.parsed_date(row.given, FORMATS))
        expected = (text_rules.words(row.given), text_rules.trimmed(row.given), text_rules.key_part(row.given), day and day.isoformat())
        if tuple(row)[1:] != expected:
            wrong[row.given] = (tuple(row)[1:], expected)
    assert not wrong
