"""Every fixed table, declared once. Tables of ``raw`` and ``truth`` that follow a source come from the functions below."""

from collections.abc import Sequence

from pyspark.sql.types import MapType, StringType, TimestampType

from docketlink.contracts.common import (
    ADDRESSES,
    DATE,
    DIRECT,
    DROPPED,
    FLAG,
    INT,
    LONG,
    OPERATIONAL,
    PAYLOAD,
    QUASI,
    REAL,
    RECORD_ID,
    SENSITIVE,
    SOURCE,
    TEXT,
    TEXTS,
    TOKEN,
    TRUE_PERSON_ID,
)
from docketlink.contracts.research import RESEARCH_TABLES
from docketlink.contracts.spine import CLUSTER_ALERT as CLUSTER_ALERT
from docketlink.contracts.spine import PAIR_OVERRIDE as PAIR_OVERRIDE
from docketlink.contracts.spine import PERSON_CLUSTER as PERSON_CLUSTER
from docketlink.contracts.spine import PERSON_LINEAGE as PERSON_LINEAGE
from docketlink.contracts.spine import PERSON_SPINE as PERSON_SPINE
from docketlink.contracts.table import Field, Table, Zone


def raw_table(source: str, table: str, columns: Sequence[Field]) -> Table:
    """The contract of one landing table: its columns as text, and where each record stood.

    The truth column of a labelled source is not among ``columns``.
    """
    return Table(
        zone=Zone.RAW,
        name=f"{source}_{table}",
        grain=f"a record of a received file of {source}.{table}",
        key=("source_file", "ordinal", "snapshot_date"),
        fields=(
            Field("snapshot_date", DATE, "Date of the extract, from the landing folder.", True, OPERATIONAL),
            Field("source_file", TEXT, "File below the snapshot's folder.", True, OPERATIONAL),
            Field("ordinal", LONG, "Position of the record in its file, from 1, header excluded.", True, OPERATIONAL),
            *columns,
        ),
        partitioned_by=("snapshot_date",),
    )


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

REJECTED_ROW = Table(
    zone=Zone.RAW,
    name="rejected_row",
    grain="one reason why one record was set aside",
    key=("source", "table", "snapshot_date", "source_file", "ordinal", "rule", "column"),
    fields=(
        SOURCE,
        Field("table", TEXT, "Landing table.", True, OPERATIONAL),
        Field("snapshot_date", DATE, "Date of the extract.", True, OPERATIONAL),
        Field("source_file", TEXT, "File below the snapshot's folder.", True, OPERATIONAL),
        Field("ordinal", LONG, "Position of the record in its file, from 1, header excluded.", True, OPERATIONAL),
        Field("rule", TEXT, "COLUMN_COUNT, TYPE, PATTERN, REFERENCE and the like: docs/sources.md lists them.", True, OPERATIONAL),
        Field("column", TEXT, "Column at fault, or several joined by commas; empty where the whole record is.", True, OPERATIONAL),
        Field("month", TEXT, "Month of the record as yyyy-MM, or unknown.", True, QUASI),
        Field("area_code", TEXT, "Court or establishment of the record, or unknown.", True, QUASI),
        Field("record_text", TEXT, "The record as it arrived, for repair; bytes that are no text as \\xNN.", False, DIRECT),
    ),
    partitioned_by=("source", "table", "snapshot_date"),
)

RECEIVED_FILE = Table(
    zone=Zone.RAW,
    name="received_file",
    grain="one received file",
    key=("source", "table", "snapshot_date", "source_file"),
    fields=(
        SOURCE,
        Field("table", TEXT, "Landing table.", True, OPERATIONAL),
        Field("snapshot_date", DATE, "Date of the extract.", True, OPERATIONAL),
        Field("source_file", TEXT, "File below the snapshot's folder.", True, OPERATIONAL),
        Field("bytes", LONG, "Size as it lies on disk.", True, OPERATIONAL),
        Field("sha256", TEXT, "SHA-256 of the bytes on disk.", True, OPERATIONAL),
        Field("received", LONG, "Records in the file, header excluded.", True, OPERATIONAL),
        Field("accepted", LONG, "Records in the raw table.", True, OPERATIONAL),
        Field("rejected", LONG, "Records set aside, each once however many reasons.", True, OPERATIONAL),
    ),
    partitioned_by=("source", "table", "snapshot_date"),
    checks={"reconciled": "received = accepted + rejected"},
)

