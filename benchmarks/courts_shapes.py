"""Figures of a generated and loaded system, in SQL: one query a group, its rows ``name, measured, cases``.

Views: ``record`` (identity.person_record with the true person, organisations and the like left out), ``node`` (all of them),
``attribute``, ``court_event``, ``true_person``, ``life_event``, and the raw tables by their names. The statements keep to what Spark and
DuckDB have in common, but for ``unix_date`` and ``arrays_overlap``.
"""

from courts_targets import NAMES, OVERLAP, ROWS, SHAPE

NATION = 72_700_000  # person records
CRIMINAL = "source IN ('mags_hocas', 'crown_xhibit', 'common_platform', 'prison_nomis', 'probation_delius', 'assess_oasys')"
# The sources of the published model: its figures are rates of their records.
LIVE = "source IN ('mags_hocas', 'common_platform', 'prison_nomis', 'probation_delius')"

_HELD = "SELECT DISTINCT source, true_person_id FROM record WHERE true_person_id IS NOT NULL"
_SHORT = {"mags_hocas": "mags", "common_platform": "Common Platform", "crown_xhibit": "Crown", "civil_caseman": "civil"}
_NAMED = " ".join(f"WHEN '{source}' THEN '{name}'" for source, name in _SHORT.items())


def share(name: str, condition: str, source: str) -> str:
    """A query of one figure: the share of the rows of ``source`` that meet a condition."""
    return f"SELECT '{name}' AS name, avg(CASE WHEN {condition} THEN 1.0 ELSE 0.0 END) AS measured, count(*) AS cases FROM {source}"


def mean(name: str, rows: str, of: str) -> str:
    """A query of one figure: how many of ``rows`` there are for one of ``of``."""
    return f"SELECT '{name}' AS name, 1.0 * a.n / b.n AS measured, b.n AS cases FROM (SELECT count(*) AS n FROM {rows}) a, (SELECT {of}) b"


def union(*queries: str) -> str:
    """The rows of several queries."""
    return " UNION ALL ".join(queries)


_RETURNS = """
WITH seen AS (
  SELECT true_person_id, e.event_date AS day, e.record_id, e.offence_code_raw AS code
  FROM court_event e JOIN record r ON e.record_id = r.record_id
  WHERE e.source = 'mags_hocas' AND e.event_type = 'hearing' AND e.event_date IS NOT NULL AND true_person_id IS NOT NULL
), first AS (
  SELECT true_person_id, min(day) AS day, min(CASE WHEN place = 1 THEN code END) AS code
  FROM (SELECT *, row_number() OVER (PARTITION BY true_person_id ORDER BY day, record_id) AS place FROM seen) ranked GROUP BY true_person_id
), cohort AS (
  SELECT f.true_person_id, lpad(max(f.code), 5, '0') IN ('04600', '03000') AS theft, count(DISTINCT s.record_id) - 1 AS returned
  FROM first f JOIN seen s ON f.true_person_id = s.true_person_id
  WHERE year(f.day) = 2011 AND year(s.day) < 2020 GROUP BY f.true_person_id
)
"""
_COHORT = [("returned by 2019", "returned > 0"), ("once", "returned = 1"), ("six or more times", "returned >= 6")]
_COHORT += [(f"{n} times", f"returned = {n}") for n in range(2, 6)]

_SEXES = [
    ("criminal", CRIMINAL),
    ("family", "source = 'family_familyman'"),
    ("civil", "source = 'civil_caseman'"),
]
_FAMILY_PARTY = """(
  SELECT DISTINCT c.case_number FROM family_familyman_cases c JOIN family_familyman_roles r ON c.case_number = r.case_number
  JOIN family_familyman_parties p ON r.party = p.party
  WHERE substr(c.case_number, 5, 1) = 'C' AND p.person_given_first_name IS NULL AND r.role_model LIKE 'APL%'
)"""


def _same(name: str, column: str) -> str:
    """The chance that the first records of two people agree in a column that both have."""
    first = f"""(SELECT *, row_number() OVER (PARTITION BY true_person_id ORDER BY record_id) AS place FROM record
                 WHERE {LIVE} AND true_person_id IS NOT NULL AND {column} IS NOT NULL) ranked"""
    return f"""SELECT '{name}' AS name, sum(1.0 * n * (n - 1)) / (1.0 * sum(n) * (sum(n) - 1)) AS measured,
               CAST(0.5 * sum(n) * (sum(n) - 1) AS BIGINT) AS cases
               FROM (SELECT {column}, count(*) AS n FROM {first} WHERE place = 1 GROUP BY {column}) counted"""


