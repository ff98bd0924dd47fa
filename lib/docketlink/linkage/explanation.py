"""Why a pair has its weight: every comparison's level and bits as Splink gives them, and Splink's waterfall chart as one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from splink import DuckDBAPI, Linker

from docketlink.config.model import ModelConfig
from docketlink.linkage.artefact import LinkModel
from docketlink.linkage.blocking import with_keys
from docketlink.linkage.compiler import compile_model
from docketlink.linkage.kernels import SYNTAX, KeyPlan
from docketlink.linkage.training import quiet

# The page may run what stands in it and nothing else: no request leaves the machine that shows it.
_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:\">"
)

_CHARTED = {"retain_matching_columns": True, "retain_intermediate_calculation_columns": True}


@dataclass(frozen=True)
class Step:
    """One step of the sum: the prior, a comparison's level, or its term frequency adjustment; ``left`` and ``right`` are values."""

    comparison: str
    level: str
    left: str
    right: str
    weight: float
    is_adjustment: bool


@dataclass(frozen=True)
class Explanation:
    """The steps of a pair, their sum in bits, the blocking rules that bring it together, and the chart as a page of its own."""

    steps: tuple[Step, ...]
    weight: float
    probability: float
    rules: tuple[int, ...]
    page: str


def adjusted_columns(model: LinkModel) -> tuple[str, ...]:
    """The input columns whose term frequencies the model reads."""
    return compile_model(model.settings_json).term_frequencies


def explain_pair(
    pair: pa.Table, definition: ModelConfig, model: LinkModel, frequencies: Mapping[str, Mapping[str, float]], *, hide: bool
) -> Explanation:
    """What Splink says of two records.

    ``pair`` has two rows, the left record first, with ``record_id`` and the model's columns; ``frequencies`` holds the model's
    share of each of their terms, by column. With ``hide`` neither steps nor page hold a value.
    """
    named = pair.rename_columns(["unique_id" if name == "record_id" else name for name in pair.column_names])
    for column in adjusted_columns(model):
        shares = [frequencies.get(column, {}).get(term) for term in pair.column(column).to_pylist()]
        named = named.append_column(f"tf_{column}", pa.array(shares, pa.float64()))
    with duckdb.connect(config={"threads": 1, **SYNTAX}) as con, quiet():
        con.register("arrived", named)
        for name, offset in (("pair", 0), ("left_record", 0), ("right_record", 1)):
            limit = "" if name == "pair" else f" LIMIT 1 OFFSET {offset}"
            con.execute(f"CREATE TABLE {name} AS FROM arrived{limit}")
        api = DuckDBAPI(con)
        linker = Linker(api.register(con.table("pair")), {**model.settings, **_CHARTED}, log_level=None)
        left, right = (api.register(con.table(f"{side}_record"), table_name=f"{side}_side") for side in ("left", "right"))
        scored: dict[str, Any] = linker.inference.score_pair(left, right).as_record_list()[0]
        chart: Any = linker.visualisations.waterfall_chart([scored], filter_nulls=False, remove_sensitive_data=hide)
        rules = tuple(i for i, rule in enumerate(definition.blocking_parts) if _brings_together(con, rule))
    return Explanation(
        steps=tuple(_step(record) for record in chart.raw_records if record["column_name"] != "Final score"),
        weight=scored["match_weight"],
        probability=scored["match_probability"],
        rules=rules,
        page=chart.to_html(inline=True).replace("<head>", f"<head>{_POLICY}", 1).replace("Splink chart", "docketlink explain", 1),
    )


def block_sizes(inputs: DataFrame, definition: ModelConfig, record_id: str, rules: tuple[int, ...], memory: str) -> dict[int, int]:
    """How many of the stage's records share the record's block, by rule. Two actions over all of them."""
    keyed = with_keys(inputs.select("record_id", *definition.columns), KeyPlan(definition.blocking_parts, {}), memory)
    own = keyed.where(F.col("record_id") == record_id).select(*(f"key_{i}" for i in rules)).first()
    if own is None:
        return {}
    sizes = keyed.agg(*(F.count_if(F.col(f"key_{i}") == F.lit(own[f"key_{i}"])).alias(f"n_{i}") for i in rules)).first()
    return {i: int(sizes[f"n_{i}"]) for i in rules} if sizes else {}


def _step(record: Mapping[str, Any]) -> Step:
    adjustment = bool(record["term_frequency_adjustment"])
    name = str(record["column_name"])
    return Step(
        comparison=name.removeprefix("tf_") if adjustment else name,
        level=str(record["label_for_charts"]),
        left=str(record["value_l"]),
        right=str(record["value_r"]),
        weight=float(record["log2_bayes_factor"]),
        is_adjustment=adjustment,
    )


def _brings_together(con: duckdb.DuckDBPyConnection, rule: tuple[str, ...]) -> bool:
    parts = ", ".join(f"({part}) AS part_{i}" for i, part in enumerate(rule))
    present = " AND ".join(f"part_{i} IS NOT NULL" for i in range(len(rule)))
    keys = con.sql(f"SELECT * FROM (SELECT {parts} FROM pair) WHERE {present}").fetchall()  # noqa: S608 - expressions of a reviewed model
    return len(keys) == 2 and keys[0] == keys[1]
