"""How the rows of each landing table come, change and go between extracts. Parents stand before the tables that hang on them."""

from docketlink.synthetic.extracts import Changes

_WITHDRAWN = ("soft_deleted", "1", "0")
_ROW_ID = ("row_id", 500_000)  # magistrates' blocks number their rows below that

CHANGES: dict[str, Changes] = {
    "mags_hocas.hocas_flatfile": Changes(
        entered="first_hearing_date", ahead=("final_result_date",), address=("line1", "line2", "line3", "line4", "line5", "pcode"),
        code=("ho_offence_code",), name=("surname", "defendantName"), birth=("defendantDob",), renumbered=_ROW_ID,
    ),
    "mags_hocas.hocas_offence": Changes(
        parent=("hocas_flatfile", "row_id", "row_id"), ahead=("final_result_date",), code=("result_code",), renumbered=_ROW_ID
    ),
    "crown_xhibit.xhb_case": Changes(entered="received_date", code=("case_status",)),
    "crown_xhibit.xhb_address": Changes(address=("address_1", "address_2", "address_3", "address_4", "town", "county", "postcode")),
    "crown_xhibit.xhb_defendant": Changes(name=("surname",), birth=("date_of_birth",), code=("ethnicity_self_defined",)),
    "crown_xhibit.xhb_defendant_on_case": Changes(
        parent=("xhb_case", "case_id", "case_id"), code=("current_bc_status",), withdrawn=("obs_ind", "Y", None)
    ),
    "crown_xhibit.xhb_defendant_on_offence": Changes(
        parent=("xhb_defendant_on_case", "defendant_on_case_id", "defendant_on_case_id"), code=("final_offence_ho_code", "plea"),
        withdrawn=("obs_ind", "Y", None),
    ),
    "crown_xhibit.xhb_disposal": Changes(
        entered="disposal_date", parent=("xhb_defendant_on_offence", "defendant_on_offence_id", "defendant_on_offence_id")
    ),
    "common_platform.hearing_event": Changes(entered="message", day=r'"sittingDay":"(?P<day>[0-9-]{10})', appended=True),
    "prison_nomis.offenders": Changes(entered="create_date", name=("last_name",), birth=("birth_date",), code=("race_code",)),
    "prison_nomis.offender_identifiers": Changes(parent=("offenders", "root_offender_id", "root_offender_id")),
    "prison_nomis.offender_addresses": Changes(
        entered="start_date", parent=("offenders", "root_offender_id", "root_offender_id"), address=("postal_code", "full_address")
    ),
    "prison_nomis.offender_bookings": Changes(
        entered="booking_begin_date", parent=("offenders", "offender_id", "offender_id"), ahead=("booking_end_date",), code=("agy_loc_id",)
    ),
    **{
        f"prison_nomis.{table}": Changes(entered=entered, parent=("offender_bookings", "offender_book_id", "offender_book_id"))
        for table, entered in (
            ("offender_external_movements", "movement_date"),
            ("offender_imprison_statuses", "effective_date"),
            ("offender_sentences", "start_date"),
        )
    },
    "probation_delius.offender": Changes(name=("surname",), birth=("dateOfBirth",), code=("ethnicity",), withdrawn=_WITHDRAWN),
    "probation_delius.alias": Changes(withdrawn=_WITHDRAWN),
    "probation_delius.offender_address": Changes(
        entered="startDateTime", ahead=("endDateTime",), withdrawn=_WITHDRAWN,
        address=("postcode", "buildingName", "addressNumber", "streetName", "district", "townCity", "county", "uprn"),
    ),
    "probation_delius.additional_identifier": Changes(withdrawn=_WITHDRAWN),
    "probation_delius.event": Changes(
        entered="referral_date", code=("mo_code", "mo_category_description"), withdrawn=_WITHDRAWN
    ),
    **{
        f"probation_delius.{table}": Changes(entered="commencement_date", ahead=("termination_date",), withdrawn=_WITHDRAWN)
        for table in ("rqmnt", "licence_condition", "pss_rqmnt")
    },
    "probation_delius.recall": Changes(entered="recall_date", withdrawn=_WITHDRAWN),
    "probation_delius.breach": Changes(entered="breach_date", ahead=("outcome_date",), withdrawn=_WITHDRAWN),
    "probation_delius.standard_reference_list": Changes(is_list=True),
    "assess_oasys.oasys_assessments_metadata": Changes(
        entered="date_completed", name=("surname",), birth=("dob",), address=("postcode",), code=("ethnicity",)
    ),
    **{
        f"assess_oasys.oasys_assessments_details_{part}": Changes(parent=("oasys_assessments_metadata", "assessment_id", "assessment_id"))
        for part in ("core_risk", "bcs", "sara")
    },
    "assess_oasys.drug_lookup": Changes(is_list=True),
    "family_familyman.cases": Changes(),
    "family_familyman.case_fields": Changes(parent=("cases", "case_number", "case_number")),
    "family_familyman.events": Changes(
        entered="entry_date", parent=("cases", "case_number", "case_number"), code=("event_model",), withdrawn=("error", "Y", "N")
    ),
    "family_familyman.event_fields": Changes(parent=("events", "event", "event")),
    "family_familyman.hearings": Changes(parent=("events", "event", "event")),
    "family_familyman.addresses": Changes(
        address=("address_1", "address_2", "address_3", "address_4", "address_5", "postcode")
    ),
    "family_familyman.parties": Changes(name=("person_family_name",), birth=("dob",), code=("gender",)),
    "family_familyman.roles": Changes(parent=("cases", "case_number", "case_number"), withdrawn=("delete_flag", "Y", "N")),
    "family_familyman.role_fields": Changes(parent=("roles", "role", "role")),
    "civil_caseman.cases": Changes(entered="date_of_issue", code=("status",)),
    "civil_caseman.parties": Changes(name=("person_requested_name",)),
    "civil_caseman.coded_parties": Changes(is_list=True),
    "civil_caseman.case_party_roles": Changes(parent=("cases", "case_number", "case_number")),
    "civil_caseman.given_addresses": Changes(
        entered="valid_from", parent=("cases", "case_number", "case_number"), ahead=("valid_to",),
        address=("address_line1", "address_line2", "address_line3", "address_line4", "address_line5", "postcode"),
    ),
    "civil_caseman.case_events": Changes(
        entered="event_date", parent=("cases", "case_number", "case_number"), withdrawn=("deleted_flag", "Y", "N")
    ),
    "civil_caseman.judgments": Changes(entered="judgment_date", parent=("cases", "case_number", "case_number"), code=("status",)),
    "civil_caseman.warrants": Changes(entered="issue_date", parent=("cases", "case_number", "case_number")),
    "civil_caseman.pcol_claim": Changes(entered="issue_date"),
    "civil_caseman.pcol_party": Changes(
        parent=("pcol_claim", "claim_no", "claim_no"), name=("surname",),
        address=("address_line1", "address_line2", "address_line3", "address_line4", "address_line5", "postcode"),
    ),
}  # fmt: skip
