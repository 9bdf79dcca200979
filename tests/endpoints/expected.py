"""Who may do what, and who may keep the answer: written by hand, so that a change of the code is a change here."""

# --- open to everybody --------------------------------------------------------------------------

PUBLISHED = {
    "list_approvals",
    "read_approvals",
    "list_organisations",
    "read_organisation",
    "read_organisation_history",
    "read_organisation_lineage",
    "list_decisions",
    "read_decision",
    "list_changes",
    "list_publications",
    "list_rounds",
    "read_round",
    "list_reference_data",
    "read_reference_data",
    "list_statistics",
    "compare_days",
    "list_waiting_times",
    "describe_table",
    "describe_service",
    "read_checkpoint",
    "read_key",
    "list_entries",
    "prove_inclusion",
    "prove_consistency",
    "read_decision_receipt",
}
PROOFS = {"prove_inclusion", "prove_consistency"}
TABLES = {f"list_{noun}_{kind}" for noun in ("approvals", "organisations", "decisions") for kind in ("csv", "ndjson")}
TABLES |= {
    f"{name}_{kind}"
    for name in ("list_statistics", "compare_days", "list_waiting_times", "list_publications")
    for kind in ("csv", "ndjson")
}
DISCOVERY = {"authorization_server", "signing_keys"}
HEALTH = {"ping", "status"}
PAGES = {
    "go_to_documentation",
    "readDocumentation",
    "readDocumentationFile",
    "readOpenapi",
    "listProblems",
    "readProblem",
}
PUBLIC = {*PUBLISHED, *TABLES, *DISCOVERY, *HEALTH, *PAGES, "issue_token"}

# --- guarded: who may ---------------------------------------------------------------------------

CCG = "a CCG's system"
PANEL_SYSTEM = "a panel's system"
NATIONAL_SYSTEM = "a national system"
ADMIN_SYSTEM = "an admin's system"
PANEL = "a panel member"
NATIONAL = "a signatory of NHS England"
ADMIN = "an administrator"
ACTORS = (CCG, PANEL_SYSTEM, NATIONAL_SYSTEM, ADMIN_SYSTEM, PANEL, NATIONAL, ADMIN)

APPLICANTS = {CCG}
OFFICERS = {PANEL_SYSTEM, NATIONAL_SYSTEM, PANEL, NATIONAL}
WHO_MAY: dict[str, set[str]] = {
    "create_application": APPLICANTS,
    "amend_application": APPLICANTS,
    "submit_application": APPLICANTS,
    "withdraw_application": APPLICANTS,
    "give_consent": APPLICANTS,
    "scale_down_application": APPLICANTS,
    "declare": APPLICANTS,
    "list_events": APPLICANTS,
    "list_applications": APPLICANTS | OFFICERS,
    "read_application": APPLICANTS | OFFICERS,
    "read_application_status": APPLICANTS | OFFICERS,
    "list_application_events": APPLICANTS | OFFICERS,
    "list_application_versions": APPLICANTS | OFFICERS,
    "read_application_version": APPLICANTS | OFFICERS,
    "read_assessment": OFFICERS,
    "read_submission_receipt": APPLICANTS | OFFICERS,
    "read_organisation_status": APPLICANTS | OFFICERS,
    "read_decision_record": APPLICANTS | OFFICERS,
    "give_evidence": APPLICANTS,
    "give_notice": {CCG, NATIONAL},
    "withdraw_notice": APPLICANTS,
    "discharge_condition": {PANEL},
    "lapse_condition": {NATIONAL},
    "settle_agreement": {NATIONAL},
    "propose_waiver": {NATIONAL},
    "propose_revocation": {NATIONAL},
    "propose_correction": {NATIONAL},
    "propose_agreement": {NATIONAL},
    "confirm_proposal": {NATIONAL},
    "withdraw_proposal": {NATIONAL},
    "preview_succession": {NATIONAL},
    "propose_succession": {NATIONAL},
    "list_successions": {NATIONAL},
    "list_queue": OFFICERS,
    "assess_application": {PANEL},
    "request_changes": {PANEL},
    "record_outcomes": {PANEL},
    "withdraw_outcomes": {PANEL},
    "sign_off": {PANEL, NATIONAL},
    "grant_extension": {NATIONAL},
    "preview_announcement": {NATIONAL},
    "announce": {NATIONAL},
    "cancel_announcement": {NATIONAL},
    "put_round": {ADMIN},
}
# A second address of a route above, which the documentation does not list. ``tests.api.test_queue`` asks who may.
ALSO_GUARDED = {"list_queue_csv"}
# A system is told that a person must do it, anybody else that it is not theirs.
ONLY_PEOPLE = {name for name, who in WHO_MAY.items() if not who & {CCG, PANEL_SYSTEM, NATIONAL_SYSTEM, ADMIN_SYSTEM}}
ONLY_PEOPLE |= {"give_notice"}  # but for the CCG's own system
POLLED = {"read_application_status", "read_organisation_status"}
