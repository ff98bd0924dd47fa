"""Record attributes: what fairness measures and cohorts need of a record, kept away from linking."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.codes import standard_code
from docketlink.columns.dates import year_band
from docketlink.columns.text import trimmed
from docketlink.config.source import SourceConfig
from docketlink.contracts.tables import RECORD_ATTRIBUTE
from docketlink.transforms.nodes import KEY, Raw, WithTokens, main_marked, record_keyed
from docketlink.transforms.readings import birth_date_in, birth_date_of, sex_of

UNKNOWN_ETHNICITY = "UN"


def record_attributes(raw: Raw, source: SourceConfig, *, snapshot_date: date, with_tokens: WithTokens) -> DataFrame:
    """``payload.record_attribute`` of one source and snapshot: one row for each linking node, from its main row.

    A missing year of birth takes the earliest of an alias, as the person record does.
    """
    keyed = record_keyed(raw, source)
    rows = main_marked(keyed[source.record.table], source)
    main = F.struct(
        sex_of(source).alias("sex"),
        _ethnicity(source).alias("ethnicity"),
        _text(source.attributes.ethnicity.column if source.attributes.ethnicity else None).alias("ethnicity_raw"),
        _text(source.attributes.area).alias("area_code"),
        _text(source.record.role).alias("role_code"),
        F.col("dob.value").alias("born"),
    )
    born = rows.withColumn("dob", birth_date_of(source, snapshot_date)).select(
        KEY, F.when(F.col("is_main"), main).alias("main"), F.col("dob.value").alias("birth")
    )
    for alias in source.record.aliases:
        birth = birth_date_in(alias.date_of_birth, snapshot_date)["value"].alias("birth")
        born = born.unionByName(keyed[alias.table].select(KEY, birth), allowMissingColumns=True)
    node = born.groupBy(KEY).agg(F.max("main").alias("main"), F.min("birth").alias("earliest"))
    attribute = node.select(
        KEY,
        F.lit(source.source).alias("source"),
        "main.sex",
        "main.ethnicity",
        "main.ethnicity_raw",
        year_band(F.coalesce("main.born", "earliest")).alias("birth_year_band"),
        "main.area_code",
        "main.role_code",
    )
    return RECORD_ATTRIBUTE.conform(with_tokens(attribute, [("record", KEY, "record_id")]).drop(KEY))


def _ethnicity(source: SourceConfig) -> Column:
    coded = source.attributes.ethnicity
    if coded is None:
        return F.lit(None).cast("string")
    codes = source.codes[coded.codes] if coded.codes else None
    return standard_code(F.col(f"`{coded.column}`"), codes, coded.unmapped or UNKNOWN_ETHNICITY)


def _text(name: str | None) -> Column:
    return F.lit(None).cast("string") if name is None else trimmed(F.col(f"`{name}`").cast("string"))
