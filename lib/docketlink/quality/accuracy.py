"""How well the spine finds true people: by pairs and B-cubed, at each threshold, within and between sources.

Everything comes from the contingency table (how many records of a true person a person of the spine holds, by source); pairs are
counted, never made. Pairwise measures: D. Michelson and S. Macskassy, Record Linkage Measures in an Entity Centric World, 2009;
B-cubed: A. Bagga and B. Baldwin, Algorithms for Scoring Coreference Chains, 1998.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from docketlink.contracts.tables import LINKAGE_METRIC

METHOD = "all labelled records counted; no sampling"
_PERSON_COLUMNS = {"high": "person_id_high", "medium": "person_id", "low": "person_id_low"}
# Pairs of 70 million records in one cluster fit a long, their sum over a frame need not. Shares of records are added as decimals
# because a sum of doubles follows the order of the rows.
_WHOLE, _SHARE = "decimal(38,0)", "decimal(38,15)"


@dataclass(frozen=True)
class _Cell:
    """Records in one cell of a slice: of the true person there, of the spine's person there, of both; all as columns."""

    slice: str
    both: Column
    person: Column
    true_person: Column


def linkage_metrics(person_spine: DataFrame, truth: DataFrame) -> DataFrame:
    """LINKAGE_METRIC: figures of the records that have a truth, per threshold and slice.

    ``person_spine`` is PERSON_SPINE, ``truth`` holds ``record_id, true_person_id``, each record once; a labelled record without
    a row in the spine (set aside on arrival) is outside of every figure. Slices: ``all``; each source, for pairs within it; and
    each two sources as ``a+b``, for pairs with one record in each.

    Metrics: ``pairwise_precision`` (of the pairs put together, the share that is one true person), ``pairwise_recall`` (of the
    pairs of one true person, the share put together), ``pairwise_f1``; ``b3_precision`` and ``b3_recall`` (the same share for
    each record among the records beside it, itself included, averaged over records), ``b3_f1``. In a slice ``a+b`` B-cubed takes
    for each record its partners in the other source, averaged over the records that have any. Then ``true_pairs``,
    ``predicted_pairs``, and but for ``a+b`` ``persons``, ``true_persons``, ``largest_cluster`` (all of labelled records). A share whose
    denominator is empty has no row; F1 is 0 where nothing was found or nothing is right. One action, to learn the sources.
    """
    labelled = person_spine.join(truth.select("record_id", "true_person_id"), "record_id", how="inner")
    sources = sorted(row.source for row in labelled.select("source").distinct().collect())
    total = _cells(labelled, sources).groupBy("threshold", "slice").agg(*_totals())
    return LINKAGE_METRIC.conform(_metrics(total))


def _cells(labelled: DataFrame, sources: list[str]) -> DataFrame:
    """One row per threshold, slice, true person and person of the spine that share records, with what the cell adds to each sum."""
    person = [F.struct(F.lit(t).alias("threshold"), F.col(c).alias("person_id")) for t, c in _PERSON_COLUMNS.items()]
    record = labelled.select("true_person_id", "source", F.explode(F.array(*person)).alias("p")).select("true_person_id", "source", "p.*")
    counts = [F.count(F.when(F.col("source") == source, 1)).alias(f"both_{i}") for i, source in enumerate(sources)]
    both = record.groupBy("threshold", "person_id", "true_person_id").agg(*counts)
    whole = both
    for side, key in (("person", "person_id"), ("true", "true_person_id")):
        around = Window.partitionBy("threshold", key).rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
        whole = whole.select("*", *(F.sum(f"both_{i}").over(around).alias(f"{side}_{i}") for i in range(len(sources))))
    addends = F.explode(F.array(*_addends(sources)))
    return whole.select("threshold", addends.alias("cell")).select("threshold", "cell.*").where(F.col("records") > 0)


