"""The longitudinal tables: what happened to a person, made ready so that nobody joins linked rows again.

Days are whole days and both ends count: a spell from the 1st to the 3rd has three of them.
"""

from docketlink.contracts.common import DATE, FLAG, INT, LONG, OPERATIONAL, PAYLOAD, QUASI, REAL, TEXT, TEXTS, TOKEN
from docketlink.contracts.table import Field, Table, Zone

PERSON_ID = Field("person_id", TEXT, "Person at the medium threshold.", True, TOKEN)
SYSTEMS = ("courts", "prison", "probation", "assessment", "family", "civil", "other")
SPELL_TYPES = ("remand", "custody", "recall", "civil_custody", "immigration", "licence", "supervision", "requirement")
STATES = ("indeterminate", "sentenced", "recall", "remand", "other_custody", "licence", "supervision", "open_case", "none", "unobserved",
          "dead")  # fmt: skip


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


PERSON_SPELL = Table(
    zone=Zone.RESEARCH,
    name="person_spell",
    grain="a stretch of custody, remand, recall, licence, supervision or requirements of one person",
    key=("spell_id",),
    fields=(
        Field("spell_id", TEXT, "Hash of type, status and of the event that opened it; stable over extracts.", True, TOKEN),
        PERSON_ID,
        Field("spell_type", TEXT, "remand, custody, recall, civil_custody, immigration, licence, supervision, requirement.", True, PAYLOAD),
        Field(
            "legal_status",
            TEXT,
            "Of custody, who owns these days: indeterminate, sentenced, recall, unsentenced, remand, civil, immigration, unknown.",
            False,
            PAYLOAD,
        ),
        Field("legal_status_raw", TEXT, "As received, of the event that opened the spell.", False, PAYLOAD),
        Field("area_code", TEXT, "Establishment or area of the event that opened it.", False, QUASI),
        Field("source", TEXT, "Source of the event that opened it.", True, OPERATIONAL),
        Field("start_date", DATE, "First day.", True, QUASI),
        Field("start_reason", TEXT, "recorded, or cut where a severer spell owned the days before.", True, PAYLOAD),
        Field("end_date", DATE, "Last day; NULL where it is not known or after the censoring.", False, QUASI),
        Field("end_reason", TEXT, "recorded, expected, cut, died, open or unknown.", True, PAYLOAD),
        Field("is_censored", FLAG, "Whether the spell was still running when the source was last looked at.", True, PAYLOAD),
        Field("censor_date", DATE, "Last day on which the source could have told the end; NULL for a spell that ended.", False, QUASI),
        Field("last_day", DATE, "end_date, or the last day on which the spell is known to have run.", True, QUASI),
        Field("days", INT, "Days from start_date to last_day, both counted.", True, PAYLOAD),
        Field("resolved_from", TEXTS, "Event ids that it was made of, sorted; none for the tail of a cut spell.", True, TOKEN),
        Field("resolution", TEXT, "kept, united, cut or tail.", True, PAYLOAD),
        Field("parent_spell_id", TEXT, "Of a tail: the spell that it is the rest of.", False, TOKEN),
        Field("flag_arr", TEXTS, "END_BEFORE_START, END_EXPECTED, NO_STATUS: what was mended, sorted.", True, PAYLOAD),
    ),
    partitioned_by=("spell_type",),
    checks={
        "type_known": _one_of("spell_type", SPELL_TYPES),
        "in_order": "last_day >= start_date AND (end_date IS NULL OR end_date = last_day)",
        "censored_or_ended": "is_censored = (censor_date IS NOT NULL)",
    },
    examples={
        "sql": "SELECT spell_type, COUNT(*) AS spells, AVG(days) AS mean_days FROM person_spell WHERE NOT is_censored GROUP BY spell_type",
        "pyspark": 'person_spell.where("NOT is_censored").groupBy("spell_type").agg(F.count("*"), F.avg("days"))',
    },
)