PERSON_RECORD = Table(
    zone=Zone.IDENTITY,
    name="person_record",
    grain="one linking node of one source as last received",
    key=("record_id",),
    fields=(
        RECORD_ID,
        SOURCE,
        Field("native_person_key", TEXT, "The source's own key of the person, where it has one."),
        Field("native_case_key", TEXT, "The source's own key of the case, where it has one."),
        Field("role_code", TEXT, "Role of the person in the case, where the source has roles.", False, QUASI),
        Field("name_1_std", TEXT, "First forename, folded to ASCII capitals."),
        Field("name_2_std", TEXT, "Second forename."),
        Field("name_3_std", TEXT, "Third forename."),
        Field("last_name_std", TEXT, "Last word of the surname."),
        Field("first_and_last_name_std", TEXT, "First forename and last name, where both are there."),
        Field("forename_std_arr", TEXTS, "Distinct first forenames of main name and aliases, sorted."),
        Field("last_name_std_arr", TEXTS, "Distinct last names of main name and aliases, unsplit forms too, sorted."),
        Field("name_token_arr", TEXTS, "Distinct words of the main name, sorted."),
        Field("full_name_arr", TEXTS, "Distinct whole names, the main one and aliases, their words in order, sorted."),
        Field("dob_std", TEXT, "Date of birth as yyyy-MM-dd; NULL when missing, a placeholder or out of range."),
        Field(
            "dob_reason",
            TEXT,
            "Why dob_std is NULL or doubtful: DOB_MISSING, DOB_FORMAT, DOB_PLACEHOLDER, DOB_RANGE, DOB_JAN1.",
            False,
            OPERATIONAL,
        ),
        Field("dob_arr", TEXTS, "Distinct dates of birth of main record and aliases, sorted."),
        Field("sex_std", TEXT, "M, F, N (not known) or NS (not specified).", False, QUASI),
        Field("postcode_arr", TEXTS, "Distinct usable postcodes without blank, sorted."),
        Field("postcode_outcode_arr", TEXTS, "Distinct outcodes of postcode_arr, sorted."),
        Field(
            "postcode_uncommon",
            TEXT,
            "First postcode that is safe to block on: not a placeholder, not of `hot_postcodes`, not shared by too many people.",
        ),
        Field("address_line_std", TEXT, "Address lines joined, folded to ASCII capitals."),
        Field("address_arr", ADDRESSES, "Distinct addresses with the days (yyyy-MM-dd) on which they began and ended, by these days."),
        Field("pnc_arr", TEXTS, "Distinct valid PNC ids, sorted."),
        Field("pnc_single", TEXT, "First of pnc_arr."),
        Field("cro_arr", TEXTS, "Distinct valid CRO numbers, sorted."),
        Field("cro_single", TEXT, "First of cro_arr."),
        Field("known_id_arr", TEXTS, "Further numbers of the person as KIND:NUMBER, distinct, sorted."),
        Field("sentence_date_arr", TEXTS, "Distinct sentence dates that may be used as link evidence, yyyy-MM-dd, sorted."),
        Field("other_map", MapType(StringType(), StringType()), "Further comparison values that the source's YAML declares."),
        Field("reason_arr", TEXTS, "Why identifier values were blanked, sorted: PNC_FORMAT, PNC_CHECK and the like.", False, OPERATIONAL),
        Field("flag_arr", TEXTS, "Marks of the record that the source's YAML declares, sorted.", False, OPERATIONAL),
        Field(
            "link_status",
            TEXT,
            "linkable, organisation, masked, local_authority, deleted; only linkable ones are scored.",
            True,
            OPERATIONAL,
        ),
        Field(
            "linkability",
            TEXT,
            "sufficient, or insufficient when fewer than two of name, date of birth, postcode or address, register number are usable.",
            True,
            OPERATIONAL,
        ),
        Field(
            "usable_arr",
            TEXTS,
            "What linkability counts: those of name, date_of_birth, place, register that are usable.",
            False,
            OPERATIONAL,
        ),
        Field("record_version", TEXT, "Hash of the comparison columns: changes when a link could.", True, TOKEN),
        Field("snapshot_date", DATE, "Extract that the record was last seen in.", True, OPERATIONAL),
    ),
    partitioned_by=("source",),
    key_tells=("source",),  # the token is made of it
    checks={
        "link_status_known": "link_status IN ('linkable', 'organisation', 'masked', 'local_authority', 'deleted')",
        "linkability_known": "linkability IN ('sufficient', 'insufficient')",
    },
)

