"""Events of people, and where and when a source says that nothing happened."""

from docketlink.contracts.common import DATE, FLAG, INT, LONG, OPERATIONAL, PAYLOAD, QUASI, REAL, SOURCE, TEXT, TEXTS, TOKEN
from docketlink.contracts.records import COURT_EVENT
from docketlink.contracts.table import Field, Table, Zone

PERSON_EVENT = Table(
    zone=Zone.RESEARCH,
    name="person_event",
    grain="one contact of one person with one system",
    key=("event_id",),
    fields=(
        COURT_EVENT.fields[0],
        Field("person_id", TEXT, "Person at the medium threshold.", True, TOKEN),
        Field("person_id_high", TEXT, "Person at the high threshold.", True, TOKEN),
        Field("person_id_low", TEXT, "Person at the low threshold.", True, TOKEN),
        *(f for f in COURT_EVENT.fields if f.name != "event_id"),
        Field("event_system", TEXT, "Kind of the source: courts, prison, probation, assessment, family, civil or other.", True, PAYLOAD),
        Field("event_year", INT, "Year of the event.", False, QUASI),
        Field("event_month", INT, "Month of the event, 1 to 12.", False, QUASI),
        Field(
            "day_order",
            INT,
            "Order among events of one day: 1 charge, 2 hearing, 3 plea, 4 verdict, 5 result, 6 into custody, 7 out of custody, "
            "8 supervision, 9 other. By event_date, day_order, event_id the events of a person are in one order.",
            True,
            PAYLOAD,
        ),
        Field(
            "is_principal",
            FLAG,
            "Of the results of a record the principal one: lowest result_rank, then most custody_days, largest amount, offence_code, "
            "event_id; missing values last.",
            True,
            PAYLOAD,
        ),
        Field("birth_year_band", TEXT, "Five-year band of the year of birth in the record, as 1980-1984.", False, QUASI),
        Field("flag_arr", TEXTS, "BEFORE_BIRTH, AFTER_DEATH, AFTER_SNAPSHOT: why the date cannot be right, sorted.", True, PAYLOAD),
        Field("spine_version", LONG, "Version of the spine that gave the record its person.", False, OPERATIONAL),
        Field("link_status", TEXT, "How the record came to its person, from the spine.", True, OPERATIONAL),
        Field(
            "weakest_link_weight",
            REAL,
            "Weakest edge that holds the person together, bits; tighten on it without linking again.",
            False,
            OPERATIONAL,
        ),
    ),
    partitioned_by=("source",),
    examples={
        "sql": "SELECT event_system, COUNT(DISTINCT person_id) AS people, COUNT(*) AS events FROM person_event GROUP BY event_system",
        "pyspark": 'person_event.where("weakest_link_weight IS NULL OR weakest_link_weight >= 10").groupBy("event_type").count()',
    },
)

COVERAGE_CALENDAR = Table(
    zone=Zone.RESEARCH,
    name="coverage_calendar",
    grain="a source in an area in a month",
    key=("source", "area_code", "month"),
    fields=(
        SOURCE,
        Field("area_code", TEXT, "Court or establishment; unknown for events without one.", True, QUASI),
        Field("month", DATE, "First day of the month.", True, QUASI),
        Field(
            "coverage",
            TEXT,
            "full, partial, none or migrating: whether the absence of an event means that nothing happened.",
            True,
            PAYLOAD,
        ),
        Field("kind", TEXT, "snapshot, where each extract holds the whole past, or continuous, where it only adds.", True, OPERATIONAL),
        Field("rows", LONG, "Events with a complete date in the month.", True, OPERATIONAL),
        Field("expected_rows", REAL, "Events that the months around lead to expect.", True, OPERATIONAL),
        Field("is_primary_source", FLAG, "Whether this source is the one to count in this area and month.", True, OPERATIONAL),
        Field("note", TEXT, "Why, as declared or measured.", False, OPERATIONAL),
    ),
    partitioned_by=("source",),
    checks={
        "coverage_known": "coverage IN ('full', 'partial', 'none', 'migrating')",
        "kind_known": "kind IN ('snapshot', 'continuous')",
        "month_is_first_day": "day(month) = 1",
    },
    examples={
        "sql": "SELECT source, month, COUNT(*) AS areas FROM coverage_calendar WHERE coverage <> 'none' GROUP BY source, month",
        "pyspark": 'coverage_calendar.where("is_primary_source").groupBy("source").agg(F.min("month"), F.max("month"))',
    },
)
