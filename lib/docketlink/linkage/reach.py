"""Which blocks each record belongs to: what the reach of blocking is measured with."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.model import ModelConfig
from docketlink.linkage.blocking import with_keys
from docketlink.linkage.compiler import expression_columns
from docketlink.linkage.inputs import model_inputs
from docketlink.linkage.kernels import KeyPlan


def record_keys(records: DataFrame, model: ModelConfig, memory: str) -> DataFrame:
    """``record_id, keys array<long>``: the record's key under every blocking rule in the model's order, NULL where it has none."""
    read = sorted(frozenset().union(*(expression_columns(rule, f"blocking rule {i}") for i, rule in enumerate(model.blocking_parts))))
    keyed = with_keys(model_inputs(records, model).select("record_id", *read), KeyPlan(model.blocking_parts, {}), memory)
    return keyed.select("record_id", F.array(*(f"key_{i}" for i in range(len(model.blocking_parts)))).alias("keys"))
