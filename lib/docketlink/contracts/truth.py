"""Who is who in labelled and synthetic data, and what truly happened."""

from docketlink.contracts.common import DATE, FLAG, INT, PAYLOAD, QUASI, RECORD_ID, SENSITIVE, SOURCE, TEXT, TOKEN, TRUE_PERSON_ID
from docketlink.contracts.table import Field, Table, Zone


def truth_table(source: str) -> Table:
    """The contract of the known people of one labelled or synthetic source."""
    return Table(
        zone=Zone.TRUTH,
        name=source,
        grain=f"the true person of one record of {source}",
        key=("record_id",),
        fields=(
            RECORD_ID,
            TRUE_PERSON_ID,
        ),
    )


TRUE_PERSON = Table(
    zone=Zone.TRUTH,
    name="true_person",
    grain="a true person of a synthetic system who has a record in it",
    key=("true_person_id",),
    fields=(
        TRUE_PERSON_ID,
        Field("family_id", TEXT, "Parents and children of one family have the same.", True, TOKEN),
        Field("sex", TEXT, "M or F.", True, QUASI),
        Field("birth_year", INT, "Year of birth.", True, QUASI),
        Field("name_origin", TEXT, "Culture that the names are of.", True, SENSITIVE),
        Field("ethnicity", TEXT, "16+1 code, self-defined.", True, SENSITIVE),
        Field("ethnicity_group", TEXT, "A, B, M, W or O.", True, SENSITIVE),
        Field("born_abroad", FLAG, "Came to the country after birth.", True, SENSITIVE),
        Field("is_twin", FLAG, "Has a twin, with a record or without.", True, QUASI),
        Field("region", TEXT, "Region of the home at the snapshot, or of the last home.", True, QUASI),
        Field("local_authority", TEXT, "Local authority of that home.", True, QUASI),
    ),
)

LIFE_EVENT = Table(
    zone=Zone.TRUTH,
    name="life_event",
    grain="something that happened to a true person up to the snapshot, whether or not a system knows of it",
    key=("true_person_id", "kind", "number"),
    fields=(
        TRUE_PERSON_ID,
        Field(
            "kind",
            TEXT,
            "birth, arrival, surname_change, move, offence, court_hearing, court_result, prison_admission, prison_sentence, "
            "prison_release or death.",
            True,
            PAYLOAD,
        ),
        Field("number", INT, "Position among the person's events of the kind, from 1.", True, PAYLOAD),
        Field("event_date", DATE, "The day.", True, QUASI),
        Field("detail", TEXT, "Offence group, result, status on admission; for a move the local authority.", False, PAYLOAD),
    ),
)

CASE_LINK = Table(
    zone=Zone.TRUTH,
    name="case_link",
    grain="a magistrates' row and a row of another system that are one case and defendant",
    key=("kind", "magistrates_record_id", "record_id"),
    fields=(
        Field("kind", TEXT, "committed: it went on to the Crown Court; migrated: Common Platform took it over.", True, PAYLOAD),
        Field("magistrates_record_id", TEXT, "Record of the magistrates' source.", True, TOKEN),
        SOURCE,
        RECORD_ID,
    ),
)
