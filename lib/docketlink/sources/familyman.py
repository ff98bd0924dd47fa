"""FamilyMan's entity-attribute-value tables as two ordinary ones: ``person``, a role in a case, and ``contact``, what happened to it.

Frames in, frames out, no action. Columns: conf/sources/family_familyman.yml.
"""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.codes import is_one_of
from docketlink.columns.text import trimmed

# Fields that hold the order types sought or made, as a list with commas.
ORDER_FIELDS = ("U22_AT", "G50_AT", "C21_3", "C24_6", "C36_5", "C43_5", "ORDREF_5", "ORDNOM_5", "FL404_79", "FL404B_7")
EX_PARTE_FIELDS = ("FL404_5", "FL404B_5")
PUBLIC_ORDERS = ("CRO", "SSC", "DCO", "OSA", "SO", "DSO", "OC", "OCST", "ARC", "ARST", "ESO", "XESO", "CAO", "EPO", "XEPO", "DEPO", "WEP")
# Violence orders by what the store says: the kind, and whether the respondent was heard.
VIOLENCE_ORDERS = {("NM", True): "ENM", ("NM", False): "ONM", ("OCC", True): "EO", ("OCC", False): "ONO"}
ADOPTION_ORDERS = {"A73": "CNO", "A74": "CCS"}
NOT_RECORDED = ("--", "Child")


