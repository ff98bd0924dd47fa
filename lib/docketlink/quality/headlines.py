"""Headlines of the longitudinal tables at every threshold, beside what they would be if every record had its true person."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from docketlink.columns.events import is_linkable
from docketlink.contracts.research import HEADLINE
from docketlink.contracts.spine import PERSON_COLUMNS

LEVELS: Mapping[str, str] = {"true": "true_person_id", **PERSON_COLUMNS}
# Headline to what it counts and of how many; the names are those of ``_life``.
_SHARES: Mapping[str, tuple[str, str]] = {
    "court_repeat": ("repeats", "at_court"),
    "court_return_1y": ("returned", "at_court"),
    "court_in_prison": ("at_court_and_prison", "at_court"),
    "release_return_1y": ("releases_returned", "releases"),
    "prison_readmitted": ("readmitted", "in_prison"),
    "family_at_court": ("family_and_court", "in_family"),
    "civil_at_court": ("civil_and_court", "in_civil"),
    "family_before_court": ("family_first", "family_and_court"),
}
THIN = ("family_at_court", "civil_at_court", "family_before_court")  # over sources whose records hold little of a person
_GROUPS, _SAMPLED = 100, 20  # groups of true people by hash, and how many of them play the labelled sample
COUNTED = "all labelled records; persons of the level, of records with enough identity"
CORRECTED = "raw figure times true over raw in a labelled fifth of people; grouped jackknife"
CUSTODY_WINDOW = (date(2015, 1, 1), date(2019, 12, 31))
TIME = "days inside from 2015 to 2019; true ones from truth.life_event"
JOURNEYS = "rows that name another record against truth.case_link; recall of those whose Crown record has a receipt"


def headlines(person_event: DataFrame, truth: DataFrame) -> DataFrame:
    """``quality.headline``: each share at the true people and the three thresholds; for thin sources a corrected one too.

    ``truth`` is ``record_id, true_person_id``. Records without a true person are outside of every level; those without enough identity
    to be linked count for the true people alone, for nobody returns who cannot be known again. The corrected figure is what a team
    could publish that has labels for a fifth of the people.
    """
    event = _contacts(_known(person_event).join(truth.select("record_id", "true_person_id"), "record_id", how="inner"), LEVELS)
    figure = _at_levels(event, LEVELS)
    raw = figure.select(
        "headline", "level", "value", F.lit(None).cast("double").alias("interval_low"), F.lit(None).cast("double").alias("interval_high"),
        F.lit(COUNTED).alias("method"), "people",
    )  # fmt: skip
    return HEADLINE.conform(raw.unionByName(_corrected(event, figure)).where("value IS NOT NULL"))


def headline_rates(person_event: DataFrame, person_spine: DataFrame) -> DataFrame:
    """``(headline, level, value, people)``: each share at the three thresholds of a version of the spine, which need not be the events'."""
    spine = ("link_status", *PERSON_COLUMNS.values())
    linked = person_event.drop(*spine).join(person_spine.select("record_id", *spine), "record_id", how="inner")
    rates = _at_levels(_contacts(_known(linked), PERSON_COLUMNS), PERSON_COLUMNS)
    return rates.select("headline", "level", "value", "people").where("value IS NOT NULL")


def journey_metrics(case_journey: DataFrame, case_link: DataFrame, person_event: DataFrame) -> DataFrame:
    """``journey_precision`` and ``journey_recall`` as rows of ``quality.headline``, by magistrates' case-defendant."""
    arrived = person_event.where(F.col("event_type") == "crown_receipt").select(F.col("record_id").alias("crown_record_id")).distinct()
    link = case_link.where("kind = 'committed'").select("magistrates_record_id", F.col("record_id").alias("crown_record_id"))
    found = case_journey.where("crown_record_id <> magistrates_record_id").select("magistrates_record_id", "crown_record_id")
    known = link.select("magistrates_record_id").distinct()
    right = found.join(link, ["magistrates_record_id", "crown_record_id"], how="left_semi").agg(F.count(F.lit(1)).alias("right"))
    claimed = found.agg(F.count(F.lit(1)).alias("claimed"))
    due = link.join(arrived, "crown_record_id", how="left_semi").join(known, "magistrates_record_id", how="left_semi")
    expected = due.agg(F.count_distinct("magistrates_record_id").alias("expected"))
    row = right.crossJoin(claimed).crossJoin(expected)
    parts = [F.struct(F.lit(f"journey_{name}").alias("headline"), (F.col("right") / F.nullif(F.col(of), F.lit(0))).alias("value"),
                      F.col(of).alias("people")) for name, of in (("precision", "claimed"), ("recall", "expected"))]  # fmt: skip
    nothing = F.lit(None).cast("double")
    told = row.select(F.explode(F.array(*parts)).alias("f")).select(
        "f.headline", F.lit("medium").alias("level"), "f.value", nothing.alias("interval_low"), nothing.alias("interval_high"),
        F.lit(JOURNEYS).alias("method"), "f.people",
    )  # fmt: skip
    return HEADLINE.conform(told.where("value IS NOT NULL"))


