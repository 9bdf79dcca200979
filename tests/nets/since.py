"""What the story and the kept answers of release 0.1.0 know nothing of, so that the nets do not miss it there."""

# Kinds of entries that the same story has now beside those that it had. The others are numbered as if these were not
# there.
NEW_ENTRIES: dict[str, str] = {
    "proposal.closed": "a proposal that can no longer be confirmed closes itself",
    "organisations.stated": "what each file said of bodies is kept",
}
# Addresses that nobody could read then.
NEW_ADDRESSES = frozenset(
    {
        "/v1/applications/{reference}/versions",
        "/v1/applications/{reference}/versions/{version}",
        "/v1/organisations/{odsCode}/lineage",
        "/v1/publications",
        "/v1/successions",
    }
)
# Reading what could only be written then, by its operationId.
NEW_OPERATIONS = frozenset({"read_assessment"})
