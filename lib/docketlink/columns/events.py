"""What events of different systems have in common: the order within a day, and what kind of thing a type is."""

from pyspark.sql import Column
from pyspark.sql import functions as F

RESULT_TYPES = ("case_result", "committal", "disposal", "probation_disposal", "family_order", "civil_judgment")
PRINCIPAL_AMONG = ("case_result", "committal", "disposal")
CHARGE_TYPES = ("charge",)
_BY_DAY = (
    CHARGE_TYPES,
    ("hearing", "crown_receipt", "family_application", "family_withdrawal", "civil_claim"),
    ("plea",),
    ("verdict",),
    RESULT_TYPES,
    ("prison_admission", "legal_status", "sentence_start", "recall"),
    ("prison_release",),
    (
        "probation_referral", "requirement_start", "requirement_end", "licence_start", "licence_end", "supervision_start",
        "supervision_end", "breach",
    ),
)  # fmt: skip
_LAST = len(_BY_DAY) + 1
_NO_PERSON = ("organisation", "local_authority")


def is_of_person(link_status: Column) -> Column:
    """Whether an event is of somebody who lives: companies and local authorities stand before courts too."""
    return ~link_status.isin(*_NO_PERSON)


def is_linkable(link_status: Column) -> Column:
    """Whether anybody can tell whose the event is: a record without enough identity is no single one, but one that nothing can join."""
    return link_status != "insufficient_evidence"


def result_order() -> Column:
    """What the principal one of several results has least of: the published order of XHIBIT's disposals as far as our columns hold it.

    Missing values go last; the event id ends it, so that it is total.
    """
    order = (F.col("result_rank"), -F.col("custody_days"), -F.col("amount"), F.col("offence_code"), F.col("event_id"))
    return F.struct(*(part for value in order for part in (value.isNull(), value)))


def day_order(event_type: Column) -> Column:
    """1 to 9: charge, hearing, plea, verdict, result, into custody, out of custody, supervision, anything else."""
    order = F.lit(_LAST)
    for position, types in enumerate(_BY_DAY, start=1):
        order = F.when(event_type.isin(*types), F.lit(position)).otherwise(order)
    return order