def custody_time(person_spell: DataFrame, life_event: DataFrame) -> DataFrame:
    """``custody_time`` as rows of ``quality.headline``: of five years of everybody inside at some time in them, the share spent inside.

    True are the days from admission to release, each once; found are those of spells of custody at the medium threshold.
    """
    first, last = F.lit(CUSTODY_WINDOW[0]), F.lit(CUSTODY_WINDOW[1])
    turn = life_event.where(F.col("kind").isin("prison_admission", "prison_release")).select(
        F.col("true_person_id").alias("person"),
        F.when(F.col("kind") == "prison_admission", F.col("event_date")).otherwise(F.date_add("event_date", 1)).alias("day"),
        F.when(F.col("kind") == "prison_admission", 1).otherwise(-1).alias("step"),
    )
    by_day = turn.groupBy("person", "day").agg(F.sum("step").alias("step"))
    in_order = Window.partitionBy("person").orderBy("day")
    stretch = by_day.select(
        "person", F.col("day").alias("start"), F.date_sub(F.lead("day").over(in_order), 1).alias("stop"),
        F.sum("step").over(in_order).alias("inside"),
    ).where("inside > 0")  # fmt: skip
    found = person_spell.where(F.col("legal_status").isNotNull()).select(
        F.col("person_id").alias("person"), F.col("start_date").alias("start"), F.col("last_day").alias("stop")
    )
    told = stretch.select("person", "start", "stop", F.lit("true").alias("level")).unionByName(found.withColumn("level", F.lit("medium")))
    days = F.datediff(F.least(F.coalesce("stop", last), last), F.greatest("start", first)) + 1
    person = told.where(days > 0).groupBy("level", "person").agg(F.sum(days).alias("days"))
    counted = person.groupBy("level").agg(F.sum("days").alias("days"), F.count(F.lit(1)).alias("people"))
    nothing = F.lit(None).cast("double")
    return HEADLINE.conform(
        counted.select(
            F.lit("custody_time").alias("headline"), "level",
            (F.col("days") / (F.col("people") * (F.datediff(last, first) + 1))).alias("value"), nothing.alias("interval_low"),
            nothing.alias("interval_high"), F.lit(TIME).alias("method"), "people",
        )
    )  # fmt: skip


def _known(event: DataFrame) -> DataFrame:
    """The events, of no person where their record does not hold enough identity."""
    return event.withColumns({name: F.when(is_linkable(F.col("link_status")), F.col(name)) for name in PERSON_COLUMNS.values()})


def _at_levels(event: DataFrame, levels: Mapping[str, str]) -> DataFrame:
    """``(level, headline, value, people)`` of contacts, by the person at each level."""
    whole = [_counts(event, column).select(F.lit(level).alias("level"), *_totals()) for level, column in levels.items()]
    counted = reduce(DataFrame.unionByName, whole)
    return counted.select("level", F.explode(F.array(*_figures())).alias("f")).select("level", "f.*")


def _contacts(event: DataFrame, levels: Mapping[str, str]) -> DataFrame:
    """One row a record and kind of contact: the first court day of a defendant in a case, each admission, release and family day."""
    kind, system, day = F.col("event_type"), F.col("event_system"), F.col("event_date")
    contact = (
        F.when((system == "courts") & kind.isin("hearing", "crown_receipt"), "court")
        .when(kind == "prison_admission", "admission")
        .when(kind == "prison_release", "release")
        .when(system.isin("family", "civil"), system)
    )
    dated = event.where(day.isNotNull() & (F.size("flag_arr") == 0)).withColumn("contact", contact).where("contact IS NOT NULL")
    several = F.when(F.col("contact").isin("admission", "release"), day)
    return dated.groupBy("record_id", "contact", several.alias("apart"), *levels.values()).agg(F.min(day).alias("day"))


