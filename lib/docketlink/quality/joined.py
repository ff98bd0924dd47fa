"""Which people are mistaken for one: twins, parents and children, namesakes at one address, or strangers."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

GENERATION = 15  # years between parent and child, at least


def joined_pairs(person_of: DataFrame, truth: DataFrame, true_person: DataFrame, address_of: DataFrame) -> DataFrame:
    """``(kind, pairs long)``: pairs of true people who share a person, by what they are to each other; kinds without a pair have no row.

    ``person_of`` holds ``record_id, person_id``, ``truth`` ``record_id, true_person_id``, ``true_person`` the generator's TRUE_PERSON,
    ``address_of`` ``record_id, postcode_arr``. Kinds, the first that holds: ``twins`` (one family and year of birth),
    ``parent and child`` (one family, a generation apart), ``siblings`` (one family), ``shared address`` (a postcode in common in these
    records), ``others``.
    """
    known = person_of.join(truth, "record_id", how="inner")
    # few persons of many join two people: only their addresses are looked at
    joining = known.groupBy("person_id").agg((F.min("true_person_id") < F.max("true_person_id")).alias("joins")).where("joins")
    record = known.join(joining, "person_id", how="left_semi").join(address_of, "record_id", how="left")
    member = record.groupBy("person_id", "true_person_id").agg(
        F.array_distinct(F.flatten(F.collect_list("postcode_arr"))).alias("postcodes")
    )
    people = true_person.select("true_person_id", "family_id", "birth_year", "is_twin")
    told = member.join(people, "true_person_id", how="left")
    left, right = told.alias("l"), told.alias("r")
    pair = left.join(right, (F.col("l.person_id") == F.col("r.person_id")) & (F.col("l.true_person_id") < F.col("r.true_person_id")))
    return pair.select(_kind().alias("kind")).groupBy("kind").agg(F.count(F.lit(1)).alias("pairs"))


def _kind() -> Column:
    family = F.col("l.family_id") == F.col("r.family_id")
    years = F.abs(F.col("l.birth_year") - F.col("r.birth_year"))
    return (
        F.when(family & (years == 0), "twins")
        .when(family & (years >= GENERATION), "parent and child")
        .when(family, "siblings")
        .when(F.arrays_overlap("l.postcodes", "r.postcodes"), "shared address")
        .otherwise("others")
    )
