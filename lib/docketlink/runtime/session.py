"""The Spark session: one place that knows which settings docketlink relies on, and refuses a session without them."""

import hashlib
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyspark.sql import SparkSession

from docketlink.config.settings import Spark
from docketlink.errors import ConfigError
from docketlink.runtime.java import find_java

DELTA = "io.delta:delta-spark_4.2_2.13:4.4.0"

# Spark ships its own, newer builds of these; Delta's poms would fetch older ones beside them.
_SHIPPED_BY_SPARK = (
    "org.apache.hadoop:*,org.apache.parquet:*,com.fasterxml.jackson.*:*,org.slf4j:*,org.xerial.snappy:*,com.github.luben:*,"
    "org.apache.logging.log4j:*,commons-logging:*,javax.annotation:*,com.google.code.findbugs:*,io.airlift:*,org.scala-lang:*"
)

# What every session must have, ours or the platform's; each is settable on a running session.
REQUIRED: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",  # results must not follow the host
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # the default INT96 is deprecated and unreadable to some
    "spark.sql.ansi.enabled": "true",  # a bad cast is an error, not a silent NULL
    "spark.sql.execution.pythonUDF.arrow.enabled": "false",  # a plain udf over a Parquet scan hangs for ever (SPARK-58241)
    "spark.databricks.delta.schema.autoMerge.enabled": "false",  # schema changes are migrations
    "spark.databricks.delta.retentionDurationCheck.enabled": "true",  # guards VACUUM RETAIN 0 HOURS
}
_EXTENSIONS: Mapping[str, str] = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
# A session-wide transaction id makes Delta skip later writes in silence; session-wide table defaults override contracts.
_FORBIDDEN_PREFIXES = ("spark.databricks.delta.write.txn", "spark.databricks.delta.properties.defaults.")
_SECRETIVE = ("secret", "password", "passwd", "accesskey", "privatekey", "credential")


def open_session(settings: Spark, folder: Path, *, app_name: str = "docketlink", jars: Sequence[str] = ()) -> SparkSession:
    """A session that can read and write Delta: the running one if there is one, else a new one.

    ``folder`` is the configuration's folder, where relative Ivy settings lie; ``jars`` are further ones for a new session.
    Raises ConfigError when a running session lacks a setting that cannot be changed any more, when a setting seems to hold a
    secret, or when no Java is found.
    """
    if named := [key for key in settings.settings if any(word in key.lower() for word in _SECRETIVE)]:
        raise ConfigError(f"spark.settings holds what looks like a secret: {', '.join(named)}.", next_step="give it to the platform.")
    # Spark prints the text of every failed query, with its literals, through these loggers: they may be a person's.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    session = SparkSession.getActiveSession()
    if session is None:
        session = _build(settings, folder, app_name, jars)
    for key, value in REQUIRED.items():
        session.conf.set(key, value)
    _refuse_foreign(session)
    return session


def _build(settings: Spark, folder: Path, app_name: str, jars: Sequence[str]) -> SparkSession:
    if java_home := find_java(Path(settings.ivy_cache).parent / "java"):
        os.environ["JAVA_HOME"] = str(java_home)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers run the path's first python3
    builder = SparkSession.builder.appName(app_name)
    if settings.master:
        builder = builder.master(settings.master)
    if settings.master and settings.master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # hosts whose own name does not resolve
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    fixed = {
        **_EXTENSIONS,
        **REQUIRED,
        **_jars(settings, folder),
        "spark.driver.memory": settings.driver_memory,
        "spark.sql.shuffle.partitions": str(settings.shuffle_partitions),
        # VACUUM starts this many tasks; by default ten thousand, whatever the size of the table
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(4 * (os.cpu_count() or 1)),
        # frames are kept on disk, where blocks are compressed anyway: trying codecs column by column took three times the CPU
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        # of 100 by default: a run meets more generated classes than that, and compiles those of Delta's log again for every table
        "spark.sql.codegen.cache.maxEntries": "500",
        # of 48 MB by default: above it a table from Arrow is data, below it a part of the plan, rewritten and compared row by row in each
        "spark.sql.execution.arrow.localRelationThreshold": "256k",
        # of 64 MB by default: the bytes of a batch are told at every row, which costs as much as all rows since the last list that is there
        "spark.sql.execution.arrow.maxBytesPerBatch": str(2**31 - 1),
        "spark.io.encryption.enabled": str(settings.io_encryption).lower(),
        "spark.ui.enabled": "false",  # plans show literals
        "spark.ui.showConsoleProgress": "false",  # progress is ours
        "spark.log.level": "ERROR",
        **settings.settings,
        **_java_options(settings, folder),
    }
    if jars:
        fixed["spark.jars"] = ",".join([*filter(None, [fixed.get("spark.jars")]), *jars])
    for key, value in fixed.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _java_options(settings: Spark, folder: Path) -> dict[str, str]:
    """The configured options of the driver's Java, and beside them our logging file and UTC unless others are named.

    Where Java's own zone is another, Delta reconstructs a table's whole state to verify every commit.
    """
    given = settings.settings.get("spark.driver.extraJavaOptions", "")
    if "user.timezone" not in given:
        given = f"{given} -Duser.timezone=UTC".strip()
    logging_file = folder / "log4j2.properties"
    if logging_file.exists() and "log4j2.configurationFile" not in given:
        given = f"{given} -Dlog4j2.configurationFile={logging_file.resolve().as_uri()}".strip()
    return {"spark.driver.extraJavaOptions": given}


def _jars(settings: Spark, folder: Path) -> dict[str, str]:
    if settings.jars:
        jars = sorted(Path(settings.jars).glob("*.jar"))
        if not any(jar.name.startswith(("delta-spark_", "io.delta_delta-spark_")) for jar in jars):
            raise ConfigError(
                f"spark.jars: {settings.jars} holds no delta-spark jar.", next_step="see docs/cluster.md on the folder of jars."
            )
        return {"spark.jars": ",".join(map(str, jars))}
    if resolved := _resolved_before(Path(settings.ivy_cache) / "jars", folder / "jars.sha256"):
        return {"spark.jars": ",".join(map(str, resolved))}
    return {
        "spark.jars.packages": DELTA,
        "spark.jars.excludes": _SHIPPED_BY_SPARK,
        "spark.jars.ivySettings": str((folder / settings.ivy_settings).resolve()),
        "spark.jars.ivy": str(Path(settings.ivy_cache).resolve()),
    }


def _resolved_before(jars: Path, checksums: Path) -> list[Path]:
    """The jars that an earlier start downloaded, if all are there unaltered: asking Ivy again costs seconds and a page of output."""
    if not checksums.exists():
        return []
    expected = {name: checksum for checksum, name in (line.split() for line in checksums.read_text().splitlines())}
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in sorted(jars.glob("*.jar"))}
    return [jars.resolve() / name for name in sorted(expected)] if found == expected else []


def _refuse_foreign(session: SparkSession) -> None:
    faults = []
    for key, value in _EXTENSIONS.items():
        # A platform with Delta built in (Databricks) names its own classes.
        if "delta" not in (session.conf.get(key, "") or "").lower() and "DATABRICKS_RUNTIME_VERSION" not in os.environ:
            faults.append(f"{key} is not {value}")
    for key, _ in (session.conf.getAll or {}).items():
        if key.startswith(_FORBIDDEN_PREFIXES):
            faults.append(f"{key} must not be set")
    if faults:
        raise ConfigError(
            f"the running Spark session cannot be used: {'; '.join(faults)}.", next_step="docs/cluster.md lists the settings."
        )
