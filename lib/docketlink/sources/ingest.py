"""From landed files to raw rows, rows set aside with their reasons, and a count for every file.

Frames come in, frames come out; no action. ``stage_files`` writes what it reads as Parquet, whenever its frame is computed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, DataType, LongType, StringType, StructField, StructType

from docketlink.columns.keys import first_record_key, key_part, record_key
from docketlink.columns.places import place_of
from docketlink.config.source import SourceConfig
from docketlink.config.table import TableConfig
from docketlink.contracts import Table
from docketlink.contracts.arrivals import REJECTED_ROW
from docketlink.errors import SourceError
from docketlink.sources.kernel_spec import ColumnSpec, FileSpec, ValueRule
from docketlink.sources.kernel_staging import hash_groups, stage_groups
from docketlink.sources.landing import Delivery, LandedFile
from docketlink.sources.rules import POSITION, value_rules

_MAX_TASKS = 4096
_LEAST_GROUPS = 4  # of a source: more than a small machine has cores, and few enough that starting them costs nothing
_GROUP_WEIGHT = 32 << 20
_FILE_WEIGHT = 64 << 10  # opening a file takes as long as reading so many bytes of it


def _struct(*fields: tuple[str, DataType]) -> StructType:
    return StructType([StructField(name, kind) for name, kind in fields])


_FILE = _struct(
    ("snapshot_date", StringType()),
    ("source_file", StringType()),
    ("landing", StringType()),
    ("path", StringType()),
    ("tables", ArrayType(StringType())),
)
GROUP_SCHEMA = _struct(("groups", ArrayType(_struct(("files", ArrayType(_FILE))))))
_FAULTS = ArrayType(_struct(("rule", StringType()), ("column", StringType())))
_FACT_SCHEMA = _struct(
    ("snapshot_date", StringType()),
    ("table", StringType()),
    ("source_file", StringType()),
    ("bytes", LongType()),
    ("sha256", StringType()),
    ("has_record", BooleanType()),
    ("faults", ArrayType(_struct(("rule", StringType()), ("detail", StringType())))),
    ("received", LongType()),
    ("sound", LongType()),
    ("sound_in", StringType()),
    ("faulty_in", StringType()),
)
_HASH_SCHEMA = _struct(("snapshot_date", StringType()), ("path", StringType()), ("bytes", LongType()), ("sha256", StringType()))

Group = list[tuple[str, str, str, str, list[str]]]


def dealt(deliveries: Sequence[Delivery], source: SourceConfig) -> list[Group]:
    """The files of the deliveries, each once with the tables that read it, in groups that take about as long as each other.

    The files of a table lie one after another, so that a group reads few tables. The cut follows from the files alone, not from
    the machine.
    """
    readers: dict[tuple[str, str], list[LandedFile]] = {}
    for delivery in deliveries:
        for file in delivery.files:
            readers.setdefault((str(delivery.snapshot_date), file.path), []).append(file)
    weights = [_FILE_WEIGHT + read[0].bytes * _effort(read, source) for read in readers.values()]
    size = max(1, min(len(readers), max(_LEAST_GROUPS, -(-sum(weights) // _GROUP_WEIGHT)), _MAX_TASKS))
    groups: list[Group] = [[] for _ in range(size)]
    done, total = 0, max(1, sum(weights))
    for ((day, path), read), weight in zip(readers.items(), weights, strict=True):
        groups[(2 * done + weight) * size // (2 * total)].append((day, read[0].name, read[0].landing, path, [file.table for file in read]))
        done += weight
    return [group for group in groups if group]


def group_rows(groups: Sequence[Group]) -> list[tuple[list[tuple[Group]]]]:
    """The one row of GROUP_SCHEMA that names the groups; the job makes a frame of it.

    One row, because rows dealt out from a single partition fall one to a task, and rows of several partitions do not.
    """
    return [([(group,) for group in groups],)]


def _effort(read: Sequence[LandedFile], source: SourceConfig) -> int:
    """How much longer than a byte of CSV one of this file takes, roughly."""
    form = source.tables[read[0].table].format
    return {"csv": 1, "parquet": 3, "jsonl": 1 + len(read)}[form.kind] * (4 if form.compression == "gzip" else 1)


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


def stage_files(groups: DataFrame, source: SourceConfig, days: Iterable[date], *, tasks: int, folder: str) -> DataFrame:
    """Writes every row of the files to ``folder`` and gives a row for each file and table that reads it: size, SHA-256, whether it
    holds a record, why it cannot be used, how many records it has, how many of them are sound, and where both kinds are.

    ``groups`` is a frame of GROUP_SCHEMA, ``tasks`` the number of groups: each is read by a task of its own.
    """
    specs = {(str(day), name): file_spec(table, value_rules(source, table, day)) for day in days for name, table in source.landed.items()}
    return _one_each(groups, tasks).mapInArrow(partial(stage_groups, specs=specs, folder=folder), _FACT_SCHEMA)


def hash_files(groups: DataFrame, *, tasks: int) -> DataFrame:
    """Size and SHA-256 of each file, by snapshot date and path."""
    return _one_each(groups, tasks).mapInArrow(hash_groups, _HASH_SCHEMA)


def staged_schemas(table: TableConfig) -> tuple[StructType, StructType]:
    """What is staged of a table's rows: of sound ones source_file, ordinal (from 1, header excluded), kept columns and the truth
    column as text; of faulty ones faults and record_text beside them.
    """
    columns = [StructField(column.name, StringType()) for column in file_spec(table).kept]
    sound = [StructField("source_file", StringType()), StructField("ordinal", LongType()), *columns]
    return StructType(sound), StructType([*sound, StructField("faults", _FAULTS), StructField("record_text", StringType())])


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


def _one_each(groups: DataFrame, tasks: int) -> DataFrame:
    """A row for each group, each in a partition of its own: round robin deals evenly where hashing would not."""
    return groups.select(F.inline("groups")).repartition(max(1, tasks))


def accepted_rows(standing: DataFrame, raw_contract: Table, snapshot_date: date) -> DataFrame:
    """The rows that stand, as ``raw_contract`` promises them: without the truth column."""
    dated = standing.withColumn("snapshot_date", F.lit(snapshot_date))
    return raw_contract.conform(dated.select(*(name for name in raw_contract.columns if name in dated.columns)))


def rejected_rows(faulty: DataFrame, source: SourceConfig, table: str, snapshot_date: date) -> DataFrame:
    """A row of raw.rejected_row for each reason why a record was set aside."""
    reasons = faulty.select(*POSITION, *place_of(source, table), "record_text", F.explode("faults").alias("fault"))
    return REJECTED_ROW.conform(
        reasons.select(
            F.lit(source.source).alias("source"),
            F.lit(table).alias("table"),
            F.lit(snapshot_date).alias("snapshot_date"),
            *POSITION,
            F.col("fault.rule").alias("rule"),
            F.col("fault.column").alias("column"),
            "month",
            "area_code",
            "record_text",
        )
    )


def received_files(
    facts: Iterable[Row], set_aside: Mapping[tuple[str, str], int], source: str, snapshot_date: date
) -> list[tuple[str, str, date, str, int, str, int, int, int]]:
    """Rows of raw.received_file, one for each file and table that reads it, those without a record too: received = accepted + rejected.

    ``set_aside`` counts the rows that rules over rows set aside, by table and file.
    """
    rows = []
    for f in sorted(facts, key=lambda fact: (fact.table, fact.source_file)):
        accepted = f.sound - set_aside.get((f.table, f.source_file), 0)
        rows.append((source, f.table, snapshot_date, f.source_file, f.bytes, f.sha256, f.received, accepted, f.received - accepted))
    return rows


def truth_rows(standing: DataFrame, source: SourceConfig) -> DataFrame:
    """``record_key`` and ``true_person_id`` of each linking node of the rows that stand in the record's own table.

    Of several rows of one node the smallest truth counts, whatever their order. Nodes of unknown truth have no row.
    """
    truth = source.tables[source.record.table].truth
    if truth is None:
        raise SourceError(source.source, [f"table {source.record.table} declares no truth column"], next_step="see docs/sources.md.")
    named = first_record_key if source.record.key_rule == "first" else record_key
    known = standing.select(named(source.source, source.record.key).alias("record_key"), key_part(truth).alias("true_person_id"))
    known = known.where(F.col("record_key").isNotNull() & (F.col("true_person_id") != ""))
    return known.groupBy("record_key").agg(F.min("true_person_id").alias("true_person_id"))