RECORD_ATTRIBUTE = Table(
    zone=Zone.PAYLOAD,
    name="record_attribute",
    grain="sex, ethnicity, age band, area and role of one record",
    key=("record_id",),
    fields=(
        RECORD_ID,
        SOURCE,
        Field("sex", TEXT, "M, F, N or NS.", False, QUASI),
        Field("ethnicity", TEXT, "16+1 code, self-defined.", False, SENSITIVE),
        Field("ethnicity_raw", TEXT, "As received.", False, SENSITIVE),
        Field("ethnicity_officer_raw", TEXT, "What an officer noted, as received; another list than the 16+1 codes.", False, SENSITIVE),
        Field("birth_year_band", TEXT, "Five-year band of the year of birth, as 1980-1984.", False, QUASI),
        Field("area_code", TEXT, "Court or establishment.", False, QUASI),
        Field("role_code", TEXT, "Role of the person in the case.", False, QUASI),
    ),
    partitioned_by=("source",),
    key_tells=("source",),  # the token is made of it
)

COURT_EVENT = Table(
    zone=Zone.PAYLOAD,
    name="court_event",
    grain="one event of one record",
    key=("event_id",),
    fields=(
        Field("event_id", TEXT, "Keyed token of source, table, native key and event type; stable over extracts.", True, TOKEN),
        RECORD_ID,
        SOURCE,
        Field("event_type", TEXT, "Standard event type, as case_result or prison_admission.", True, PAYLOAD),
        Field("event_type_raw", TEXT, "As received.", False, PAYLOAD),
        Field("event_date", DATE, "Date, NULL unless complete.", False, QUASI),
        Field("event_date_precision", TEXT, "day, month, year or unknown.", True, PAYLOAD),
        Field("end_date", DATE, "End, for events that have one.", False, QUASI),
        Field("outcome_code", TEXT, "Standard outcome.", False, PAYLOAD),
        Field("outcome_code_raw", TEXT, "As received.", False, PAYLOAD),
        Field("offence_code", TEXT, "Offence code; of Home Office codes all five digits.", False, PAYLOAD),
        Field("offence_code_raw", TEXT, "Offence code as received.", False, PAYLOAD),
        Field("offence_group", TEXT, "Group of the offence, as THEFT, where the source's YAML lists it.", False, PAYLOAD),
        Field("area_code", TEXT, "Court or establishment.", False, QUASI),
        Field("case_ref_token", TEXT, "Keyed token of the case reference.", False, TOKEN),
        Field("lower_ref_token", TEXT, "Keyed token of the lower court's case reference.", False, TOKEN),
        Field("episode_token", TEXT, "Keyed token of the stay, order or requirement that the event belongs to.", False, TOKEN),
        Field("result_rank", INT, "Severity of a result, 1 the most severe, where the source ranks them.", False, PAYLOAD),
        Field("custody_days", INT, "Days of custody ordered.", False, PAYLOAD),
        Field("amount", LONG, "Pounds to be paid.", False, PAYLOAD),
    ),
    partitioned_by=("source",),
    key_tells=("source",),  # the token is made of it
    checks={"precision_known": "event_date_precision IN ('day', 'month', 'year', 'unknown')"},
)

LINK_MODEL = Table(
    zone=Zone.IDENTITY,
    name="link_model",
    grain="a trained model",
    key=("model_id",),
    fields=(
        Field("model_id", TEXT, "Fingerprint of everything below.", True, TOKEN),
        Field("name", TEXT, "Name of the file in conf/models.", True, OPERATIONAL),
        Field("definition_hash", TEXT, "Hash of the declaration that was trained.", True, OPERATIONAL),
        Field("settings_json", TEXT, "Splink's own model JSON, trained.", True, OPERATIONAL),
        Field("probe_json", TEXT, "Outputs of the similarity functions on fixed pairs; scoring refuses others.", True, OPERATIONAL),
        Field("trained_on_json", TEXT, "Input hash, sample size and library versions of the training.", True, OPERATIONAL),
    ),
)

TERM_FREQUENCY = Table(
    zone=Zone.IDENTITY,
    name="term_frequency",
    grain="a term of a column, frozen with a model",
    key=("model_id", "column", "term"),
    fields=(
        Field("model_id", TEXT, "Model that froze it.", True, TOKEN),
        Field("column", TEXT, "Column of the model's input.", True, OPERATIONAL),
        Field("term", TEXT, "The value.", True),
        Field("frequency", REAL, "Share of non-NULL records that hold the value.", True, OPERATIONAL),
    ),
    partitioned_by=("model_id",),
    checks={"frequency_is_share": "frequency > 0 AND frequency <= 1"},
)

