"""The forms of codes, ids and addresses, each with the sentence that a caller reads if a value has another form.

The validator knows a form only by its pattern, so a pattern that a caller can meet must stand here
(``tests/web/test_forms.py``). A part of the path is no exception: nothing is at an address that cannot be, and its 404
has the sentence beside the words that each 404 has. A form that only keys of the register have needs none.
"""

ODS_CODE = r"^(?:[0-9A-Z]{3}|[0-9A-Z]{5})$"
ODS_CODES = r"^[0-9A-Z]{3,5}(,[0-9A-Z]{3,5}){0,99}$"
# The same form as codes of CCGs, each spelt in its own way, because a form is known by its spelling.
REGIONS = r"^[0-9A-Z]{3,5}(?:,[0-9A-Z]{3,5}){0,99}$"
AREA_TEAMS = r"^(?:[0-9A-Z]{3,5},){0,99}[0-9A-Z]{3,5}$"
ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
ROUND_IDS = r"^[a-z0-9-]{1,40}(,[a-z0-9-]{1,40}){0,49}$"
REASON_CODE = r"^[a-z_]{1,40}$"
POINTER = r"^(/[^\x00-\x1f]*)?$"
SET_DIGEST = r"^sha256:[0-9a-f]{64}$"
SHA256 = r"^[0-9a-f]{64}$"
URL = r"^https?://[!-~]+$"
ONLY_NEW = r"^\*$"

SENTENCES = {
    ODS_CODE: "Must be an ODS code such as 10T: 3 or 5 of A\u2013Z and 0\u20139.",
    ODS_CODES: "Must be one or several ODS codes such as 10T, each 3 or 5 of A\u2013Z and 0\u20139, with a comma and no space between them, at most 100.",  # noqa: E501
    REGIONS: "Must be one or several codes of regions such as Y56, with a comma and no space between them. All of them are at /v1/reference-data/regions.",  # noqa: E501
    AREA_TEAMS: "Must be one or several codes of area teams such as Q71, with a comma and no space between them. All of them are at /v1/reference-data/area-teams.",  # noqa: E501
    ID: "Must be an id such as 2015-16 or 2015-16-7k3m9q2x: a\u2013z and 0\u20139, and single hyphens between them.",
    ROUND_IDS: "Must be one or several round ids such as 2015-16, each of a\u2013z, 0\u20139 and hyphens, with a comma and no space between them, at most 50.",  # noqa: E501
    REASON_CODE: "Must be a reason code such as governance: a\u2013z and underscores. All of them are at /v1/reference-data/reasons.",  # noqa: E501
    POINTER: "Must be a JSON Pointer into the application, such as /proposal/finance/narrative.",
    SET_DIGEST: "Must be the setDigest of a preview: sha256: and 64 of 0\u20139 and a\u2013f.",
    SHA256: "Must be a SHA-256 in hexadecimal: 64 of 0\u20139 and a\u2013f.",
    URL: "Must be an http or https address such as https://www.example.nhs.uk/terms.pdf, in ASCII and without spaces.",
    ONLY_NEW: "Must be *, for something new; otherwise leave it out.",
}
