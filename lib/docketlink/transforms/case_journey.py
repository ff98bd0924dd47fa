"""Case journeys: which defendant on a Crown case continues a magistrates' case-defendant. docs/longitudinal.md has rules and addends."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from docketlink.columns.events import result_order
from docketlink.contracts.research import CASE_JOURNEY

# Evidence for a pair in bits, by the judgement of the authors, not estimated; the sum decides (docs/longitudinal.md).
SAME_CASE, SAME_PERSON, SAME_PERSON_LOW = 12.0, 10.0, 5.0
SAME_DAY, NEAR_DAY, IN_TIME, OTHER_DAY = 9.0, 4.0, 3.0, -6.0
SAME_OFFENCE, OTHER_OFFENCE = 2.0, -2.0
FITTING, UNFITTING = 3.0, -8.0  # the outcome below and the kind of case above
SAME_SEX, OTHER_SEX, SAME_BAND, OTHER_BAND = 1.0, -6.0, 4.0, -6.0
ENOUGH = 14.0
NEAR_DAYS, TIME_DAYS = 7, 60
_ROUNDS = 2  # of matching: co-defendants of those who found each other follow
# Kinds of Crown case that fit an outcome below, the usual one first.
_SENT = {"committed_trial": ("trial", "otherwise"), "committed_sentence": ("sentence", "otherwise")}
_BELOW = ("case_result", "committal")


def case_journeys(
    person_event: DataFrame, record_attribute: DataFrame, *, lower: Sequence[str], upper: Sequence[str], both: Sequence[str] = ()
) -> DataFrame:
    """``research.case_journey``: one row for each case-defendant of the sources ``lower`` who was sent up, or went up by appeal.

    Pairs share a case reference, or a person and the days; each record is in one pair at most, that of the highest score. Two pairs
    that score alike for one record are both refused: a journey is rather missed than made up. A defendant of whom the upper court
    opened a second case after a transfer continues in the first one. In the sources ``both`` a case goes up within its record.
    """
    below, above = _below(_of(person_event, lower)), _above(_of(person_event, upper))
    seen = record_attribute.select("record_id", "sex", "birth_year_band")
    below, above = below.join(seen, "record_id", how="left"), above.join(seen, "record_id", how="left")
    pair = _matched(_scored(_candidates(below, above)))
    found = pair.select("magistrates_record_id", "crown_record_id", "rule", "score")
    facts = above.select(
        F.col("record_id").alias("crown_record_id"), F.col("person_id").alias("crown_person_id"), "crown_case_type", "crown_outcome",
        "received_date", "disposal_date",
    )  # fmt: skip
    defendant = below.withColumnRenamed("record_id", "magistrates_record_id")
    joined = defendant.join(found, "magistrates_record_id", how="left").join(facts, "crown_record_id", how="left")
    joined = joined.drop("person_id_low", "sex", "birth_year_band")
    joined = joined.unionByName(_within(_of(person_event, both)).select(joined.columns))
    is_sent = F.col("magistrates_outcome").isin(*_SENT) | F.col("crown_record_id").isNotNull()
    of_case = Window.partitionBy("source", F.coalesce("case_ref_token", "magistrates_record_id"))
    counted = joined.withColumns(
        {
            "is_sent": is_sent,
            "case_defendants": F.count(F.lit(1)).over(of_case).cast("int"),
            "case_defendants_sent": F.count_if(is_sent).over(of_case).cast("int"),
        }
    )
    return CASE_JOURNEY.conform(counted.where("is_sent").withColumns(_durations()).select(*CASE_JOURNEY.columns))


def _of(event: DataFrame, sources: Sequence[str]) -> DataFrame:
    return event.where(F.col("source").isin(*sources) if sources else F.lit(False))


def _below(event: DataFrame) -> DataFrame:
    kind, day, principal = F.col("event_type"), F.col("event_date"), F.col("is_principal")
    return event.groupBy("record_id", "person_id", "person_id_low", "source").agg(
        F.min("case_ref_token").alias("case_ref_token"),
        F.min(F.when(kind == "charge", day)).alias("offence_date"),
        F.min(F.when(kind == "hearing", day)).alias("first_hearing_date"),
        F.max(F.when(kind.isin(*_BELOW), day)).alias("committal_date"),
        F.max(F.when(principal, F.col("outcome_code"))).alias("magistrates_outcome"),
        F.max(F.when(principal, F.col("offence_group"))).alias("offence_group"),
    )


def _above(event: DataFrame) -> DataFrame:
    """Defendants on cases that say where they came from: the second case after a transfer does not."""
    kind, day, principal = F.col("event_type"), F.col("event_date"), F.col("is_principal") & (F.col("event_type") == "disposal")
    told = event.groupBy("record_id", "person_id", "person_id_low").agg(
        F.min(F.coalesce("lower_ref_token", F.when(kind == "committal", F.col("case_ref_token")))).alias("lower_ref_token"),
        F.min(F.when(kind == "committal", day)).alias("sent_date"),
        F.min(F.when(kind == "crown_receipt", day)).alias("received_date"),
        F.min(F.when(kind == "crown_receipt", F.col("outcome_code"))).alias("crown_case_type"),
        F.max(F.when(principal, day)).alias("disposal_date"),
        F.max(F.when(principal, F.col("outcome_code"))).alias("crown_outcome"),
        F.max(F.when(principal, F.col("offence_group"))).alias("crown_offence_group"),
    )
    return told.where(F.col("sent_date").isNotNull() | F.col("received_date").isNotNull())


def _within(event: DataFrame) -> DataFrame:
    """Case-defendants of sources that hold both courts: what follows the committal happened at the Crown Court, which notes no receipt."""
    kind, day = F.col("event_type"), F.col("event_date")
    committal = F.max(F.when(kind == "committal", day)).over(Window.partitionBy("record_id"))
    later = day > F.col("committal_date")
    told = event.withColumn("committal_date", committal).groupBy("record_id", "person_id", "source", "committal_date")
    found = told.agg(
        F.min("case_ref_token").alias("case_ref_token"),
        F.min(F.when(kind == "charge", day)).alias("offence_date"),
        F.min(F.when(kind == "hearing", day)).alias("first_hearing_date"),
        F.max(F.when(kind == "committal", F.col("outcome_code"))).alias("magistrates_outcome"),
        F.min_by(F.when(kind == "committal", F.col("offence_group")), F.when(kind == "committal", result_order())).alias("offence_group"),
        F.max(later & kind.isin("hearing", "disposal")).alias("is_above"),
        F.max(F.when(later & (kind == "disposal"), day)).alias("disposal_date"),
        F.min_by("outcome_code", F.when(later & (kind == "disposal"), result_order())).alias("crown_outcome"),
    )
    above, outcome = F.col("is_above"), F.col("magistrates_outcome")
    usual = F.coalesce(*(F.when(outcome == sent, kinds[0]) for sent, kinds in _SENT.items()))
    return found.select(
        "*",
        F.col("record_id").alias("magistrates_record_id"),
        F.when(above, F.col("record_id")).alias("crown_record_id"),
        F.when(above, F.col("person_id")).alias("crown_person_id"),
        F.when(above, F.lit("same_record")).alias("rule"),
        F.lit(None).cast("double").alias("score"),
        F.when(above, usual).alias("crown_case_type"),
        F.lit(None).cast("date").alias("received_date"),
    )


def _candidates(below: DataFrame, above: DataFrame) -> DataFrame:
    """Pairs that share a case reference, or a person around the days on which the case can have gone up; each once."""
    one, other = below.alias("b"), above.alias("a")
    by_case = one.join(other, F.col("b.case_ref_token") == F.col("a.lower_ref_token"), how="inner")
    days = F.datediff(F.coalesce("a.sent_date", "a.received_date"), F.col("b.committal_date"))
    by_person = one.join(other, (F.col("b.person_id") == F.col("a.person_id")) & days.between(-NEAR_DAYS, TIME_DAYS), how="inner")
    kept: list[Column | str] = [
        F.col("b.record_id").alias("magistrates_record_id"),
        F.col("a.record_id").alias("crown_record_id"),
        (F.coalesce(F.col("b.case_ref_token") == F.col("a.lower_ref_token"), F.lit(False))).alias("is_case"),
        (F.col("b.person_id") == F.col("a.person_id")).alias("is_person"),
        (F.col("b.person_id_low") == F.col("a.person_id_low")).alias("is_person_low"),
        "b.committal_date", "a.sent_date", "a.received_date", "b.magistrates_outcome", "a.crown_case_type",
        F.col("b.offence_group").alias("offence"), F.col("a.crown_offence_group").alias("crown_offence"),
        F.col("b.sex").alias("sex"), F.col("a.sex").alias("crown_sex"),
        F.col("b.birth_year_band").alias("band"), F.col("a.birth_year_band").alias("crown_band"),
    ]  # fmt: skip
    return by_case.select(*kept).unionByName(by_person.select(*kept).where("NOT is_case"))


def _scored(pair: DataFrame) -> DataFrame:
    days_sent = F.abs(F.datediff("sent_date", "committal_date"))
    days_received = F.datediff("received_date", "committal_date")
    sent_up, above = F.col("magistrates_outcome"), F.col("crown_case_type")
    fits = F.when(above == "appeal", ~sent_up.isin(*_SENT)).otherwise(
        F.coalesce(*(F.when(sent_up == outcome, above.isin(*kinds)) for outcome, kinds in _SENT.items()), F.lit(False))
    )
    addends = (
        F.when(F.col("is_case"), SAME_CASE),
        F.when(F.col("is_person"), SAME_PERSON).when(F.col("is_person_low"), SAME_PERSON_LOW),
        F.when(days_sent == 0, SAME_DAY).when(days_sent <= NEAR_DAYS, NEAR_DAY).when(days_sent.isNotNull(), OTHER_DAY)
        .when(days_received.between(0, TIME_DAYS), IN_TIME).when(days_received.isNotNull(), OTHER_DAY),
        _agree("offence", "crown_offence", SAME_OFFENCE, OTHER_OFFENCE),
        F.when(fits, FITTING).otherwise(UNFITTING),
        _agree("sex", "crown_sex", SAME_SEX, OTHER_SEX),
        _agree("band", "crown_band", SAME_BAND, OTHER_BAND),
    )  # fmt: skip
    score = F.lit(0.0)
    for addend in addends:
        score = score + F.coalesce(addend, F.lit(0.0))
    rule = (
        F.when(F.col("is_case") & F.col("is_person"), "case_and_person")
        .when(F.col("is_case") & (days_sent == 0), "case_and_date")
        .when(F.col("is_case"), "case_alone")
        .when(days_sent == 0, "person_and_date")
        .otherwise("person_near_date")
    )
    return pair.select("magistrates_record_id", "crown_record_id", score.alias("score"), rule.alias("rule")).where(score >= ENOUGH)


def _agree(one: str, other: str, same: float, different: float) -> Column:
    return F.when(F.col(one) == F.col(other), same).when(F.col(one) != F.col(other), different)


def _matched(pair: DataFrame) -> DataFrame:
    """Pairs of which each is the single best one of both its records, then those of the records that are left."""
    sides = ("magistrates_record_id", "crown_record_id")
    pair = pair.withColumn("round", F.lit(0))
    for turn in range(1, _ROUNDS + 1):
        is_free = F.col("round") == 0
        open_ = [F.max(F.col("round")).over(Window.partitionBy(side)) == 0 for side in sides]
        pair = pair.withColumn("is_open", open_[0] & open_[1] & is_free)
        best = []
        for side in sides:
            among = Window.partitionBy(side, "is_open")
            highest = F.max("score").over(among)
            tied = F.count(F.lit(1)).over(Window.partitionBy(side, "is_open", "score"))
            best.append((F.col("score") == highest) & (tied == 1))
        pair = pair.withColumn("round", F.when(F.col("is_open") & best[0] & best[1], turn).otherwise(F.col("round")))
    return pair.where("round > 0")


def _durations() -> dict[str, Column]:
    return {
        "rule": F.coalesce("rule", F.lit("none")),
        "days_offence_to_hearing": F.datediff("first_hearing_date", "offence_date"),
        "days_hearing_to_committal": F.datediff("committal_date", "first_hearing_date"),
        "days_committal_to_receipt": F.datediff("received_date", "committal_date"),
        "days_receipt_to_disposal": F.datediff("disposal_date", "received_date"),
    }