SPELL_SET_ASIDE = Table(
    zone=Zone.RESEARCH,
    name="spell_set_aside",
    grain="an event that would open a spell and cannot",
    key=("event_id",),
    fields=(
        Field("event_id", TEXT, "Event of person_event.", True, TOKEN),
        PERSON_ID,
        Field("spell_type", TEXT, "Type that the spell would have had.", True, PAYLOAD),
        Field("start_date", DATE, "First day as recorded.", False, QUASI),
        Field("end_date", DATE, "Last day as recorded.", False, QUASI),
        Field("reason", TEXT, "NO_START, AFTER_SNAPSHOT, BEFORE_BIRTH or AFTER_DEATH.", True, PAYLOAD),
    ),
    checks={"reason_known": _one_of("reason", ("NO_START", "AFTER_SNAPSHOT", "BEFORE_BIRTH", "AFTER_DEATH"))},
    examples={
        "sql": "SELECT spell_type, reason, COUNT(*) AS events FROM spell_set_aside GROUP BY spell_type, reason",
        "pyspark": 'spell_set_aside.groupBy("spell_type", "reason").count()',
    },
)

CASE_JOURNEY = Table(
    zone=Zone.RESEARCH,
    name="case_journey",
    grain="a magistrates' case-defendant who was sent up or appealed, and the Crown Court defendant-on-case that continues it",
    key=("magistrates_record_id",),
    fields=(
        Field("magistrates_record_id", TEXT, "The defendant in the magistrates' case.", True, TOKEN),
        Field(
            "crown_record_id",
            TEXT,
            "The defendant on the Crown case, the same record where one system holds both courts; NULL where none was found.",
            False,
            TOKEN,
        ),
        PERSON_ID,
        Field("crown_person_id", TEXT, "Person of the Crown record; another one where linkage did not join the two.", False, TOKEN),
        Field(
            "rule",
            TEXT,
            "case_and_person, case_and_date, case_alone, person_and_date, person_near_date, same_record, or none.",
            True,
            PAYLOAD,
        ),
        Field(
            "score",
            REAL,
            "Sum of the evidence for the pair, bits; docs/longitudinal.md has the addends. None for same_record.",
            False,
            PAYLOAD,
        ),
        Field("case_ref_token", TEXT, "Token of the magistrates' case.", False, TOKEN),
        Field("case_defendants", INT, "Defendants in the magistrates' case.", True, PAYLOAD),
        Field("case_defendants_sent", INT, "Of them, those with a row here.", True, PAYLOAD),
        Field("offence_group", TEXT, "Group of the principal offence at the magistrates' court.", False, PAYLOAD),
        Field("magistrates_outcome", TEXT, "Outcome at the magistrates' court.", False, PAYLOAD),
        Field("crown_case_type", TEXT, "trial, sentence, appeal or otherwise.", False, PAYLOAD),
        Field("crown_outcome", TEXT, "Principal disposal of the Crown Court.", False, PAYLOAD),
        Field("offence_date", DATE, "Earliest offence.", False, QUASI),
        Field("first_hearing_date", DATE, "First hearing at the magistrates' court.", False, QUASI),
        Field("committal_date", DATE, "Last result at the magistrates' court.", False, QUASI),
        Field("received_date", DATE, "Receipt at the Crown Court; NULL for same_record.", False, QUASI),
        Field("disposal_date", DATE, "Principal disposal of the Crown Court.", False, QUASI),
        Field("days_offence_to_hearing", INT, "Days; negative where the dates contradict each other.", False, PAYLOAD),
        Field("days_hearing_to_committal", INT, "Days.", False, PAYLOAD),
        Field("days_committal_to_receipt", INT, "Days.", False, PAYLOAD),
        Field("days_receipt_to_disposal", INT, "Days; NULL while the case is open.", False, PAYLOAD),
    ),
    checks={"found_or_not": "(rule = 'none') = (crown_record_id IS NULL)"},
    examples={
        "sql": "SELECT crown_case_type, PERCENTILE(days_receipt_to_disposal, 0.5) AS median_days FROM case_journey "
        "WHERE rule <> 'none' GROUP BY crown_case_type",
        "pyspark": 'case_journey.where("rule <> \'none\'").groupBy("crown_case_type").agg(F.median("days_receipt_to_disposal"))',
    },
)