SCORED_EDGE = Table(
    zone=Zone.IDENTITY,
    name="scored_edge",
    grain="an unordered pair of records scored once",
    key=("record_id_l", "record_id_r"),
    fields=(
        Field("record_id_l", TEXT, "The smaller record id.", True, TOKEN),
        Field("record_id_r", TEXT, "The larger record id.", True, TOKEN),
        Field("stage", TEXT, "Stage of conf/linkage.yml that scored the pair.", True, OPERATIONAL),
        Field("model_id", TEXT, "Model that scored it.", True, TOKEN),
        Field("rule", INT, "Index of the first blocking rule that found the pair.", True, OPERATIONAL),
        Field("match_weight", REAL, "log2 of the posterior odds, bits.", True, OPERATIONAL),
        Field("match_probability", REAL, "2^w / (1 + 2^w).", True, OPERATIONAL),
    ),
    partitioned_by=("stage",),
    key_tells=("stage",),  # of the stages of a configuration one alone scores the sources of two records
    checks={"ordered": "record_id_l < record_id_r", "probability": "match_probability >= 0 AND match_probability <= 1"},
)

BLOCK_SUMMARY = Table(
    zone=Zone.IDENTITY,
    name="block_summary",
    grain="a blocking rule in a stage",
    key=("stage", "rule"),
    fields=(
        Field("stage", TEXT, "Stage of conf/linkage.yml.", True, OPERATIONAL),
        Field("rule", INT, "Index of the rule in the model.", True, OPERATIONAL),
        Field("expression", TEXT, "What the rule blocks on.", True, OPERATIONAL),
        Field("records", LONG, "Records that have a key under the rule.", True, OPERATIONAL),
        Field("blocks", LONG, "Distinct keys with two or more records.", True, OPERATIONAL),
        Field("pairs", LONG, "Pairs the rule would make on its own.", True, OPERATIONAL),
        Field("largest_block", LONG, "Records in the largest block.", True, OPERATIONAL),
        Field("refined_blocks", LONG, "Blocks above the cap, cut up by the rule's refining expressions.", True, OPERATIONAL),
        Field("split_blocks", LONG, "Blocks above the cap, whole or cut up, compared in a grid of tasks.", True, OPERATIONAL),
        Field("dropped_blocks", LONG, "Blocks above the cap of which some pairs are not compared.", True, OPERATIONAL),
        Field("dropped_pairs", LONG, "Pairs of those blocks that the rule does not compare; other rules may.", True, OPERATIONAL),
        Field("dropped", DROPPED, "Each of those blocks: hash of its key, records, pairs not compared.", True, OPERATIONAL),
        Field("treated_key_arr", TEXTS, "Hashed keys of blocks that are refined or dropped, sorted.", True, OPERATIONAL),
    ),
    partitioned_by=("stage",),
)

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

SOURCE_QUALITY = Table(
    zone=Zone.QUALITY,
    name="source_quality",
    grain="a column of a received table in a year and area",
    key=("source", "table", "column", "snapshot_date", "year", "area_code"),
    fields=(
        SOURCE,
        Field("table", TEXT, "Landing table.", True, OPERATIONAL),
        Field("column", TEXT, "Column; empty for records set aside as a whole.", True, OPERATIONAL),
        Field("snapshot_date", DATE, "Date of the extract.", True, OPERATIONAL),
        Field("year", TEXT, "Year of the record, or unknown.", True, QUASI),
        Field("area_code", TEXT, "Court or establishment of the record, or unknown.", True, QUASI),
        Field("rows", LONG, "Accepted records.", True, OPERATIONAL),
        Field("missing", LONG, "Accepted records without a value.", True, OPERATIONAL),
        Field("placeholder", LONG, "Accepted records with a value that systems write for none.", True, OPERATIONAL),
        Field("invalid", LONG, "Accepted records with a value that cannot be what the column holds.", True, OPERATIONAL),
        Field("unmapped", LONG, "Accepted records with a code that no list of the column knows; kept raw.", True, OPERATIONAL),
        Field("set_aside", LONG, "Records set aside for this column; not among rows.", True, OPERATIONAL),
    ),
    partitioned_by=("source", "snapshot_date"),
    checks={"parts_of_rows": "missing + placeholder + invalid <= rows AND unmapped <= rows"},
)

