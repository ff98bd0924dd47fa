"""CaseMan's party roles as two ordinary tables: ``person``, a party of a civil case, and ``contact``, what happened in the case.

A party's name stands in one field, its address in a table that is joined by case, role and number, and two people may share a
row. Frames in, frames out, no action. Columns: conf/sources/civil_caseman.yml.
"""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.codes import is_one_of
from docketlink.columns.parties import is_organisation, people_of_field
from docketlink.columns.text import trimmed

_PARTY = ("case_number", "party_role_code", "case_party_no")
_LINES = (*(f"address_line{n}" for n in range(1, 6)), "postcode")


def derive(raw: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
    """``person``: a row for each person of a party role that is no solicitor, and for each party of the online register.

    ``contact``: a row for each person of a party role and each claim, judgment, warrant and event of its case. The online
    register holds claims of the cases once more, so its parties have no contacts of their own.
    """
    party = _parties(raw)
    claim = raw["cases"].select(_clean("case_number"), _clean("admin_crt_code"), "date_of_issue")
    is_sued = F.col("party_role_code").endswith("DEFENDANT") & (F.col("kind") == "person")
    of_age = F.when(is_sued, F.col("date_of_issue")).alias("of_age_on")
    person = party.unionByName(_online(raw)).join(claim, on="case_number", how="left").select("*", of_age).drop("date_of_issue")
    return {"person": person, "contact": _contacts(raw, party, claim.drop("date_of_issue"))}


def _parties(raw: Mapping[str, DataFrame]) -> DataFrame:
    role = raw["case_party_roles"].where(~is_one_of(F.upper("party_role_code"), ("SOLICITOR",)))
    party = raw["parties"].select(_clean("party_id"), "person_requested_name", F.col("person_dob").alias("dob"))
    coded = raw["coded_parties"].where(trimmed(F.col("party_id")).isNotNull()).select(_clean("party_id")).distinct()
    named = (
        role.select("source_file", "ordinal", *map(_clean, _PARTY), _clean("party_id"))
        .join(party, on="party_id", how="left")
        .join(F.broadcast(coded.withColumn("is_coded", F.lit(True))), on="party_id", how="left")
        .join(_served_at(raw["given_addresses"]), on=[*_PARTY], how="left")
    )
    firm = F.coalesce("is_coded", F.lit(False)) | is_organisation(F.col("person_requested_name"))
    whole = F.array(
        F.struct(
            F.lit(None).cast("string").alias("forenames"),
            F.lit(None).cast("string").alias("surname"),
            trimmed(F.col("person_requested_name")).alias("full"),
        )
    )
    people = people_of_field(F.col("person_requested_name"))
    split = named.withColumn("is_firm", firm).withColumn(
        "people", F.when(F.col("is_firm") | (F.size(people) == 0), whole).otherwise(people)
    )
    each = split.select("*", F.posexplode("people").alias("place", "one"))
    return each.select(
        "source_file",
        "ordinal",
        *_PARTY,
        (F.col("place") + 1).cast("string").alias("person_no"),
        "party_id",
        _kind(F.col("is_firm")).alias("kind"),
        F.when(F.size("people") > 1, F.lit("Y")).otherwise(F.lit("N")).alias("joint"),
        F.lit(None).cast("string").alias("title"),
        F.col("one.forenames").alias("forenames"),
        F.col("one.surname").alias("surname"),
        F.col("one.full").alias("full_name"),
        "dob",
        *_LINES,
    )


def _served_at(address: DataFrame) -> DataFrame:
    """The current address for service of each party, the latest where there are several: one row for a party."""
    current = address.where(is_one_of(F.col("address_type_code"), ("SERVICE",)) & is_one_of(F.col("valid_to"), ("",)))
    latest = F.max(F.struct(_clean("valid_from"), F.col("address_id"), *_LINES)).alias("latest")
    chosen = current.groupBy(*map(_clean, _PARTY)).agg(latest)
    return chosen.select(*_PARTY, *(F.col(f"latest.{line}").alias(line) for line in _LINES))


def _online(raw: Mapping[str, DataFrame]) -> DataFrame:
    firm = is_organisation(F.col("surname")) & trimmed(F.col("forename")).isNull()
    return raw["pcol_party"].select(
        "source_file",
        "ordinal",
        trimmed(F.col("claim_no")).alias("case_number"),
        F.concat(F.lit("PCOL "), trimmed(F.col("role"))).alias("party_role_code"),
        trimmed(F.col("party_no")).alias("case_party_no"),
        F.lit("1").alias("person_no"),
        F.lit(None).cast("string").alias("party_id"),
        _kind(firm).alias("kind"),
        F.lit("N").alias("joint"),
        "title",
        F.col("forename").alias("forenames"),
        F.when(~firm, F.col("surname")).alias("surname"),
        F.when(firm, F.col("surname")).alias("full_name"),
        F.lit(None).cast("string").alias("dob"),
        *_LINES,
    )


def _kind(is_firm: Column) -> Column:
    return F.when(is_firm, F.lit("organisation")).otherwise(F.lit("person"))


def _contacts(raw: Mapping[str, DataFrame], party: DataFrame, court: DataFrame) -> DataFrame:
    """What happened in each case, once for every person in it."""
    events = raw["case_events"].where(~is_one_of(F.col("deleted_flag"), ("Y",)))
    happened = reduce(
        DataFrame.unionByName,
        (
            _happened(raw["cases"], "claim", F.lit("1"), "date_of_issue", "claim_type"),
            _happened(raw["judgments"], "judgment", F.col("judg_seq"), "judgment_date", "status"),
            _happened(raw["warrants"], "warrant", F.col("warrant_no"), "issue_date", "warrant_type"),
            _happened(events, "event", F.col("event_seq"), "event_date", "std_event_id"),
        ),
    )
    people = party.select(*_PARTY, "person_no")
    return happened.join(court, on="case_number", how="left").join(people, on="case_number", how="inner")


def _happened(rows: DataFrame, kind: str, number: Column, day: str, outcome: str) -> DataFrame:
    return rows.select(
        "source_file",
        "ordinal",
        _clean("case_number"),
        F.lit(kind).alias("kind"),
        trimmed(number).alias("number"),
        F.col(day).alias("contact_date"),
        F.col(outcome).alias("outcome"),
    )


def _clean(name: str) -> Column:
    return trimmed(F.col(name)).alias(name)
