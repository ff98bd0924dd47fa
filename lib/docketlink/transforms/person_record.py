"""Person records: one row for each linking node, its aliases and long tables gathered into arrays."""

from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.names import first_and_last, last_name, name_part
from docketlink.columns.postcodes import outcode
from docketlink.columns.text import array_or_null, let
from docketlink.config.source import SourceConfig
from docketlink.contracts.tables import PERSON_RECORD
from docketlink.transforms.nodes import KEY, Raw, WithTokens, main_marked, one_row_per_node, record_keyed
from docketlink.transforms.readings import child_reading, child_tables, node_reading

CROWD = 200  # people (distinct name and date of birth) above which a postcode says nothing: prisons, courts, hostels

# What a link can rest on. record_version is a hash of these, so an incremental run rescores exactly what changed.
COMPARISON_COLUMNS = (
    "source", "native_person_key", "role_code", "name_1_std", "name_2_std", "name_3_std", "last_name_std", "first_and_last_name_std",
    "forename_std_arr", "last_name_std_arr", "name_token_arr", "dob_std", "dob_arr", "sex_std", "postcode_arr", "postcode_outcode_arr",
    "postcode_uncommon", "address_line_std", "pnc_arr", "pnc_single", "cro_arr", "cro_single", "sentence_date_arr", "link_status",
    "linkability",
)  # fmt: skip

_MAIN = ("native_person_key", "role_code", "status", "name", "dob", "sex", "address")
_PERSON = "_person"
_LISTS = ("postcode", "pnc", "cro", "sentence_date")


def standardise_records(raw: Raw, source: SourceConfig, *, snapshot_date: date, with_tokens: WithTokens) -> DataFrame:
    """``identity.person_record`` of one source and snapshot: one row for each linking node.

    The main row gives name, sex, role, status and address; aliases add names and dates of birth; every table that the
    YAML names adds postcodes, register numbers, sentence dates. A missing date of birth takes the earliest of an alias.
    Of several addresses in a table of their own the first in the alphabet stands, since any order of rows is chance.
    ``with_tokens`` adds ``record_id`` to a frame that holds ``record_key``.
    """
    keyed = record_keyed(raw, source)
    others = sorted(source.record.other)
    node = _gathered(keyed, source, snapshot_date, [f"other_{i}" for i in range(len(others))])
    standard = _standardised(node, source, others, snapshot_date)
    flagged = _with_uncommon_postcode(standard, several=not (one_row_per_node(source) and len(source.record.postcodes) < 2))
    versioned = flagged.withColumn("linkability", linkability()).withColumn("record_version", record_version())
    return PERSON_RECORD.conform(with_tokens(versioned, [("record", KEY, "record_id")]).drop(KEY))


def _gathered(keyed: dict[str, DataFrame], source: SourceConfig, snapshot_date: date, others: list[str]) -> DataFrame:
    """One row for each node: the columns of its main row, and names, dates of birth and value lists over all its rows."""
    reading = node_reading(main_marked(keyed[source.record.table], source), source, snapshot_date)
    of_main = [*_MAIN, *others]
    children = child_tables(source)
    if one_row_per_node(source) and not children:  # no shuffle for the largest sources, which are flat
        return reading.select(
            KEY,
            *of_main,
            "as_received",
            F.col("name.first_arr").alias("first_arr"),
            F.col("name.last_arr").alias("last_arr"),
            F.array("dob.value").alias("births"),
            F.lit(None).cast("string").alias("child_address"),
            *_LISTS,
        )
    rows = reading.select(
        KEY,
        F.when(F.col("is_main"), F.struct(*of_main)).alias("main"),
        F.when(F.col("is_main"), F.col("as_received")).alias("as_received"),
        F.col("name.first_arr").alias("first_arr"),
        F.col("name.last_arr").alias("last_arr"),
        F.col("dob.value").alias("birth"),
        F.lit(None).cast("string").alias("child_address"),
        *_LISTS,
    )
    parts = [rows, *(child_reading(keyed[name], source, name, snapshot_date) for name in children)]
    united = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), parts)
    node = united.groupBy(KEY).agg(
        F.max("main").alias("main"),  # one row alone has it
        F.max("as_received").alias("as_received"),
        _collected("first_arr"),
        _collected("last_arr"),
        F.collect_set("birth").alias("births"),
        F.min("child_address").alias("child_address"),
        *(_collected(name) for name in _LISTS),
    )
    return node.select("main.*", *(name for name in node.columns if name != "main"))


def _collected(name: str) -> Column:
    """All values of a list over the rows of a node, in no order: whoever uses them sorts."""
    return F.flatten(F.collect_list(name)).alias(name)