RECONCILIATION = Table(
    zone=Zone.QUALITY,
    name="reconciliation",
    grain="a month and area of a received table",
    key=("source", "table", "snapshot_date", "month", "area_code"),
    fields=(
        SOURCE,
        Field("table", TEXT, "Landing table.", True, OPERATIONAL),
        Field("snapshot_date", DATE, "Date of the extract.", True, OPERATIONAL),
        Field("month", TEXT, "Month of the records as yyyy-MM, or unknown.", True, QUASI),
        Field("area_code", TEXT, "Court or establishment of the records, or unknown.", True, QUASI),
        Field("received", LONG, "Records received.", True, OPERATIONAL),
        Field("accepted", LONG, "Records in the raw table.", True, OPERATIONAL),
        Field("set_aside", LONG, "Records set aside, each once however many reasons.", True, OPERATIONAL),
    ),
    partitioned_by=("source", "snapshot_date"),
    checks={"reconciled": "received = accepted + set_aside"},
)

LINKAGE_METRIC = Table(
    zone=Zone.QUALITY,
    name="linkage_metric",
    grain="one number about one run",
    key=("metric", "slice", "threshold"),
    fields=(
        Field(
            "metric",
            TEXT,
            "pairwise_precision, pairwise_recall, pairwise_f1, b3_precision, b3_recall, b3_f1, persons, largest_cluster and the like; of "
            "a stage's true pairs share_enough, stage_recall, stage_recall_enough, blocking_reach, blocking_reach_enough.",
            True,
            OPERATIONAL,
        ),
        Field("slice", TEXT, "all, or the source, pair of sources or linkage stage that the number is about.", True, OPERATIONAL),
        Field("threshold", TEXT, "high, medium or low.", True, OPERATIONAL),
        Field("value", REAL, "The figure.", True, OPERATIONAL),
        Field("interval_low", REAL, "Lower end of the 95 % interval.", False, OPERATIONAL),
        Field("interval_high", REAL, "Upper end of the 95 % interval.", False, OPERATIONAL),
        Field("method", TEXT, "How value and interval were got.", True, OPERATIONAL),
        Field("records", LONG, "Labelled records behind it.", True, OPERATIONAL),
    ),
)

RUN_MANIFEST = Table(
    zone=Zone.OPS,
    name="run_manifest",
    grain="one table written, or found unchanged, by one job in one run",
    key=("run_id", "job", "table", "slice", "finished_at"),
    fields=(
        Field("run_id", TEXT, "Label of the run.", True, OPERATIONAL),
        Field("job", TEXT, "Job of jobs/.", True, OPERATIONAL),
        Field("table", TEXT, "Table written, as zone.name.", True, OPERATIONAL),
        Field("slice", TEXT, "Part of the table that was replaced; empty for all of it.", True, OPERATIONAL),
        Field("delta_version", LONG, "Delta version after the job.", True, OPERATIONAL),
        Field("changed", FLAG, "Whether the job added a version.", True, OPERATIONAL),
        Field("rows", LONG, "Rows of the slice.", True, OPERATIONAL),
        Field("content_hash", TEXT, "Order-independent hash of the slice's rows.", True, OPERATIONAL),
        Field("replaced_hash", TEXT, "Hash of the rows that the write replaced; NULL where the slice held none.", False, OPERATIONAL),
        Field("input_hash", TEXT, "Hash of inputs, code and configuration.", True, OPERATIONAL),
        Field("inputs_json", TEXT, "Tables read with Delta version and content hash; files with SHA-256.", True, OPERATIONAL),
        Field("code_version", TEXT, "Package version and hash of its source.", True, OPERATIONAL),
        Field("config_hash", TEXT, "Hash of the configuration that can change a result.", True, OPERATIONAL),
        Field("seconds", REAL, "Seconds of the job so far.", True, OPERATIONAL),
        Field("peak_memory_mb", REAL, "Largest resident size of the driver's Python process, MB.", True, OPERATIONAL),
        Field("finished_at", TimestampType(), "When the write ended, UTC.", True, OPERATIONAL),
    ),
)

FIXED_TABLES: tuple[Table, ...] = (
    REJECTED_ROW,
    RECEIVED_FILE,
    PERSON_RECORD,
    LINK_MODEL,
    TERM_FREQUENCY,
    SCORED_EDGE,
    BLOCK_SUMMARY,
    PERSON_CLUSTER,
    CLUSTER_ALERT,
    PAIR_OVERRIDE,
    RECORD_ATTRIBUTE,
    COURT_EVENT,
    PERSON_SPINE,
    PERSON_LINEAGE,
    PERSON_EVENT,
    COVERAGE_CALENDAR,
    SOURCE_QUALITY,
    RECONCILIATION,
    LINKAGE_METRIC,
    TRUE_PERSON,
    LIFE_EVENT,
    CASE_LINK,
    RUN_MANIFEST,
    *RESEARCH_TABLES,
)
