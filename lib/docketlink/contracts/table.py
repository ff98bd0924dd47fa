"""A table is a frozen value: its zone, grain, key and fields; ``conform`` holds a frame to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructField, StructType

from docketlink.errors import ContractError


class Privacy(StrEnum):
    """The class of a column (docs/tables.md says what each may reach). A column nobody classified is direct."""

    DIRECT = "direct"
    QUASI = "quasi"
    SENSITIVE = "sensitive"
    PAYLOAD = "payload"
    TOKEN = "token"  # noqa: S105 - a privacy class, not a password
    OPERATIONAL = "operational"


class Zone(StrEnum):
    """A root of its own, so that storage permissions can follow it."""

    RAW = "raw"
    IDENTITY = "identity"
    PAYLOAD = "payload"
    SPINE = "spine"
    RESEARCH = "research"
    TRUTH = "truth"
    QUALITY = "quality"
    OPS = "ops"
    RELEASE = "release"

    @property
    def holds_identifiers(self) -> bool:
        """Whether tables here may name people, and so keep history for the shorter time."""
        return self in (Zone.RAW, Zone.IDENTITY)


@dataclass(frozen=True)
class Field:
    """One column: its name, its type, what it means, whether it may be missing, and its privacy class."""

    name: str
    type: DataType
    doc: str
    required: bool = False
    privacy: Privacy = Privacy.DIRECT


@dataclass(frozen=True)
class Table:
    """One row is the *grain*; no two rows of a version share the *key*.

    ``key_tells`` are partition columns that the key decides by the way it is made: slices that differ there cannot share a key, so the
    keys of one are not compared with those of the others when it is written.
    """

    zone: Zone
    name: str
    grain: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    partitioned_by: tuple[str, ...] = ()
    key_tells: tuple[str, ...] = ()
    checks: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)  # of use, by language: sql, pyspark

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """``zone.name``, as in docs and docstrings of jobs."""
        return f"{self.zone}.{self.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in the promised order."""
        return tuple(f.name for f in self.fields)

    @property
    def schema(self) -> StructType:
        """The Spark schema, nullability included."""
        return StructType([StructField(f.name, f.type, not f.required) for f in self.fields])

    def nothing(self, spark: SparkSession) -> DataFrame:
        """No row of the table. Spark knows it when it plans, so that joins with it and unions cost nothing."""
        empty = (F.lit(None).cast(f.type).alias(f.name) for f in self.fields)
        return spark.range(1).where(F.lit(False)).select(*empty)

    def conform(self, frame: DataFrame) -> DataFrame:
        """The promised columns in the promised order, or one error naming every fault.

        Looks at the plan only: no action, no cast, no invented column. Nullability and keys are audited in the write.
        """
        if faults := [*self._faults(frame)]:
            raise ContractError(self.full_name, faults)
        return frame.select(*self.columns)

    def _faults(self, frame: DataFrame) -> Iterator[str]:
        arrived = {f.name: f.dataType.simpleString() for f in frame.schema.fields}
        for f in self.fields:
            if f.name not in arrived:
                yield f"missing column '{f.name}'"
            elif arrived[f.name] != f.type.simpleString():
                yield f"column '{f.name}' is {arrived[f.name]}, promised {f.type.simpleString()}"
        for name in arrived:
            if name not in self.columns:
                yield f"unexpected column '{name}'"
        if len(frame.columns) != len(set(frame.columns)):
            yield "a column name occurs twice"
