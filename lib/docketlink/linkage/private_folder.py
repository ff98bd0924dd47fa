"""A folder on storage that every executor reaches, for one run: made, used as Spark's checkpoint folder, and deleted."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from docketlink.errors import ConfigError, StorageError

_PREFIX = "docketlink_splink_"


@dataclass(frozen=True)
class PrivateFolder:
    """Where the folder is, and which folders of earlier runs lie beside it: those were cut off and may hold names."""

    path: str
    left_over: tuple[str, ...]


@contextmanager
def private_checkpoint_folder(spark: SparkSession, scratch: str | None) -> Iterator[PrivateFolder]:
    """Spark's checkpoint folder is a new one inside ``scratch`` until the block ends; then it is gone and the old one back.

    Without ``scratch`` the machine's own temporary folder does where executors are threads of this process. Raises
    ConfigError when it would not do, StorageError when something could not be deleted.
    """
    context: Any = spark.sparkContext
    root = scratch or _own_temporary(context.master)
    java_context, hadoop = context._jsc.sc(), context._jvm.org.apache.hadoop.fs
    parent = hadoop.Path(root)
    files = parent.getFileSystem(context._jsc.hadoopConfiguration())
    found = files.globStatus(hadoop.Path(parent, f"{_PREFIX}*")) or []
    left_over = tuple(sorted(str(status.getPath()) for status in found))
    folder = hadoop.Path(parent, f"{_PREFIX}{uuid.uuid4().hex}")
    before = java_context.getCheckpointDir()
    files.mkdirs(folder, hadoop.permission.FsPermission("700"))
    try:
        context.setCheckpointDir(folder.toString())
        yield PrivateFolder(files.makeQualified(folder).toString(), left_over)
    finally:
        java_context.setCheckpointDir(before.get() if before.isDefined() else None)
        files.delete(folder, True)
        if files.exists(folder):
            raise StorageError(f"{folder.toString()} could not be deleted and may hold names.", next_step="delete it by hand.")


def _own_temporary(master: str) -> str:
    if master.startswith("local") and not master.startswith("local-cluster"):
        return tempfile.gettempdir()
    raise ConfigError(
        "linkage.scratch is not set, and Splink on Spark keeps its intermediates, names included, where all executors reach them.",
        next_step="name a folder of the identity zone on shared storage.",
    )