def _standardised(node: DataFrame, source: SourceConfig, others: list[str], snapshot_date: date) -> DataFrame:
    tokens, dob = F.col("name.tokens"), F.col("dob")
    listed = node.select(
        KEY,
        *_MAIN,
        *(f"other_{i}" for i in range(len(others))),
        "child_address",
        "as_received",
        *(array_or_null(F.col(name)).alias(name) for name in ("first_arr", "last_arr", "births", "sentence_date")),
        *(array_or_null(F.transform(name, lambda found: found["value"])).alias(f"{name}_arr") for name in ("postcode", "pnc", "cro")),
        array_or_null(F.transform(F.concat("postcode", "pnc", "cro"), lambda found: found["reason"])).alias("reason_arr"),
    )
    earliest = F.get("births", F.lit(0))
    return listed.select(
        KEY,
        F.lit(source.source).alias("source"),
        "native_person_key",
        "role_code",
        *(name_part(tokens, n).alias(f"name_{n}_std") for n in (1, 2, 3)),
        last_name(tokens).alias("last_name_std"),
        first_and_last(tokens).alias("first_and_last_name_std"),
        F.col("first_arr").alias("forename_std_arr"),
        F.col("last_arr").alias("last_name_std_arr"),
        array_or_null(tokens).alias("name_token_arr"),
        F.coalesce(dob["value"], earliest).alias("dob_std"),
        F.when(dob["value"].isNotNull() | earliest.isNull(), dob["reason"])
        .when(earliest.endswith("-01-01"), F.lit("DOB_JAN1"))
        .alias("dob_reason"),
        F.col("births").alias("dob_arr"),
        F.col("sex").alias("sex_std"),
        "postcode_arr",
        array_or_null(F.transform("postcode_arr", outcode)).alias("postcode_outcode_arr"),
        F.coalesce("address", "child_address").alias("address_line_std"),
        "pnc_arr",
        F.get("pnc_arr", F.lit(0)).alias("pnc_single"),
        "cro_arr",
        F.get("cro_arr", F.lit(0)).alias("cro_single"),
        F.col("sentence_date").alias("sentence_date_arr"),
        _other_map(others).alias("other_map"),
        "reason_arr",
        F.col("status").alias("link_status"),
        F.lit(snapshot_date).alias("snapshot_date"),
        F.col("as_received").alias(_PERSON),
    )


def _other_map(others: list[str]) -> Column:
    """Further values by their name, in the order of the names; NULL for none."""
    empty = F.lit(None).cast("map<string,string>")
    if not others:
        return empty
    entries = F.create_map(*(part for i, name in enumerate(others) for part in (F.lit(name), F.col(f"other_{i}"))))
    filled = F.map_filter(entries, lambda _, value: value.isNotNull())
    return let(filled, lambda m: F.when(F.size(m) > 0, m).otherwise(empty))


def _with_uncommon_postcode(record: DataFrame, *, several: bool) -> DataFrame:
    """The record with its first postcode that at most ``CROWD`` people share; placeholders are gone already.

    People are told apart by name and date of birth as written, which spares a second cleaning of every name.
    The crowded ones are few (records / CROWD at the very most), so they travel to the records and not the other way.
    """
    shared = record.select(KEY, F.explode("postcode_arr").alias("postcode"), _PERSON)
    crowded = shared.groupBy("postcode").agg(F.count_distinct(_PERSON).alias("people")).where(F.col("people") > CROWD).select("postcode")
    record = record.drop(_PERSON)
    if not several:
        only = record.withColumn("_only", F.get("postcode_arr", F.lit(0)))
        joined = only.join(F.broadcast(crowded), on=F.col("_only") == F.col("postcode"), how="left")
        return joined.withColumn("postcode_uncommon", F.when(F.col("postcode").isNull(), F.col("_only"))).drop("_only", "postcode")
    safe = (
        shared.select(KEY, "postcode")
        .join(F.broadcast(crowded), on="postcode", how="left_anti")
        .groupBy(KEY)
        .agg(F.min("postcode").alias("postcode_uncommon"))
    )
    return record.join(safe, on=KEY, how="left")


def linkability() -> Column:
    """Sufficient when two of name, date of birth, postcode or address, register number can be used, else insufficient."""
    usable = (
        F.col("first_and_last_name_std").isNotNull(),
        F.col("dob_std").isNotNull(),
        F.col("postcode_arr").isNotNull() | F.col("address_line_std").isNotNull(),
        F.col("pnc_arr").isNotNull() | F.col("cro_arr").isNotNull(),
    )
    count = reduce(Column.__add__, [kind.cast("int") for kind in usable])
    return F.when(count >= 2, F.lit("sufficient")).otherwise(F.lit("insufficient"))


def record_version() -> Column:
    """SHA-256 over the comparison columns as JSON, NULLs written and map entries sorted."""
    compared = F.struct(*COMPARISON_COLUMNS, F.array_sort(F.map_entries("other_map")).alias("other_map"))
    return F.sha2(F.to_json(compared, {"ignoreNullFields": "false"}), 256)
