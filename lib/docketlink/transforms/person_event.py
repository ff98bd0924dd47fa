"""Person events: what happened to a person, from what happened to their records."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.contracts.tables import COURT_EVENT, PERSON_EVENT


def person_events(court_event: DataFrame, person_spine: DataFrame) -> DataFrame:
    """``research.person_event``: one row for each court event whose record has a row in the spine, no more and no fewer.

    The spine's key is ``record_id`` (audited in its write), so the join is many-to-one and cannot multiply an event.
    """
    person = person_spine.select("record_id", "person_id", "person_id_high", "person_id_low", "link_status", "weakest_link_weight")
    event = COURT_EVENT.conform(court_event)
    dated = event.join(person, on="record_id", how="inner").withColumns(
        {"event_year": F.year("event_date"), "event_month": F.month("event_date")}
    )
    return PERSON_EVENT.conform(dated.drop("record_id"))
