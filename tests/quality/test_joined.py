"""People who are mistaken for one, by what they are to each other."""

from docketlink.contracts.truth import TRUE_PERSON
from docketlink.quality.joined import joined_pairs
from pyspark.sql import functions as F

PEOPLE = {"ann": ("f1", 1990), "amy": ("f1", 1990), "mum": ("f1", 1962), "sis": ("f1", 1996), "bob": ("f2", 1970), "cat": ("f3", 1980)}


def test_joined_people_are_counted_once_by_what_they_are_to_each_other(spark) -> None:
    persons = {
        "p1": ["ann", "amy", "ann"],
        "p2": ["mum", "sis"],
        "p3": ["sis", "ann"],
        "p4": ["bob", "cat"],
        "p5": ["mum", "bob"],
        "p6": ["cat", "cat"],
    }
    rows = [(f"{p}{i}", p, who) for p, members in persons.items() for i, who in enumerate(members)]
    record = spark.createDataFrame(rows, "record_id string, person_id string, true_person_id string")
    postcode = F.when(F.col("person_id") == "p4", F.array(F.lit("LS11AA")))
    kept = spark.createDataFrame([(p, *of) for p, of in PEOPLE.items()], "true_person_id string, family_id string, birth_year int")
    people = kept.select("*", *(F.lit(None).cast(f.type).alias(f.name) for f in TRUE_PERSON.fields if f.name not in kept.columns))
    found = joined_pairs(
        record.drop("true_person_id"), record.drop("person_id"), people, record.select("record_id", postcode.alias("postcode_arr"))
    )
    assert {row.kind: row.pairs for row in found.collect()} == {
        "twins": 1, "parent and child": 1, "siblings": 1, "shared address": 1, "others": 1,
    }  # fmt: skip
