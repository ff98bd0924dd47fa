"""The questions that the programme exists for, as small tables of counts from the longitudinal ones."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from docketlink.columns.events import is_linkable, is_of_person

_CUSTODY = ("indeterminate", "sentenced", "recall", "remand", "other_custody")
_MANY = 10
_LATER = 12  # months after an entry into custody


def court_cases(person_event: DataFrame) -> DataFrame:
    """``person_id, record_id, first_date, offence_group``: a case-defendant of the courts with the first day on which it was heard.

    Only of records that hold enough identity to be known again.
    """
    heard = person_event.where(
        is_of_person(F.col("link_status"))
        & is_linkable(F.col("link_status"))
        & (F.col("event_system") == "courts")
        & F.col("event_type").isin("hearing", "crown_receipt")
        & F.col("event_date").isNotNull()
    )
    return heard.groupBy("person_id", "record_id").agg(
        F.min("event_date").alias("first_date"), F.min("offence_group").alias("offence_group")
    )


def repeat_users(cases: DataFrame) -> DataFrame:
    """``cases, people, case_count``: how many people were defendants so often (10 means 10 and more), and how many cases those were."""
    person = cases.groupBy("person_id").agg(F.count(F.lit(1)).alias("n"))
    often = F.least("n", F.lit(_MANY)).alias("cases")
    return person.groupBy(often).agg(F.count(F.lit(1)).alias("people"), F.sum("n").alias("case_count"))


def repeat_users_by(cases: DataFrame, person_event: DataFrame) -> DataFrame:
    """``birth_year_band, people, repeaters``: of the people at court by band of birth, those with five cases or more.

    A person's band is the one that most events carry, the earlier of two.
    """
    person = cases.groupBy("person_id").agg(F.count(F.lit(1)).alias("n"))
    told = (
        person_event.where(F.col("birth_year_band").isNotNull()).groupBy("person_id", "birth_year_band").agg(F.count(F.lit(1)).alias("k"))
    )
    band = told.groupBy("person_id").agg(F.min(F.struct(-F.col("k"), "birth_year_band"))["birth_year_band"].alias("birth_year_band"))
    known = person.join(band, "person_id", how="inner")
    return known.groupBy("birth_year_band").agg(F.count(F.lit(1)).alias("people"), F.count_if(F.col("n") >= 5).alias("repeaters"))


def order_of_courts(cases: DataFrame, person_event: DataFrame) -> DataFrame:
    """``first, people``: of the people in family and criminal courts, where they were first."""
    court = cases.groupBy("person_id").agg(F.min("first_date").alias("court"))
    family = person_event.where((F.col("event_system") == "family") & F.col("event_date").isNotNull())
    both = court.join(family.groupBy("person_id").agg(F.min("event_date").alias("family")), "person_id", how="inner")
    first = F.when(F.col("family") < F.col("court"), "family").when(F.col("family") > F.col("court"), "criminal").otherwise("same day")
    return both.groupBy(first.alias("first")).agg(F.count(F.lit(1)).alias("people"))


def custody_flows(person_month: DataFrame) -> DataFrame:
    """``before, inside, after, entries``: the state a month before an entry into custody, the one on it, and that a year later.

    ``not seen`` stands for months before the first contact and after the end of observation.
    """
    in_order = Window.partitionBy("person_id").orderBy("month")
    state = F.col("state")
    month = person_month.select(
        state.alias("inside"),
        F.coalesce(F.lag("state").over(in_order), F.lit("not seen")).alias("before"),
        F.coalesce(F.lead("state", _LATER).over(in_order), F.lit("not seen")).alias("after"),
    )
    entry = month.where(_is_custody("inside") & ~_is_custody("before"))
    return entry.groupBy("before", "inside", "after").agg(F.count(F.lit(1)).alias("entries"))


def _is_custody(column: str) -> Column:
    return F.col(column).isin(*_CUSTODY)
