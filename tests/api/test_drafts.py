"""Drafts, as their applicants read them: the deadline, more time, and who has not agreed."""

from tests.api.steps import drafted, extended, registered
from tests.world import ATTRIBUTION, World, application


def test_a_draft_names_its_deadline_and_more_time_that_was_given(sqlite_world: World) -> None:
    at = drafted(sqlite_world, "10T")
    slough = sqlite_world.system("slough")
    first = slough.get(f"{at.where}/status")

    extended(sqlite_world, "10T", "2015-01-30")

    again = slough.get(f"{at.where}/status", If_None_Match=first.headers["etag"])
    file, [row] = slough.get(at.where).json(), slough.get("/v1/applications").json()["results"]
    assert (first.json()["dueOn"], again.status_code, again.json()["dueOn"]) == ("2015-01-09", 200, "2015-01-30")
    assert (file["dueOn"], row["dueOn"]) == ("2015-01-30", "2015-01-30")
    given = [(each["odsCode"], each["until"], each["reason"], each["grantedBy"]) for each in file["extensions"]]
    assert given == [("10T", "2015-01-30", None, None)]


def test_who_has_not_agreed_to_a_draft_is_named(sqlite_world: World) -> None:
    registered(sqlite_world, "ealing", ["applications"], ods_codes=["07W"])
    answer = sqlite_world.system("brent").post("/v1/applications", application("07P", "07W", submitted=False))
    where = answer.headers["location"]
    clients = ("brent", "ealing")

    before = [sqlite_world.system(each).get(f"{where}/status").json()["consentsMissing"] for each in clients]
    body = {"odsCode": "07W", "attribution": ATTRIBUTION}
    sqlite_world.system("ealing").post(f"{where}/consents", body)

    after = [sqlite_world.system(each).get(where).json()["consentsMissing"] for each in clients]
    assert (before, after) == ([["07W"], ["07W"]], [[], []])
