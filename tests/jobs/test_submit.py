"""A real spark-submit with the built zip on real executor processes, as on a cluster."""

import os
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

from tests.town import PROJECT, TWO_SOURCES

pytestmark = pytest.mark.slow
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"  # three of Java at once, each for a minute

WHERE = """
import docketlink
from pyspark.sql import SparkSession

def where(batches):
    import docketlink.sources.kernels
    import pyarrow
    for _ in batches:
        yield pyarrow.RecordBatch.from_pydict({"file": [docketlink.sources.kernels.__file__]})

spark = SparkSession.builder.getOrCreate()
files = {row.file for row in spark.range(0, 4, 1, 4).mapInArrow(where, "file string").collect()}
print("loaded from", docketlink.__file__, *sorted(files))
"""


def submit(script: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Submits a script to two executor processes, docketlink beside it as the zip."""
    archive = max((PROJECT / "dist").glob("docketlink-*.zip"), default=None)
    if archive is None:
        pytest.fail("no dist/docketlink-*.zip: run `make zip` (`make test` does)")
    jars = ",".join(str(jar) for jar in sorted((PROJECT / ".cache" / "ivy" / "jars").glob("*.jar")))
    home = Path(pyspark.__file__).parent
    command = [
        str(home / "bin" / "spark-submit"), "--master", "local-cluster[2,1,1024]", "--jars", jars,
        "--conf", "spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension",
        "--conf", "spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.driver.bindAddress=127.0.0.1",
        "--driver-java-options", SHORT_LIVED, "--conf", f"spark.executor.extraJavaOptions={SHORT_LIVED}",
        "--conf", "spark.databricks.delta.snapshotPartitions=2", "--conf", f"spark.local.dir={folder / 'local'}",
        "--py-files", str(archive), str(script), *arguments,
    ]  # fmt: skip
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        **{name: os.environ[name] for name in ("JAVA_HOME",) if name in os.environ},
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=1200, check=False)


def test_jobs_run_on_executors_from_the_zip(spark, tmp_path: Path) -> None:
    """``spark`` is asked for so that Delta's jars are in the cache."""
    common = ["--config", str(PROJECT / "conf" / "demo.yml"), "--run-id", "submitted"]
    settings = [
        f"landing={tmp_path / 'landing'}", f"storage.root={tmp_path / 'lake'}", "summary=null", "spark.master=null",
        f"spark.jars={PROJECT / '.cache' / 'ivy' / 'jars'}", "synthetic.records=1200", "pipeline.stop=ingest_source",
        "spark.shuffle_partitions=2", *TWO_SOURCES,
    ]  # fmt: skip
    arguments = [*common, *(part for setting in settings for part in ("--set", setting))]
    for job in ("generate_courts", "run_pipeline"):
        result = submit(PROJECT / "jobs" / f"{job}.py", *arguments, folder=tmp_path)
        assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    assert (tmp_path / "lake" / "raw" / "mags_hocas_hocas_flatfile" / "_delta_log").is_dir()
    assert "ingest_source" in result.stdout


def test_driver_and_executors_load_docketlink_from_the_zip(spark, tmp_path: Path) -> None:
    script = tmp_path / "where.py"
    script.write_text(WHERE)
    result = submit(script, folder=tmp_path)
    assert result.returncode == 0, result.stderr[-4000:]
    (told,) = [line for line in result.stdout.splitlines() if line.startswith("loaded from")]
    assert len(told.split()) > 3
    assert all(".zip/docketlink/" in file for file in told.split()[2:]), told