_PANEL = (
    Field(
        "state",
        TEXT,
        "On the last day: indeterminate, sentenced, recall, remand, other_custody, licence, supervision, open_case, none; unobserved "
        "where nothing is known and prison or probation are not covered; dead from the period after a recorded death on.",
        True,
        PAYLOAD,
    ),
    Field("days_custody", INT, "Days in custody of any kind.", True, PAYLOAD),
    Field("days_supervised", INT, "Days on licence, under supervision or requirements, each day once.", True, PAYLOAD),
    Field("days_observed", INT, "Days of the period from the first contact to death or the end of observation.", True, PAYLOAD),
    Field("event_count", INT, "Dated events of all systems.", True, PAYLOAD),
    Field("charge_count", INT, "Offences charged.", True, PAYLOAD),
    *(Field(f"{system}_count", INT, f"Events of the system: {system}.", True, PAYLOAD) for system in SYSTEMS),
    Field("is_observed", FLAG, "Whether courts, prison and probation are all covered: only then is no event nothing.", True, PAYLOAD),
)
_PANEL_CHECKS = {"state_known": _one_of("state", STATES), "days": "days_custody <= days_observed AND days_supervised <= days_observed"}

PERSON_MONTH = Table(
    zone=Zone.RESEARCH,
    name="person_month",
    grain="a person in a month, from the first contact to the end of observation",
    key=("person_id", "month"),
    fields=(
        PERSON_ID,
        Field("month", DATE, "First day of the month.", True, QUASI),
        Field("year", INT, "Its year.", True, PAYLOAD),
        *_PANEL,
    ),
    partitioned_by=("year",),
    checks={**_PANEL_CHECKS, "month_is_first_day": "day(month) = 1 AND year(month) = year"},
    examples={
        "sql": "SELECT month, AVG(CASE WHEN days_custody > 0 THEN 1 ELSE 0 END) AS share_inside FROM person_month "
        "WHERE is_observed AND state <> 'dead' GROUP BY month ORDER BY month",
        "pyspark": 'person_month.where("is_observed").groupBy("month", "state").count()',
    },
)

PERSON_YEAR = Table(
    zone=Zone.RESEARCH,
    name="person_year",
    grain="a person in a year, from the first contact to the end of observation",
    key=("person_id", "year"),
    fields=(PERSON_ID, Field("year", INT, "Calendar year.", True, PAYLOAD), *_PANEL),
    partitioned_by=("year",),
    checks=_PANEL_CHECKS,
    examples={
        "sql": "SELECT year, SUM(charge_count) / SUM(days_observed) * 365.25 AS charges_a_person_year FROM person_year "
        "WHERE is_observed GROUP BY year ORDER BY year",
        "pyspark": 'person_year.where("is_observed").groupBy("year").agg(F.sum("charge_count") / F.sum("days_observed") * 365.25)',
    },
)

COHORT_STARTER = Table(
    zone=Zone.RESEARCH,
    name="cohort_starter",
    grain="a person's first contact in the window of one design",
    key=("design", "person_id"),
    fields=(
        Field("design", TEXT, "Name of the design: a file of conf/products.", True, OPERATIONAL),
        PERSON_ID,
        Field("first_event_id", TEXT, "The contact that makes the person a member.", True, TOKEN),
        Field("first_date", DATE, "Its day.", True, QUASI),
        Field("first_system", TEXT, "System of it.", True, PAYLOAD),
        Field("first_event_type", TEXT, "Type of it.", True, PAYLOAD),
        Field("first_offence_group", TEXT, "Offence group of it.", False, PAYLOAD),
        Field("first_area_code", TEXT, "Court or establishment of it.", False, QUASI),
        Field("birth_year_band", TEXT, "Five-year band of the year of birth in the record of the first contact.", False, QUASI),
        Field("washout_ok", FLAG, "Whether none of the design's contacts lies in the washout before it.", True, PAYLOAD),
        Field("is_washout_observed", FLAG, "Whether the systems of entry were covered all through the washout.", True, PAYLOAD),
        Field("next_date", DATE, "First return after the gap of the design; NULL for none up to observation_end.", False, QUASI),
        Field("next_system", TEXT, "System of the return.", False, PAYLOAD),
        Field("return_count", INT, "Distinct days of return up to observation_end.", True, PAYLOAD),
        Field("days_to_next", INT, "Days from first_date to next_date; NULL for none.", False, PAYLOAD),
        Field("observation_end", DATE, "Last day on which a return would be seen.", True, QUASI),
        Field("days_at_risk", INT, "Days to next_date, or else to observation_end: the time of a survival analysis.", True, PAYLOAD),
        Field("is_censored", FLAG, "Whether no return was seen up to observation_end.", True, PAYLOAD),
        Field("days_uncovered", INT, "Days up to observation_end in months in which the systems of return are not covered.", True, PAYLOAD),
        Field("coverage_mask", TEXT, "A letter a month from first_date to observation_end: F full, P partial, M migrating, N none.",
              True, PAYLOAD),
    ),
    partitioned_by=("design",),
    checks={"returned_or_censored": "is_censored = (next_date IS NULL)", "at_risk": "days_at_risk >= 0"},
    examples={
        "sql": "SELECT first_offence_group, COUNT(*) AS people, AVG(CASE WHEN days_to_next <= 365 THEN 1 ELSE 0 END) AS returned "
        "FROM cohort_starter WHERE washout_ok AND (days_to_next <= 365 OR DATEDIFF(observation_end, first_date) >= 365) "
        "GROUP BY first_offence_group",
        "pyspark": 'cohort_starter.where("washout_ok").groupBy("design", "first_system").agg(F.median("days_to_next"))',
    },
)  # fmt: skip

