"""Parties in one field against their truth tables in tests/data."""

from collections.abc import Callable

from docketlink.columns import parties
from pyspark.sql import functions as F

Truth = Callable[..., None]


def test_a_name_field_names_people(truth_table: Truth) -> None:
    people = lambda raw: F.transform(  # noqa: E731
        parties.people_of_field(raw), lambda each: F.array(each["forenames"], each["surname"], each["full"])
    )
    truth_table("party_people", people)


def test_an_organisation_says_so(truth_table: Truth) -> None:
    truth_table("organisation", parties.is_organisation)
