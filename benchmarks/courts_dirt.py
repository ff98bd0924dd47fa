"""What is missing and what is wrong in a generated and loaded system, in SQL as courts_shapes.py has it.

Missing is what arrived empty: a value that standardising refused was there. Names are held against the form that most records of the
person have, dates of birth against the true day.
"""

from collections.abc import Mapping, Sequence

from courts_shapes import CRIMINAL, share, union
from courts_targets import DIRT, MISSING_GROUP

_NO = {
    "date of birth": "dob_reason = 'DOB_MISSING'",
    "sex": "coalesce(sex_std, 'N') NOT IN ('M', 'F')",
    "postcode": "postcode_arr IS NULL AND coalesce(concat_ws(' ', reason_arr), '') NOT LIKE '%POSTCODE_%'",
    "PNC": "pnc_arr IS NULL AND coalesce(concat_ws(' ', reason_arr), '') NOT LIKE '%PNC_%'",
    "CRO": "cro_arr IS NULL AND coalesce(concat_ws(' ', reason_arr), '') NOT LIKE '%CRO_%'",
    "middle name": "name_2_std IS NULL",
}
_CRIMINAL = ("mags_hocas", "common_platform", "crown_xhibit", "prison_nomis", "probation_delius", "assess_oasys")
_ETHNICITY = ("crown_xhibit", "prison_nomis", "probation_delius", "assess_oasys")
_ROLES = ("child", "applicant", "respondent")
_APPLICANTS = """(
  SELECT substr(r.case_number, 5, 1) AS letter, a.postcode FROM family_familyman_roles r
  JOIN family_familyman_parties p ON r.party = p.party LEFT JOIN family_familyman_addresses a ON a.address = coalesce(r.address, p.address)
  WHERE r.role_model LIKE 'APL%' AND p.person_given_first_name IS NOT NULL) asked"""
_MAGS = """(
  SELECT TRY_CAST(substr(first_hearing_date, 1, 4) AS INT) AS heard, ethnicity_self_defined AS code,
    lpad(ho_offence_code, 5, '0') = '80001' AS motoring
  FROM mags_hocas_hocas_flatfile WHERE coalesce(defendantType, 'P') <> 'O') heard_rows"""


def _missing(source: str, field: str, label: str, where: str) -> str:
    return share(f"{label}: {field}", _NO[field], f"record WHERE source = '{source}' AND {where}")


MISSING: tuple[str, ...] = (
    union(*(_missing(source, field, source, "TRUE") for source in _CRIMINAL for field in _NO)),
    union(
        *(
            _missing("family_familyman", field, f"family_familyman {role}", f"role_code = '{role}'")
            for role in _ROLES
            for field in ("date of birth", "sex", "postcode")
            if (role, field) != ("applicant", "postcode")
        ),
        _missing("family_familyman", "middle name", "family_familyman", "name_1_std IS NOT NULL"),
        *(_missing("civil_caseman", field, "civil_caseman", "TRUE") for field in ("date of birth", "sex", "postcode", "middle name")),
    ),
    union(
        share("family_familyman applicant, violence: postcode", "postcode IS NULL", f"{_APPLICANTS} WHERE letter = 'F'"),
        share("family_familyman applicant, no violence: postcode", "postcode IS NULL", f"{_APPLICANTS} WHERE letter <> 'F'"),
    ),
    union(
        *(
            share(
                f"{source}: ethnicity",
                "a.ethnicity_raw IS NULL",
                f"record r JOIN attribute a ON r.record_id = a.record_id WHERE r.source = '{source}'",
            )
            for source in _ETHNICITY
        )
    ),
    union(
        *(
            share(f"mags ethnicity, no motoring: {year}", "code IS NULL", f"{_MAGS} WHERE heard = {year} AND NOT motoring")
            for year in (2012, 2017, 2020)
        )
    ),
    f"""SELECT 'mags ethnicity, motoring less other: 2012 to 2020' AS name,
        avg(CASE WHEN NOT motoring THEN NULL WHEN code IS NULL THEN 1.0 ELSE 0.0 END)
        - avg(CASE WHEN motoring THEN NULL WHEN code IS NULL THEN 1.0 ELSE 0.0 END) AS measured, count(*) AS cases
        FROM {_MAGS} WHERE heard BETWEEN 2012 AND 2020""",
)

