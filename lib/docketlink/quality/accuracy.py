"""How well the spine finds true people: by pairs and B-cubed, at each threshold, within and between sources.

Everything comes from the contingency table (how many records of a true person a person of the spine holds, by source); pairs are
counted, never made. Pairwise measures: D. Michelson and S. Macskassy, Record Linkage Measures in an Entity Centric World, 2009;
B-cubed: A. Bagga and B. Baldwin, Algorithms for Scoring Coreference Chains, 1998.
"""

from collections.abc import Iterator
from functools import reduce
from itertools import combinations
from operator import add

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from docketlink.contracts.measures import LINKAGE_METRIC
from docketlink.contracts.spine import PERSON_COLUMNS

METHOD = "all labelled records counted; no sampling"
# Pairs of 70 million records in one cluster fit a long, their sum over a frame need not. Shares of records are added as decimals
# because a sum of doubles follows the order of the rows.
_WHOLE, _SHARE = "decimal(38,0)", "decimal(38,15)"
_TYPES = {
    **dict.fromkeys(("right_pairs", "predicted_pairs", "true_pairs"), _WHOLE),
    **dict.fromkeys(("precision", "recall", "persons", "true_persons", "joined"), _SHARE),
    **dict.fromkeys(("records", "with_person", "with_true", "largest"), "long"),
}
_SIDES = ("both", "person", "true_person")


def linkage_metrics(person_spine: DataFrame, truth: DataFrame) -> DataFrame:
    """LINKAGE_METRIC: figures of the records that have a truth, per threshold and slice.

    ``person_spine`` is PERSON_SPINE, ``truth`` holds ``record_id, true_person_id``, each record once; a labelled record without
    a row in the spine (set aside on arrival) is outside of every figure. Slices: ``all``; each source, for pairs within it; and
    each two sources as ``a+b``, for pairs with one record in each.

    Metrics: ``pairwise_precision`` (of the pairs put together, the share that is one true person), ``pairwise_recall`` (of the
    pairs of one true person, the share put together), ``pairwise_f1``; ``b3_precision`` and ``b3_recall`` (the same share for
    each record among the records beside it, itself included, averaged over records), ``b3_f1``. In a slice ``a+b`` B-cubed takes
    for each record its partners in the other source, averaged over the records that have any. Then ``true_pairs``,
    ``predicted_pairs``, and but for ``a+b`` ``persons``, ``true_persons``, ``joined_people`` (persons that hold records of two true
    people or more), ``largest_cluster`` (all of labelled records). A share whose
    denominator is empty has no row; F1 is 0 where nothing was found or nothing is right. One action, to learn the sources.
    """
    labelled = person_spine.join(truth.select("record_id", "true_person_id"), "record_id", how="inner")
    sources = sorted(row.source for row in labelled.select("source").distinct().collect())
    if not sources:
        return LINKAGE_METRIC.nothing(person_spine.sparkSession)
    addend = _cells(labelled, sources).select("threshold", "slice", *_addends())
    total = addend.groupBy("threshold", "slice").agg(*((F.max if name == "largest" else F.sum)(name).alias(name) for name in _TYPES))
    return LINKAGE_METRIC.conform(_metrics(total))


def _cells(labelled: DataFrame, sources: list[str]) -> DataFrame:
    """One row per threshold, slice, true person and person of the spine that share records there: ``both`` the records that they
    share, ``person`` and ``true_person`` all records of either; in a slice ``a+b`` of a, and in ``other_…`` of b.
    """
    person = [F.struct(F.lit(t).alias("threshold"), F.col(c).alias("person_id")) for t, c in PERSON_COLUMNS.items()]
    record = labelled.select("true_person_id", "source", F.explode(F.array(*person)).alias("p")).select("true_person_id", "source", "p.*")
    shared = [F.count(F.when(F.col("source") == source, 1)).alias(f"both_{i}") for i, source in enumerate(sources)]
    cell = record.groupBy("threshold", "person_id", "true_person_id").agg(*shared)
    for side, key in (("person", "person_id"), ("true_person", "true_person_id")):
        around = Window.partitionBy("threshold", key).rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
        cell = cell.select("*", *(F.sum(f"both_{i}").over(around).alias(f"{side}_{i}") for i in range(len(sources))))
    for side in _SIDES:
        cell = cell.select("*", reduce(add, (F.col(f"{side}_{i}") for i in range(len(sources)))).alias(f"{side}_all"))
    in_slices = cell.select("threshold", F.explode(F.array(*_slices(sources))).alias("cell")).select("threshold", "cell.*")
    return in_slices.where((F.col("both") > 0) | (F.col("other_both") > 0))