EVENT_ACCOUNT = Table(
    zone=Zone.QUALITY,
    name="event_account",
    grain="how the events of a source came, or did not come, to a person",
    key=("source", "reason"),
    fields=(
        Field("source", TEXT, "Name of the source, as in conf/sources.", True, OPERATIONAL),
        Field("reason", TEXT, "link_status of the records; no_spine_row for records that the spine does not have.", True, OPERATIONAL),
        Field("events", LONG, "Payload events.", True, OPERATIONAL),
        Field("undated", LONG, "Of them, those without a complete date.", True, OPERATIONAL),
        Field("in_person_event", LONG, "Of them, those in research.person_event.", True, OPERATIONAL),
    ),
    checks={"all_or_none": "in_person_event = CASE WHEN reason = 'no_spine_row' THEN 0 ELSE events END"},
    examples={
        "sql": "SELECT source, SUM(events) - SUM(in_person_event) AS unlinked FROM event_account GROUP BY source",
        "pyspark": 'event_account.groupBy("source").agg(F.sum("events"), F.sum("in_person_event"))',
    },
)

HEADLINE = Table(
    zone=Zone.QUALITY,
    name="headline",
    grain="a headline of the longitudinal tables at one level",
    key=("headline", "level"),
    fields=(
        Field("headline", TEXT, "court_repeat, court_return_1y, family_at_court and the like, or journey_precision.", True, OPERATIONAL),
        Field("level", TEXT, "true, high, medium, low, or corrected: medium corrected for linkage error.", True, OPERATIONAL),
        Field("value", REAL, "A share, 0 to 1.", True, OPERATIONAL),
        Field("interval_low", REAL, "Lower end of the 95 % interval, of a corrected figure.", False, OPERATIONAL),
        Field("interval_high", REAL, "Upper end of it.", False, OPERATIONAL),
        Field("method", TEXT, "How it was got.", True, OPERATIONAL),
        Field("people", LONG, "Persons, releases or journeys in the denominator.", True, OPERATIONAL),
    ),
    checks={"level_known": _one_of("level", ("true", "high", "medium", "low", "corrected"))},
    examples={
        "sql": "SELECT headline, MAX(value) FILTER (WHERE level = 'medium') - MAX(value) FILTER (WHERE level = 'true') AS error "
        "FROM headline GROUP BY headline",
        "pyspark": 'headline.groupBy("headline").pivot("level", ["true", "high", "medium", "low"]).agg(F.max("value"))',
    },
)

RESEARCH_TABLES: tuple[Table, ...] = (
    PERSON_SPELL, SPELL_SET_ASIDE, CASE_JOURNEY, PERSON_MONTH, PERSON_YEAR, COHORT_STARTER, EVENT_ACCOUNT, HEADLINE,
)  # fmt: skip