# Records of men, whose surname does not change, without aliases; the form of most of at least four records is right.
_SPOKEN = """
WITH spoken AS (
  SELECT true_person_id, record_id, name_1_std AS first, last_name_std AS last, first_and_last_name_std AS whole FROM record
  WHERE source IN ('mags_hocas', 'common_platform', 'crown_xhibit') AND first_and_last_name_std IS NOT NULL
    AND true_person_id IN (SELECT true_person_id FROM true_person WHERE sex = 'M')
), forms AS (
  SELECT true_person_id, first AS own_first, last AS own_last, sum(count(*)) OVER (PARTITION BY true_person_id) AS records,
    row_number() OVER (PARTITION BY true_person_id ORDER BY count(*) DESC, first, last) AS place
  FROM spoken GROUP BY true_person_id, first, last
), judged AS (
  SELECT s.*, own_first, own_last, f.short IS NOT NULL AS familiar
  FROM spoken s JOIN forms o ON s.true_person_id = o.true_person_id AND place = 1 AND records >= 4
  LEFT JOIN familiar_form f ON f.long = own_first AND f.short = s.first
)
"""
_SWAPPED = "first = own_last AND last = own_first AND first <> last"
_BORN = f"""
WITH birth AS (SELECT true_person_id, CAST(event_date AS STRING) AS born FROM life_event WHERE kind = 'birth'),
told AS (
  SELECT dob_std AS dob, born FROM record r JOIN birth b ON r.true_person_id = b.true_person_id
  WHERE {CRIMINAL} AND dob_std IS NOT NULL
), sorted AS (
  SELECT CASE WHEN dob = born THEN 'right'
    WHEN substr(dob, 1, 4) = substr(born, 1, 4) AND substr(dob, 6, 2) = substr(born, 9, 2) AND substr(dob, 9, 2) = substr(born, 6, 2)
      THEN 'day and month swapped'
    WHEN levenshtein(dob, born) = 1 AND (substr(dob, 1, 4) = substr(born, 1, 4)
      OR abs(CAST(substr(dob, 1, 4) AS INT) - CAST(substr(born, 1, 4) AS INT)) > 5) THEN 'one edit'
    WHEN abs(CAST(substr(dob, 1, 4) AS INT) - CAST(substr(born, 1, 4) AS INT)) BETWEEN 1 AND 5 THEN 'year off by up to five'
    ELSE 'other' END AS kind FROM told
)
"""
_PNC = """(
  SELECT CASE WHEN pnc = '2000/0000000Z' THEN 'PNC placeholder'
    WHEN regexp_like(pnc, '^[0-9]{4}/[0-9]{7}[A-Z]$') THEN 'PNC canonical'
    WHEN regexp_like(pnc, '^[0-9]{2}/[0-9]+[A-Z]$') THEN 'PNC short with slash'
    WHEN regexp_like(pnc, '^[0-9]{11}[A-Z]$') THEN 'PNC without slash' ELSE 'other' END AS form
  FROM mags_hocas_hocas_flatfile WHERE pnc IS NOT NULL) forms"""

DIRTS: tuple[str, ...] = (
    _SPOKEN
    + union(
        share("forename and surname swapped", _SWAPPED, "judged"),
        share("familiar forename", "familiar AND last = own_last", "judged"),
        share("misspelt name", f"whole <> concat(own_first, ' ', own_last) AND NOT familiar AND NOT ({_SWAPPED})", "judged"),
    ),
    _BORN
    + union(
        *(
            share(f"date of birth: {kind}", f"kind = '{kind}'", "sorted")
            for kind in ("one edit", "day and month swapped", "year off by up to five", "other")
        )
    ),
    union(
        *(
            share(f"date of birth placeholder: {name}", "dob_reason = 'DOB_PLACEHOLDER'", f"record WHERE source = '{source}'")
            for name, source in (("mags", "mags_hocas"), ("probation", "probation_delius"))
        )
    ),
    union(
        *(
            share(form, f"form = '{form}'", _PNC)
            for form in ("PNC placeholder", "PNC short with slash", "PNC without slash")
        )
    ),
    # A wrong letter stands in a canonical form.
    f"""SELECT 'PNC canonical' AS name, 1.0 * (c.n - w.n) / a.n AS measured, a.n AS cases FROM
        (SELECT count(*) AS n FROM {_PNC} WHERE form = 'PNC canonical') c,
        (SELECT count(*) AS n FROM record WHERE source = 'mags_hocas' AND concat_ws(' ', reason_arr) LIKE '%PNC_CHECK%') w,
        (SELECT count(*) AS n FROM {_PNC}) a""",
    share(
        "PNC of a wrong letter",
        "concat_ws(' ', reason_arr) LIKE '%PNC_CHECK%'",
        "record WHERE source = 'mags_hocas' AND (pnc_arr IS NOT NULL OR concat_ws(' ', reason_arr) LIKE '%PNC_%')",
    ),
    share(
        "Crown PNC of ten characters",
        "regexp_like(pnc_id, '^[0-9]{9}[A-Z]$')",
        "crown_xhibit_xhb_defendant_on_case WHERE pnc_id IS NOT NULL",
    ),
    union(
        share("no fixed abode: mags", "line1 = 'NO FIXED ABODE'", "mags_hocas_hocas_flatfile WHERE coalesce(defendantType, 'P') <> 'O'"),
        share("a solicitor''s address: Common Platform", "address_1 LIKE 'c/o Solicitors%'",
              "common_platform_defendant WHERE organisation IS NULL"),
        share("the prison''s own postcode: prison addresses", "full_address LIKE 'HMP %'", "prison_nomis_offender_addresses"),
    ),
)  # fmt: skip

QUERIES: Mapping[str, Sequence[str]] = {MISSING_GROUP: MISSING, DIRT: DIRTS}