def _slices(sources: list[str]) -> Iterator[Column]:
    def part(label: str, one: int | str, other: int | str | None = None) -> Column:
        sides = [F.col(f"{side}_{one}").alias(side) for side in _SIDES]
        others = [(F.lit(None).cast("long") if other is None else F.col(f"{side}_{other}")).alias(f"other_{side}") for side in _SIDES]
        return F.struct(F.lit(label).alias("slice"), *sides, *others)

    yield part("all", "all")
    yield from (part(source, i) for i, source in enumerate(sources))
    yield from (part(f"{a}+{b}", i, j) for (i, a), (j, b) in combinations(enumerate(sources), 2))


def _addends() -> Iterator[Column]:
    """What a cell adds to the sums of its slice; pairs are ordered, so each is met from both its ends."""
    within, across = _within(), _across()
    for name, type_ in _TYPES.items():
        yield F.when(F.col("other_both").isNull(), within[name]).otherwise(across.get(name, F.lit(None))).cast(type_).alias(name)


def _within() -> dict[str, Column]:
    """Each record's pairs, and its share of its person, of its true person, and of one."""
    both, person, true_person = map(F.col, _SIDES)
    return {
        "records": both,
        "right_pairs": _product(both, both - 1),
        "predicted_pairs": _product(both, person - 1),
        "true_pairs": _product(both, true_person - 1),
        "precision": _share(_product(both, both), person),
        "with_person": both,
        "recall": _share(_product(both, both), true_person),
        "with_true": both,
        "persons": _share(both, person),
        "true_persons": _share(both, true_person),
        "joined": F.when(both < person, _share(both, person)).otherwise(0),
        "largest": person,
    }


def _across() -> dict[str, Column]:
    """As ``_within``, where only records of the other source count as beside a record."""
    both, person, true_person = map(F.col, _SIDES)
    other_both, other_person, other_true = (F.col(f"other_{side}") for side in _SIDES)
    right = _product(both, other_both)
    return {
        "records": both + other_both,
        "right_pairs": right * 2,
        "predicted_pairs": _product(both, other_person) + _product(other_both, person),
        "true_pairs": _product(both, other_true) + _product(other_both, true_person),
        "precision": _share(right, other_person) + _share(right, person),
        "with_person": F.when(other_person > 0, both).otherwise(0) + F.when(person > 0, other_both).otherwise(0),
        "recall": _share(right, other_true) + _share(right, true_person),
        "with_true": F.when(other_true > 0, both).otherwise(0) + F.when(true_person > 0, other_both).otherwise(0),
    }


def _product(a: Column, b: Column) -> Column:
    return a.cast("decimal(19,0)") * b.cast("decimal(19,0)")


def _share(part: Column, whole: Column) -> Column:
    # by way of doubles, since Spark rounds the quotient of wide decimals to six places
    return F.when(whole > 0, part.cast("double") / whole).otherwise(0.0).cast(_SHARE)


def _metrics(total: DataFrame) -> DataFrame:
    b3_precision, b3_recall = _ratio(F.col("precision"), F.col("with_person")), _ratio(F.col("recall"), F.col("with_true"))
    b3_sum = b3_precision + b3_recall
    value = {
        "pairwise_precision": _ratio(F.col("right_pairs"), F.col("predicted_pairs")),
        "pairwise_recall": _ratio(F.col("right_pairs"), F.col("true_pairs")),
        "pairwise_f1": _ratio(
            F.col("right_pairs").cast("double") * 2, F.col("predicted_pairs").cast("double") + F.col("true_pairs").cast("double")
        ),
        "b3_precision": b3_precision,
        "b3_recall": b3_recall,
        "b3_f1": F.when(b3_sum > 0, 2 * b3_precision * b3_recall / b3_sum).when(b3_sum == 0, 0.0),
        # every pair was met twice
        "true_pairs": F.col("true_pairs") / 2,
        "predicted_pairs": F.col("predicted_pairs") / 2,
        # each record brings its part of its person; rounded, since a third and two more make not quite one
        "persons": F.round("persons"),
        "true_persons": F.round("true_persons"),
        "joined_people": F.round("joined"),
        "largest_cluster": F.col("largest"),
    }
    metric = F.explode(F.array(*(F.struct(F.lit(name).alias("metric"), v.cast("double").alias("value")) for name, v in value.items())))
    return (
        total.select("threshold", "slice", "records", metric.alias("m"))
        .where(F.col("m.value").isNotNull())
        .select(
            "m.metric",
            "slice",
            "threshold",
            "m.value",
            F.lit(None).cast("double").alias("interval_low"),
            F.lit(None).cast("double").alias("interval_high"),
            F.lit(METHOD).alias("method"),
            "records",
        )
    )


def _ratio(part: Column, whole: Column) -> Column:
    return F.when(whole > 0, part.cast("double") / whole.cast("double"))