def _counts(event: DataFrame, person: str, *beside: Column) -> DataFrame:
    """A row a known person of what they add to the counts of ``_totals``, and the aggregates ``beside``."""
    days = {
        name: F.array_sort(F.collect_set(F.when(F.col("contact") == name, F.col("day"))))
        for name in ("court", "admission", "release", "family", "civil")
    }
    last = F.max(F.when(F.col("contact") == "court", F.col("day"))).alias("last_court")
    return event.where(F.col(person).isNotNull()).groupBy(person).agg(*(array.alias(name) for name, array in days.items()), last, *beside)


def _totals() -> Iterator[Column]:
    def some(name: str) -> Column:
        return F.size(name) > 0

    first = F.get("court", F.lit(0))
    after = F.exists("court", lambda d: (d > first) & (F.datediff(d, first) <= 365))
    back = F.filter("release", lambda r: F.exists("court", lambda d: (d > r) & (F.datediff(d, r) <= 365)))
    both = some("family") & some("court")
    yield F.count_if(some("court")).alias("at_court")
    yield F.count_if(F.size("court") > 1).alias("repeats")
    yield F.count_if(some("court") & after).alias("returned")
    yield F.count_if(some("court") & some("admission")).alias("at_court_and_prison")
    yield F.sum(F.size("release")).alias("releases")
    yield F.sum(F.size(back)).alias("releases_returned")
    yield F.count_if(some("admission")).alias("in_prison")
    yield F.count_if(F.size("admission") > 1).alias("readmitted")
    yield F.count_if(some("family")).alias("in_family")
    yield F.count_if(both).alias("family_and_court")
    yield F.count_if(both & (F.get("family", F.lit(0)) < first)).alias("family_first")
    yield F.count_if(some("civil")).alias("in_civil")
    yield F.count_if(some("civil") & some("court")).alias("civil_and_court")


def _figures() -> Iterator[Column]:
    for name, (part, whole) in _SHARES.items():
        value = F.when(F.col(whole) > 0, F.col(part) / F.col(whole))
        yield F.struct(F.lit(name).alias("headline"), value.alias("value"), F.col(whole).cast("long").alias("people"))


def _corrected(event: DataFrame, figure: DataFrame) -> DataFrame:
    """The raw figure at medium times the ratio of true to raw in the sample; each group of the sample left out once for the interval.

    A person of two true people is in the sample whole or not at all: over all groups the raw counts add up to those of everybody.
    """
    stands_for = F.min("true_person_id").alias("stands_for")  # the smallest of the records'
    group = F.pmod(F.xxhash64("stands_for"), F.lit(_GROUPS)).alias("group")
    needed = sorted({part for name in THIN for part in _SHARES[name]})
    true, raw = (
        _counts(event, LEVELS[level], stands_for)
        .select("*", group)
        .where(F.col("group") < _SAMPLED)
        .groupBy("group")
        .agg(*_totals())
        .select("group", *(F.col(n).alias(f"{level}_{n}") for n in needed))
        for level in ("true", "medium")
    )
    by_group = true.join(raw, "group", how="inner")
    total = by_group.agg(
        *(F.sum(name).alias(f"all_{name}") for name in by_group.columns if name != "group"), F.count("group").alias("groups")
    )
    left_out = by_group.crossJoin(total)
    parts = []
    for name in THIN:
        part, whole = _SHARES[name]

        def ratio(prefix: str, part: str = part, whole: str = whole) -> Column:
            def of(level: str, n: str) -> Column:
                rest = F.col(f"all_{level}_{n}")
                return rest - F.col(f"{level}_{n}") if prefix == "rest" else rest

            share = {level: of(level, part) / F.nullif(of(level, whole), F.lit(0)) for level in ("true", "medium")}
            return share["true"] / F.nullif(share["medium"], F.lit(0))

        parts.append(F.struct(F.lit(name).alias("headline"), ratio("all").alias("ratio"), ratio("rest").alias("rest")))
    told = left_out.select("groups", F.explode(F.array(*parts)).alias("f")).select("groups", "f.*")
    spread = told.groupBy("headline").agg(
        F.max("ratio").alias("ratio"),
        F.sqrt((F.max("groups") - 1) * F.var_pop("rest")).alias("error"),
    )
    medium = figure.where("level = 'medium'").join(spread, "headline", how="inner")
    z = 1.959964
    return medium.select(
        "headline",
        F.lit("corrected").alias("level"),
        (F.col("value") * F.col("ratio")).alias("value"),
        (F.col("value") * (F.col("ratio") - z * F.col("error"))).alias("interval_low"),
        (F.col("value") * (F.col("ratio") + z * F.col("error"))).alias("interval_high"),
        F.lit(CORRECTED).alias("method"),
        "people",
    )
