"""What a model sees of a record: its input columns, made by Spark from ``identity.person_record``."""

from collections.abc import Collection, Iterator

import pyarrow as pa
from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, StringType

from docketlink.config.model import ModelConfig, Synonyms
from docketlink.config.settings import Stage
from docketlink.errors import ConfigError
from docketlink.linkage.compiler import expression_columns

# of PERSON_RECORD: what may change though ``record_version`` does not, so that edges which rest on it would not be scored again
UNVERSIONED = ("native_case_key", "dob_reason", "reason_arr", "flag_arr", "usable_arr", "snapshot_date")


def model_inputs(records: DataFrame, model: ModelConfig) -> DataFrame:
    """``record_id``, ``source`` and the model's input columns in ``ModelConfig.columns`` order, one row a record.

    Raises ConfigError where an input reads what the records lack or what is ``UNVERSIONED``, or a blocking rule, prior rule or session
    what is not an input.
    """
    check_rules(model)
    records = records.drop(*UNVERSIONED)
    try:
        made = {name: F.expr(sql) for name, sql in model.inputs.items()}
        for name, synonyms in model.synonyms.items():
            records, made[name] = _headed(records, f"docketlink_{name}", synonyms)
        return records.select("record_id", "source", *(made[name].alias(name) for name in model.columns))
    except (AnalysisException, ParseException) as error:
        raise ConfigError(
            f"model {model.name}: the records do not give {', '.join(_unreadable(records, model))} ({error.getCondition()}).",
            next_step=f"correct them in conf/models/{model.name}.yml; docs/tables.md lists the columns of identity.person_record, of which "
            f"no link may rest on {', '.join(UNVERSIONED)}.",
        ) from error


def _unreadable(records: DataFrame, model: ModelConfig) -> Iterator[str]:
    for name, sql in sorted({**model.inputs, **{name: synonyms.of for name, synonyms in model.synonyms.items()}}.items()):
        try:
            records.select(F.expr(sql).alias(name))
        except (AnalysisException, ParseException):
            yield name


def source_index(stage: Stage) -> Column:
    """``source_index``, the position of the record's source among the sets of the stage; NULL for a source that is not of it."""
    index = F.lit(None).cast("int")
    for source, i in stage.set_index.items():
        index = F.when(F.col("source") == source, F.lit(i)).otherwise(index)
    return index.alias("source_index")


def check_compared(model: ModelConfig, compared: Collection[str]) -> None:
    """Raise ConfigError unless everything that the comparisons read is an input."""
    if unknown := sorted(set(compared) - set(model.columns)):
        raise ConfigError(
            f"model {model.name} compares {', '.join(unknown)}, which is not an input.",
            next_step=f"add it to inputs in conf/models/{model.name}.yml.",
        )


def check_rules(model: ModelConfig) -> None:
    """Raise ConfigError naming the first rule that reads a column which is no input."""
    rules = [
        *((f"blocking rule {i}", (*rule.on, *rule.refine)) for i, rule in enumerate(model.blocking_rules)),
        *((f"prior rule {i}", rule) for i, rule in enumerate(model.training.prior.rules)),
        *((f"session {i}", rule) for i, rule in enumerate(model.training.sessions)),
    ]
    for what, rule in rules:
        if unknown := expression_columns(rule, f"model {model.name}, {what}") - set(model.columns):
            raise ConfigError(
                f"model {model.name}, {what}: {', '.join(sorted(unknown))} is not an input.",
                next_step=f"add it to inputs in conf/models/{model.name}.yml.",
            )


def check_term_frequency_columns(inputs: DataFrame, columns: Collection[str]) -> None:
    """Raise ConfigError unless every column that is adjusted by term frequency holds text."""
    types = {field.name: field.dataType for field in inputs.schema.fields}
    if wrong := sorted(c for c in columns if not isinstance(types.get(c), StringType)):
        raise ConfigError(
            f"term frequencies are kept of text only, and {', '.join(wrong)} is not text.",
            next_step="cast it in the model's inputs, or leave out its term frequency.",
        )


def texts_or_lists(inputs: DataFrame) -> None:
    """Raise ConfigError where an input is a type that DuckDB would not get as Spark has it."""
    for field in inputs.schema.fields:
        kind = field.dataType.elementType if isinstance(field.dataType, ArrayType) else field.dataType
        if kind.typeName() not in ("string", "integer", "long", "double", "boolean", "date", "void"):
            raise ConfigError(
                f"input {field.name} is {field.dataType.simpleString()}.",
                next_step="give text, numbers, booleans, dates, or lists of them.",
            )


def _headed(records: DataFrame, name: str, synonyms: Synonyms) -> tuple[DataFrame, Column]:
    """The records with two columns more, and the column that the two make.

    Joined, since Spark looks a word up in a map by going through it: a million words in seven hundred take it two seconds.
    """
    word, head = f"{name}_word", f"{name}_head"
    heads = {variant: of for of, variants in sorted(synonyms.groups.items()) for variant in variants}
    columns = {word: pa.array([*heads], pa.string()), head: pa.array([*heads.values()], pa.string())}
    known = records.sparkSession.createDataFrame(pa.table(columns))
    joined = records.withColumn(word, F.expr(synonyms.of)).join(F.broadcast(known), word, how="left")
    return joined, F.coalesce(head, word)