SHAPES: dict[str, tuple[str, ...]] = {
    SHAPE: (
        """SELECT concat('person records: ', source) AS name, 1.0 * count(*) / max(whole) AS measured, max(whole) AS cases
           FROM record, (SELECT count(*) AS whole FROM record WHERE true_person_id IS NOT NULL) w
           WHERE true_person_id IS NOT NULL GROUP BY source""",
        f"""SELECT 'mags cases 2020, of a nation' AS name, 1.0 * count(DISTINCT case_id) * {NATION} / max(whole) AS measured,
            count(DISTINCT case_id) AS cases FROM mags_hocas_hocas_flatfile, (SELECT count(*) AS whole FROM record) w
            WHERE substr(first_hearing_date, 1, 4) = '2020'""",
        f"""SELECT 'Crown receipts 2020, of a nation' AS name, 1.0 * count(*) * {NATION} / max(whole) AS measured, count(*) AS cases
            FROM crown_xhibit_xhb_case, (SELECT count(*) AS whole FROM record) w WHERE substr(received_date, 1, 4) = '2020'""",
        _RETURNS + union(
            *(share(f"first seen in 2011, {name}", condition, "cohort") for name, condition in _COHORT),
            share("first seen in 2011 for theft, returned", "returned > 0", "cohort WHERE theft"),
        ),
        union(*(
            share(f"male, {name}", "sex = 'M'", f"true_person WHERE true_person_id IN (SELECT true_person_id FROM record WHERE {which})")
            for name, which in _SEXES
        )),
        """SELECT 'age at first criminal contact, median' AS name, median(days) / 365.25 AS measured, count(*) AS cases FROM (
             SELECT min(unix_date(e.event_date)) - min(unix_date(b.event_date)) AS days
             FROM life_event e JOIN life_event b ON e.true_person_id = b.true_person_id AND b.kind = 'birth'
             WHERE e.kind = 'court_hearing' GROUP BY e.true_person_id) aged""",
        share("people with a twin", "is_twin", "true_person"),
        union(*(share(f"organisations: {_SHORT[source]}", "link_status = 'organisation'", f"node WHERE source = '{source}'")
                 for source in ("mags_hocas", "common_platform", "crown_xhibit"))),
        share("organisations: civil", "link_status = 'organisation'", "node WHERE source = 'civil_caseman' AND role_code NOT LIKE 'PCOL%'"),
        share("Crown: masked", "link_status = 'masked'", "node WHERE source = 'crown_xhibit'"),
        "SELECT 'public-law cases with a local authority' AS name, 1.0 * a.n / b.n AS measured, b.n AS cases FROM "
        f"(SELECT count(*) AS n FROM {_FAMILY_PARTY} led) a, "
        "(SELECT count(*) AS n FROM family_familyman_cases WHERE substr(case_number, 5, 1) = 'C') b",
        union(*(
            share(f"two {name} numbers", "numbers > 1",
                  f"(SELECT count(*) AS numbers FROM record WHERE source = '{source}' GROUP BY true_person_id) held")
            for name, source in (("prison", "prison_nomis"), ("probation", "probation_delius"))
        )),
        share("aliases: prison", "names > 1", "(SELECT count(*) AS names FROM prison_nomis_offenders GROUP BY root_offender_id) held"),
        share("aliases with another date of birth: prison", "births > 1",
              "(SELECT count(DISTINCT birth_date) AS births FROM prison_nomis_offenders GROUP BY root_offender_id) held"),
        share("aliases: probation", "a.crn IS NOT NULL",
              "probation_delius_offender o LEFT JOIN (SELECT DISTINCT crn FROM probation_delius_alias) a ON o.crn = a.crn"),
        share("aliases with another date of birth: probation", "a.crn IS NOT NULL", """probation_delius_offender o LEFT JOIN (
             SELECT DISTINCT a.crn FROM probation_delius_alias a JOIN probation_delius_offender o ON a.crn = o.crn
             WHERE a.dateOfBirth <> o.dateOfBirth AND o.dateOfBirth NOT IN ('1900-01-01', '1970-01-01')) a ON o.crn = a.crn"""),
        share("aliases: Common Platform", "a.defendant_id IS NOT NULL",
              """(SELECT DISTINCT defendant_id FROM common_platform_defendant WHERE organisation IS NULL) d
           LEFT JOIN (SELECT DISTINCT defendant_id FROM common_platform_alias) a ON d.defendant_id = a.defendant_id"""),
    ),
    OVERLAP: (
        f"""WITH held AS ({_HELD}), one AS (SELECT true_person_id,
              max(CASE WHEN source = 'mags_hocas' THEN 1 ELSE 0 END) AS mags,
              max(CASE WHEN source = 'crown_xhibit' THEN 1 ELSE 0 END) AS crown,
              max(CASE WHEN source = 'prison_nomis' THEN 1 ELSE 0 END) AS prison,
              max(CASE WHEN source = 'probation_delius' THEN 1 ELSE 0 END) AS probation FROM held GROUP BY true_person_id),
            adult AS (SELECT true_person_id FROM record WHERE source = 'family_familyman' AND role_code IN ('applicant', 'respondent')),
            sued AS (SELECT true_person_id FROM record WHERE source = 'civil_caseman' AND role_code IN ('DEFENDANT', 'PCOL DEFENDANT')) """
        + union(
            share("probation people not in prison", "prison = 0", "one WHERE probation = 1"),
            share("prison people not in probation", "probation = 0", "one WHERE prison = 1"),
            *(share(f"mags people in {name}", f"{column} = 1", "one WHERE mags = 1")
              for name, column in (("Crown", "crown"), ("probation", "probation"), ("prison", "prison"))),
            *(share(f"mags people {name}", f"true_person_id IN (SELECT true_person_id FROM {which})", "one WHERE mags = 1")
              for name, which in (("adult in family", "adult"), ("defendant in civil", "sued"))),
        ),
    ),
    ROWS: (
        union(
            mean("mags: defendants a case", "mags_hocas_hocas_flatfile WHERE coalesce(defendantType, 'P') <> 'O'",
                  "count(DISTINCT case_id) AS n FROM mags_hocas_hocas_flatfile WHERE coalesce(defendantType, 'P') <> 'O'"),
            mean("mags: offences a row", "mags_hocas_hocas_offence", "count(*) AS n FROM mags_hocas_hocas_flatfile"),
            mean("Crown: defendants a case", "crown_xhibit_xhb_defendant_on_case WHERE obs_ind IS NULL",
                 "count(*) AS n FROM crown_xhibit_xhb_case"),
            mean("Crown: offences a defendant", "crown_xhibit_xhb_defendant_on_offence",
                 "count(*) AS n FROM crown_xhibit_xhb_defendant_on_case"),
            mean("Crown: disposals an offence", "crown_xhibit_xhb_disposal",
                  "count(DISTINCT defendant_on_offence_id) AS n FROM crown_xhibit_xhb_disposal"),
            mean("Common Platform: messages a defendant", "(SELECT DISTINCT defendant_id, source_file, line "
                 "FROM common_platform_defendant)",
                  "count(DISTINCT defendant_id) AS n FROM common_platform_defendant"),
            mean("Common Platform: offences a defendant", "(SELECT DISTINCT defendant_id, offence_id FROM common_platform_offence) o",
                  "count(DISTINCT defendant_id) AS n FROM common_platform_offence"),
            mean("prison: names a number", "prison_nomis_offenders", "count(DISTINCT root_offender_id) AS n FROM prison_nomis_offenders"),
            mean("prison: bookings a number", "prison_nomis_offender_bookings",
                 "count(DISTINCT root_offender_id) AS n FROM prison_nomis_offenders"),
            mean("prison: movements a booking", "prison_nomis_offender_external_movements",
                 "count(*) AS n FROM prison_nomis_offender_bookings"),
            mean("probation: events a number", "probation_delius_event", "count(*) AS n FROM probation_delius_offender"),
            mean("probation: requirements an event that has any", "probation_delius_rqmnt",
                  "count(DISTINCT concat(partition_area_id, ' ', disposal_id)) AS n FROM probation_delius_rqmnt"),
            mean("family: roles a case", "family_familyman_roles", "count(*) AS n FROM family_familyman_cases"),
            mean("family: events a case", "family_familyman_events", "count(*) AS n FROM family_familyman_cases"),
            mean("family: children a case", "family_familyman_roles WHERE role_model LIKE 'CHLD%' AND delete_flag = 'N'",
                  "count(*) AS n FROM family_familyman_cases"),
            mean("civil: parties a case", "civil_caseman_case_party_roles WHERE party_role_code <> 'SOLICITOR'",
                  "count(*) AS n FROM civil_caseman_cases"),
            mean("civil: events a case", "civil_caseman_case_events", "count(*) AS n FROM civil_caseman_cases"),
            mean("civil: cases with a judgment", "(SELECT DISTINCT case_number FROM civil_caseman_judgments) j",
                  "count(*) AS n FROM civil_caseman_cases"),
            mean("civil: cases with a warrant", "(SELECT DISTINCT case_number FROM civil_caseman_warrants) w",
                  "count(*) AS n FROM civil_caseman_cases"),
        ),
        """SELECT CASE imprisonment_status WHEN 'RX' THEN 'remand, median days' ELSE 'custody, median days' END AS name,
             median(unix_date(CAST(expiry_date AS DATE)) - unix_date(CAST(effective_date AS DATE))) AS measured, count(*) AS cases
           FROM prison_nomis_offender_imprison_statuses
           WHERE imprisonment_status IN ('RX', 'SENT') AND expiry_date IS NOT NULL GROUP BY imprisonment_status""",
    ),
    NAMES: tuple(
        _same(f"two people share a {name}", column)
        for name, column in (
            ("forename", "name_1_std"), ("surname", "last_name_std"), ("middle name", "name_2_std"),
            ("full name", "first_and_last_name_std"),
        )
    ),
}  # fmt: skip