def _addends(sources: list[str]) -> Iterator[Column]:
    def side(name: str, *indices: int) -> Column:
        total = F.lit(0).cast("long")
        for i in indices:
            total = total + F.col(f"{name}_{i}")
        return total

    def cell(label: str, *indices: int) -> _Cell:
        return _Cell(label, side("both", *indices), side("person", *indices), side("true", *indices))

    single = [cell(source, i) for i, source in enumerate(sources)]
    yield _within(cell("all", *range(len(sources))))
    yield from map(_within, single)
    yield from (_between(a, b) for a, b in combinations(single, 2))


def _within(c: _Cell) -> Column:
    """Ordered pairs of records of the cell's slice, and each record's share of its person, of its true person, and of one."""
    return _addend(
        c.slice,
        records=c.both,
        right=_product(c.both, c.both - 1),
        predicted=_product(c.both, c.person - 1),
        true=_product(c.both, c.true_person - 1),
        precision=_share(_product(c.both, c.both), c.person),
        with_person=c.both,
        recall=_share(_product(c.both, c.both), c.true_person),
        with_true=c.both,
        persons=_share(c.both, c.person),
        true_persons=_share(c.both, c.true_person),
        largest=F.when(c.both > 0, c.person),
    )


def _between(a: _Cell, b: _Cell) -> Column:
    """As ``_within`` for the pairs across two sources; each is met from both its ends."""
    none = F.lit(None)
    return _addend(
        f"{a.slice}+{b.slice}",
        records=a.both + b.both,
        right=_product(a.both, b.both) * 2,
        predicted=_product(a.both, b.person) + _product(b.both, a.person),
        true=_product(a.both, b.true_person) + _product(b.both, a.true_person),
        precision=_share(_product(a.both, b.both), b.person) + _share(_product(a.both, b.both), a.person),
        with_person=F.when(b.person > 0, a.both).otherwise(0) + F.when(a.person > 0, b.both).otherwise(0),
        recall=_share(_product(a.both, b.both), b.true_person) + _share(_product(a.both, b.both), a.true_person),
        with_true=F.when(b.true_person > 0, a.both).otherwise(0) + F.when(a.true_person > 0, b.both).otherwise(0),
        persons=none,
        true_persons=none,
        largest=none,
    )


_TYPES = {
    **dict.fromkeys(("right", "predicted", "true"), _WHOLE),
    **dict.fromkeys(("precision", "recall", "persons", "true_persons"), _SHARE),
    **dict.fromkeys(("records", "with_person", "with_true", "largest"), "long"),
}


def _addend(label: str, **columns: Column) -> Column:
    return F.struct(F.lit(label).alias("slice"), *(columns[name].cast(type_).alias(name) for name, type_ in _TYPES.items()))


def _product(a: Column, b: Column) -> Column:
    return a.cast("decimal(19,0)") * b.cast("decimal(19,0)")


def _share(part: Column, whole: Column) -> Column:
    # by way of doubles, since Spark rounds the quotient of wide decimals to six places
    return F.when(whole > 0, part.cast("double") / whole).otherwise(0.0).cast(_SHARE)


def _totals() -> list[Column]:
    return [(F.max if name == "largest" else F.sum)(name).alias(name) for name in _TYPES]


def _metrics(total: DataFrame) -> DataFrame:
    b3_precision, b3_recall = _ratio(F.col("precision"), F.col("with_person")), _ratio(F.col("recall"), F.col("with_true"))
    b3_sum = b3_precision + b3_recall
    value = {
        "pairwise_precision": _ratio(F.col("right"), F.col("predicted")),
        "pairwise_recall": _ratio(F.col("right"), F.col("true")),
        "pairwise_f1": _ratio(F.col("right").cast("double") * 2, F.col("predicted").cast("double") + F.col("true").cast("double")),
        "b3_precision": b3_precision,
        "b3_recall": b3_recall,
        "b3_f1": F.when(b3_sum > 0, 2 * b3_precision * b3_recall / b3_sum).when(b3_sum == 0, 0.0),
        # every pair was met twice
        "true_pairs": F.col("true") / 2,
        "predicted_pairs": F.col("predicted") / 2,
        # each record brings its part of its person; rounded, since a third and two more make not quite one
        "persons": F.round("persons"),
        "true_persons": F.round("true_persons"),
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
