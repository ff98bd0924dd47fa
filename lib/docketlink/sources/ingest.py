"""From landed files to raw rows, rows set aside with their reasons, and a count for every file.

Frames of files come in, frames come out; no action. ``parse_files`` reads the files anew whenever its frame is computed, so the
job that uses the frame several times holds it first.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, LongType, StringType, StructField, StructType

from docketlink.columns.keys import first_record_key, key_part, record_key
from docketlink.columns.places import place_of
from docketlink.config.source import SourceConfig, TableConfig
from docketlink.contracts import Table
from docketlink.contracts.tables import RECEIVED_FILE, REJECTED_ROW
from docketlink.errors import SourceError
from docketlink.sources.kernel_spec import ColumnSpec, FileSpec, ValueRule
from docketlink.sources.kernels import inspect_batches, parse_batches
from docketlink.sources.landing import Delivery
from docketlink.sources.rules import POSITION, is_sound

_MAX_TASKS = 4096


def _struct(*fields: tuple[str, StringType | LongType | BooleanType | ArrayType]) -> StructType:
    return StructType([StructField(name, kind) for name, kind in fields])


_FILE = _struct(("table", StringType()), ("source_file", StringType()), ("landing", StringType()), ("path", StringType()))
FILE_SCHEMA = _struct(("files", ArrayType(_FILE)))
_FAULTS = ArrayType(_struct(("rule", StringType()), ("column", StringType())))
FACT_SCHEMA = _struct(
    ("table", StringType()),
    ("source_file", StringType()),
    ("bytes", LongType()),
    ("sha256", StringType()),
    ("has_record", BooleanType()),
    ("faults", ArrayType(_struct(("rule", StringType()), ("detail", StringType())))),
)


def file_frame_rows(delivery: Delivery, table: str) -> list[tuple[list[tuple[str, str, str, str]]]]:
    """The one row of FILE_SCHEMA that names the files of one landing table; the job makes a frame of it.

    One row, because rows dealt out from a single partition fall one to a task, and rows of several partitions do not.
    """
    return [([(file.table, file.name, file.landing, file.path) for file in delivery.of(table)],)]


def file_spec(table: TableConfig, rules: Mapping[str, ValueRule] | None = None) -> FileSpec:
    """What the kernels are told about one landing table, with the ``rules`` of its columns."""
    required = {name for name in table.native_key if name not in POSITION}
    columns = [
        ColumnSpec(
            name=name,
            header=column.header or name,
            type=column.type if name != table.truth else "text",
            formats=column.formats if column.type in ("date", "timestamp") else (),
            required=column.required or name in required,
            kept=name not in table.drop,
            secret=name == table.truth,
            json_kind=column.json_kind,
            several=column.several,
            rule=(rules or {}).get(name),
        )
        for name, column in table.columns.items()
    ]
    f = table.format
    return FileSpec(f.kind, f.delimiter, f.quote, f.encoding, f.compression, tuple(columns), rows=table.rows)


def inspect_files(files: DataFrame, table: TableConfig, *, tasks: int) -> DataFrame:
    """A row of FACT_SCHEMA for each file: size, SHA-256, whether it holds a record, and why it cannot be used.

    ``files`` is a frame of FILE_SCHEMA, ``tasks`` the number of its files: each is read by a task of its own.
    """
    return _one_each(files, tasks).mapInArrow(partial(inspect_batches, spec=file_spec(table)), FACT_SCHEMA)


def refuse_unusable(source: SourceConfig, deliveries: Mapping[date, Iterable[Row]]) -> None:
    """Raises SourceError naming every file that cannot be used, with every reason; ``deliveries`` are inspected files by snapshot date.

    A file that arrived twice and a delivery without a single linking node are faults too: the first would set aside each of its
    rows, the second would empty the source, unless its extracts hold nothing but news.
    """
    if faults := [fault for day, facts in deliveries.items() for fault in _unusable(source, day, facts)]:
        raise SourceError(source.source, faults)


def _unusable(source: SourceConfig, day: date, facts: Iterable[Row]) -> Iterator[str]:
    facts = sorted(facts, key=lambda fact: (fact.table, fact.source_file))
    yield from (f"{fact.table}/{fact.source_file} of {day} {each.detail} ({each.rule})" for fact in facts for each in fact.faults)
    first: dict[tuple[str, str], str] = {}
    for fact in facts:
        earlier = first.setdefault((fact.table, fact.sha256), fact.source_file)
        if earlier != fact.source_file and fact.has_record:
            yield f"{fact.table}/{fact.source_file} of {day} has the same bytes as {fact.table}/{earlier} (REPEATED)"
    nodes = [fact for fact in facts if fact.table == source.node_landing]
    if source.extracts == "full" and nodes and not any(fact.has_record or fact.faults for fact in nodes):
        yield f"no file of {source.node_landing} of {day} holds a record (EMPTY)"


def parse_files(files: DataFrame, table: TableConfig, *, tasks: int, rules: Mapping[str, ValueRule] | None = None) -> DataFrame:
    """A row for each record: source_file, ordinal (from 1, header excluded), kept columns and the truth column as text, faults,
    record_text (of faulty records only). Files must have passed inspection; ``rules`` are those of ``value_rules``.
    """
    spec = file_spec(table, rules)
    columns = [StructField(column.name, StringType()) for column in spec.kept]
    schema = StructType(
        [
            StructField("source_file", StringType()),
            StructField("ordinal", LongType()),
            *columns,
            StructField("faults", _FAULTS),
            StructField("record_text", StringType()),
        ]
    )
    return _one_each(files, tasks).mapInArrow(partial(parse_batches, spec=spec), schema)


def _one_each(files: DataFrame, tasks: int) -> DataFrame:
    """A row for each file, each in a partition of its own: round robin deals evenly where hashing would not."""
    return files.select(F.inline("files")).repartition(max(1, min(tasks, _MAX_TASKS)))


def accepted_rows(parsed: DataFrame, raw_contract: Table, snapshot_date: date) -> DataFrame:
    """The sound rows, as ``raw_contract`` promises them: without the truth column."""
    dated = parsed.where(is_sound()).withColumn("snapshot_date", F.lit(snapshot_date))
    return raw_contract.conform(dated.select(*(name for name in raw_contract.columns if name in dated.columns)))


def rejected_rows(parsed: DataFrame, source: SourceConfig, table: str, snapshot_date: date) -> DataFrame:
    """A row of raw.rejected_row for each reason why a record was set aside."""
    reasons = parsed.where(~is_sound()).select(*POSITION, *place_of(source, table), "record_text", F.explode("faults").alias("fault"))
    return REJECTED_ROW.conform(
        reasons.select(
            *_slice(source.source, table, snapshot_date),
            *POSITION,
            F.col("fault.rule").alias("rule"),
            F.col("fault.column").alias("column"),
            "month",
            "area_code",
            "record_text",
        )
    )


def received_files(parsed: DataFrame, facts: DataFrame, source: str, table: str, snapshot_date: date) -> DataFrame:
    """A row of raw.received_file for each inspected file, those without a record too: received = accepted + rejected."""
    counts = parsed.groupBy("source_file").agg(
        F.count(F.lit(1)).alias("received"),
        F.count(F.when(is_sound(), F.lit(1))).alias("accepted"),
    )
    received, accepted = (F.coalesce(name, F.lit(0).cast("long")) for name in ("received", "accepted"))
    return RECEIVED_FILE.conform(
        facts.where(F.col("table") == table)
        .join(counts, on="source_file", how="left")
        .select(
            *_slice(source, table, snapshot_date),
            "source_file",
            "bytes",
            "sha256",
            received.alias("received"),
            accepted.alias("accepted"),
            (received - accepted).alias("rejected"),
        )
    )


def truth_rows(parsed: DataFrame, source: SourceConfig) -> DataFrame:
    """``record_key`` and ``true_person_id`` of each linking node of the sound rows; ``parsed`` is of the record's own table.

    Of several rows of one node the smallest truth counts, whatever their order. Nodes of unknown truth have no row.
    """
    truth = source.tables[source.record.table].truth
    if truth is None:
        raise SourceError(source.source, [f"table {source.record.table} declares no truth column"], next_step="see docs/sources.md.")
    named = first_record_key if source.record.key_rule == "first" else record_key
    known = parsed.where(is_sound()).select(
        named(source.source, source.record.key).alias("record_key"), key_part(truth).alias("true_person_id")
    )
    known = known.where(F.col("record_key").isNotNull() & (F.col("true_person_id") != ""))
    return known.groupBy("record_key").agg(F.min("true_person_id").alias("true_person_id"))


def _slice(source: str, table: str, snapshot_date: date) -> tuple[Column, ...]:
    return F.lit(source).alias("source"), F.lit(table).alias("table"), F.lit(snapshot_date).alias("snapshot_date")
