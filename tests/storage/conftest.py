"""A lake of its own for each test."""

from pathlib import Path

import pytest
from docketlink.config.settings import Storage
from docketlink.storage.lake import Lake
from pyspark.sql import SparkSession


@pytest.fixture
def settings(tmp_path: Path) -> Storage:
    return Storage(root=str(tmp_path / "lake"), lock_wait_seconds=0.5)


@pytest.fixture
def lake(spark: SparkSession, settings: Storage) -> Lake:
    return Lake(spark, settings)
