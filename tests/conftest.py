"""One Spark session for all tests of a process: starting one costs ten seconds, and Delta's first write as much again."""

import gc
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from docketlink.config.settings import Spark
from docketlink.runtime.session import open_session
from docketlink.storage.locks import table_lock
from pyspark.sql import SparkSession
from splink.backends.spark import similarity_jar_location

pytest_plugins = ["tests.town"]

PROJECT = Path(__file__).parents[1]
os.environ["TZ"] = "Pacific/Auckland"  # a result that follows the host's zone fails here
time.tzset()

TEST_SETTINGS = {
    "spark.sql.adaptive.enabled": "false",  # planning dominates tiny frames
    "spark.sql.codegen.wholeStage": "false",  # so does compiling
    "spark.databricks.delta.allFilesInCrc.verificationMode.forceOnNonUTC.enabled": "false",  # rebuilds the state at every commit
    "spark.databricks.delta.snapshotPartitions": "1",  # 50 tasks by default for a log of three files
    "spark.driver.extraJavaOptions": (
        "-Ddelta.log.cacheSize=3 -Duser.timezone=Pacific/Auckland -XX:ReservedCodeCacheSize=512m -XX:+UseSerialGC"
    ),
    "spark.buffer.pageSize": "1m",  # 32 MB by default for this heap, and every broadcast table fills at least one
    "spark.sql.ui.retainedExecutions": "20",  # 1,000 by default, each with the text of its plans
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    "spark.sql.execution.pyspark.udf.faulthandler.enabled": "true",  # a crash of a worker shows its stack
    "spark.sql.artifact.isolation.enabled": "false",
}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Of two processes one has all tests of the town, which takes minutes to make; those of any other module stay together."""
    item.add_marker(pytest.mark.xdist_group("town" if of_town(item) else item.nodeid.partition("::")[0]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest group first: the other process ends with modules that take seconds."""
    items.sort(key=lambda item: not of_town(item))


def of_town(item: pytest.Item) -> bool:
    """Whether a test looks at the town."""
    return "town" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The shared session: two cores, two shuffle partitions, scratch folders of its own."""
    scratch = tmp_path_factory.mktemp("spark")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = Spark(
        master="local[2]",
        driver_memory="2g",
        shuffle_partitions=2,
        ivy_cache=str(PROJECT / ".cache" / "ivy"),
        settings={**TEST_SETTINGS, "spark.sql.warehouse.dir": str(scratch / "warehouse"), "spark.local.dir": str(scratch / "local")},
    )
    # of two processes the first fills the cache of jars, and the second finds it
    with table_lock(PROJECT / ".cache", "session", 600, job="tests"):
        session = open_session(settings, PROJECT / "conf", app_name="tests", jars=[similarity_jar_location()])
    yield session
    session.stop()


@pytest.fixture(scope="module", autouse=True)
def _plans_of_a_module_are_let_go() -> Iterator[None]:
    """Frames in reference cycles keep their plans and broadcast tables in Java's heap until Python collects them."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def _logs_of_a_test_end_with_it() -> Iterator[None]:
    """A test that configures logs writes to what captures it, which is closed behind it."""
    yield
    structlog.reset_defaults()