def derive(raw: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
    """``person``: a row for each role, deleted ones too. ``contact``: a row for each live role, event and order type.

    No join adds a row to ``person``: parties, addresses and cases are looked up by their keys.
    """
    role = _roles(raw)
    return {"person": _people(raw, role), "contact": _contacts(raw, role)}


def _roles(raw: Mapping[str, DataFrame]) -> DataFrame:
    model = trimmed(F.col("role_model"))
    return raw["roles"].select(
        "source_file",
        "ordinal",
        *(trimmed(F.col(name)).alias(name) for name in ("role", "case_number", "party", "role_model", "delete_flag")),
        trimmed(F.col("address")).alias("role_address"),
        F.when(trimmed(F.col("representative_role")).isNotNull(), F.lit("Y")).otherwise(F.lit("N")).alias("represented"),
        F.when(model.startswith("APL"), F.lit("applicant"))
        .when(model.startswith("RSP"), F.lit("respondent"))
        .when(model.startswith("CHLD"), F.lit("child"))
        .otherwise(F.lit("other"))
        .alias("side"),
        case_letter(F.col("case_number")).alias("letter"),
    )


def case_letter(case_number: Column) -> Column:
    """The kind of a case from its number: ``NE19Z02909`` is ``Z``."""
    return F.upper(F.substring(trimmed(case_number), 5, 1))


def _people(raw: Mapping[str, DataFrame], role: DataFrame) -> DataFrame:
    names = ("person_given_first_name", "person_family_name", "company", "dob", "gender")
    party = raw["parties"].select(trimmed(F.col("party")).alias("party"), *names, trimmed(F.col("address")).alias("party_address"))
    lines = (*(f"address_{n}" for n in range(1, 6)), "postcode")
    address = raw["addresses"].select(trimmed(F.col("address")).alias("lived_at"), *lines)
    issued = _pivoted(raw["case_fields"], "case_number", {"issued": ("FM2C_DI",), "high_court": ("FM2C_HC",)})
    said = _pivoted(raw["role_fields"], "role", {"relationship": ("APLC_RC", "RSPC_RC")})
    told = (
        role.join(party, on="party", how="left")
        .withColumn("lived_at", F.coalesce("role_address", "party_address"))
        .join(address, on="lived_at", how="left")
        .join(issued, on="case_number", how="left")
        .join(said, on="role", how="left")
    )
    return told.withColumns(
        {
            "kind": _kind(),
            "relationship": F.when(~is_one_of(F.col("relationship"), NOT_RECORDED), F.col("relationship")),
            "court": F.substring("case_number", 1, 2),
        }
    )


def _pivoted(fields: DataFrame, entity: str, columns: Mapping[str, tuple[str, ...]]) -> DataFrame:
    """One row for each entity with a column for each group of field models; of several values the first in the alphabet."""
    model = trimmed(F.col("field_model"))
    value = {name: F.min(F.when(model.isin(*models), trimmed(F.col("value")))) for name, models in columns.items()}
    return fields.groupBy(trimmed(F.col(entity)).alias(entity)).agg(*(each.alias(name) for name, each in value.items()))


def _kind() -> Column:
    """``person``; or ``local_authority``, who applies in a C case without a forename or a sex; or ``organisation``."""
    nameless = trimmed(F.col("person_given_first_name")).isNull()
    council = (F.col("side") == "applicant") & (F.col("letter") == "C") & (nameless | ~is_one_of(F.col("gender"), ("1", "2")))
    firm = (F.col("side") == "other") | (nameless & trimmed(F.col("company")).isNotNull())
    return F.when(council, F.lit("local_authority")).when(firm, F.lit("organisation")).otherwise(F.lit("person"))


def _contacts(raw: Mapping[str, DataFrame], role: DataFrame) -> DataFrame:
    """Adults of a case meet each of its events; children those that list them, or that list none."""
    live = role.where(~is_one_of(F.col("delete_flag"), ("Y",)) & (F.col("side") != "other")).select("role", "case_number", "side", "letter")
    met = _events(raw).join(live, on="case_number", how="inner")
    met = met.where((F.col("side") != "child") | F.col("listed").isNull() | F.array_contains("listed", F.col("role")))
    typed = met.withColumn("token", F.explode(_tokens()))
    # The order types of an event in one text each, the law they are made under first.
    return typed.withColumn("order_type", F.concat_ws(" ", _law(), F.nullif("token", F.lit(""))))


def _events(raw: Mapping[str, DataFrame]) -> DataFrame:
    """Events that stand, each with its day, its listed children and its order types; hearings that were not vacated."""
    fields = raw["event_fields"].select(trimmed(F.col("event")).alias("event"), trimmed(F.col("field_model")).alias("field_model"), "value")
    of_event = fields.groupBy("event").agg(
        _listed(F.col("field_model").endswith("_CH")).alias("listed"),
        _listed(F.col("field_model").isin(*ORDER_FIELDS)).alias("ordered"),
        F.max((F.col("field_model").isin(*EX_PARTE_FIELDS)) & (trimmed(F.col("value")) == "F")).alias("ex_parte"),
    )
    hearing = raw["hearings"].select(
        trimmed(F.col("event")).alias("event"),
        trimmed(F.col("hearing_date")).alias("hearing_date"),
        trimmed(F.col("vacated_flag")).isNotNull().alias("vacated"),
    )
    event = (
        raw["events"]
        .where(is_one_of(F.col("error"), ("N",)))
        .select(
            "source_file",
            "ordinal",
            *(trimmed(F.col(name)).alias(name) for name in ("event", "case_number", "event_model", "creating_court")),
            F.coalesce(trimmed(F.col("receipt_date")), trimmed(F.col("entry_date"))).alias("disposed"),
        )
    )
    joined = event.join(of_event, on="event", how="left").join(hearing, on="event", how="left")
    stands = joined.where(~F.coalesce("vacated", F.lit(False)))
    return stands.withColumn("contact_date", F.coalesce("hearing_date", "disposed"))


def _listed(which: Column) -> Column:
    """The parts of the comma lists of some fields, distinct and in order; NULL where these hold none."""
    parts = F.flatten(F.collect_list(F.when(which, F.split("value", ","))))
    whole = F.array_sort(F.array_distinct(F.transform(parts, lambda part: F.upper(F.trim(part)))))
    kept = F.filter(whole, lambda part: part != "")
    return F.when(F.size(kept) > 0, kept)


def _tokens() -> Column:
    """The order types of an event; of a model without such a field the model itself; never empty, so that no event is lost."""
    model, ordered = F.col("event_model"), F.col("ordered")
    ex_parte = F.coalesce("ex_parte", F.lit(False))
    violence = F.transform(
        ordered,
        lambda token: reduce(
            lambda chain, each: chain.when((token == each[0][0]) & (ex_parte == F.lit(each[0][1])), F.lit(each[1])),
            VIOLENCE_ORDERS.items(),
            F.when(F.lit(False), token),
        ).otherwise(token),
    )
    adoption = reduce(
        lambda chain, each: chain.when(model == each[0], F.lit(each[1])), ADOPTION_ORDERS.items(), F.when(F.lit(False), model)
    )
    is_hearing = F.col("hearing_date").isNotNull()
    named = F.when(is_hearing, F.lit("")).otherwise(adoption.otherwise(model))
    return F.coalesce(F.when(model.startswith("FL404"), violence), ordered, F.array(named))


def _law() -> Column:
    """public, private, violence, adoption; or liberty, the High Court's cases that are numbered as if they were Children Act ones."""
    return (
        F.when(F.upper("case_number").rlike("^FD..C4"), F.lit("liberty"))
        .when(F.col("letter") == "F", F.lit("violence"))
        .when(F.col("letter").isin("A", "Z"), F.lit("adoption"))
        .when((F.col("letter") == "C") | F.col("token").isin(*PUBLIC_ORDERS), F.lit("public"))
        .otherwise(F.lit("private"))
    )
