"""Who sees what, when: a test a cell. The cells are written out by hand from rule 18."""

from itertools import product

import pytest

from app.rules.callers import Caller, Person, Scope, System
from app.rules.lifecycle import State
from app.rules.visibility import Viewer, is_outcome_visible, may_poll, shown_acts, shown_state, viewer_of
from app.rules.words import Level

MEMBERS = frozenset({"07P", "08G"})


def person(role: str, *regions: str) -> Person:
    return Person("one", "One (made up)", Scope(role), frozenset(regions), frozenset())


def system(*codes: str, scopes: tuple[str, ...] = ("applications",), regions: tuple[str, ...] = ()) -> System:
    return System("one", "One", frozenset(codes), frozenset(regions), frozenset(map(Scope, scopes)))


# --- in which part ------------------------------------------------------------------------------

# The caller → the part before and after the first submission.
PARTS: dict[str, tuple[Caller, str, str]] = {
    "the lead's system": (system("07P"), "applicant", "applicant"),
    "another member's system": (system("08G"), "applicant", "applicant"),
    "a system of a member and others": (system("08G", "10T"), "applicant", "applicant"),
    "another CCG's system": (system("10T"), "stranger", "stranger"),
    "a system of no CCG": (system(), "stranger", "stranger"),
    "a member's system without the scope": (system("07P", scopes=()), "stranger", "stranger"),
    "a panel's system of the region": (system(scopes=("panel",), regions=("Y56",)), "stranger", "panel"),
    "a panel's system of another region": (system(scopes=("panel",), regions=("Y57",)), "stranger", "stranger"),
    "a system of the region without the scope": (system(scopes=(), regions=("Y56",)), "stranger", "stranger"),
    "NHS England's system": (system(scopes=("national",)), "stranger", "national"),
    "a system of another CCG and of the panel": (
        system("10T", scopes=("applications", "panel"), regions=("Y56",)),
        "stranger",
        "panel",
    ),
    "a system of a member and of NHS England": (
        system("07P", scopes=("applications", "national")),
        "applicant",
        "applicant",
    ),
    "a system of an administrator": (system(scopes=("admin",)), "stranger", "stranger"),
    "a panel member of the region": (person("panel", "Y56"), "stranger", "panel"),
    "a panel member of this and another region": (person("panel", "Y54", "Y56"), "stranger", "panel"),
    "a panel member of another region": (person("panel", "Y57"), "stranger", "stranger"),
    "a panel member of no region": (person("panel"), "stranger", "stranger"),
    "somebody of NHS England": (person("national"), "stranger", "national"),
    "somebody of NHS England with a region": (person("national", "Y57"), "stranger", "national"),
    "an administrator": (person("admin"), "stranger", "stranger"),
    "an administrator with the region": (person("admin", "Y56"), "stranger", "stranger"),
}


@pytest.mark.parametrize(("caller", "draft", "submitted"), PARTS.values(), ids=PARTS.keys())
def test_in_which_part_a_caller_sees_an_application(caller: Caller, draft: str, submitted: str) -> None:
    assert viewer_of(caller, members=MEMBERS, regions={"Y56"}, was_submitted=False).value == draft
    assert viewer_of(caller, members=MEMBERS, regions={"Y56"}, was_submitted=True).value == submitted


# --- the outcome --------------------------------------------------------------------------------

# The moments at which an application can be looked at: whether it is published, and was shown to its applicants.
MOMENTS = {
    "embargoed": (False, False),
    "embargoed, but shown": (False, True),
    "published": (True, False),
    "shown, then published": (True, True),
}
UNDECIDED = ("draft", "submitted", "changes_requested", "recommended", "withdrawn", "lapsed")
NEVER = dict.fromkeys(MOMENTS, False)
ALWAYS = dict.fromkeys(MOMENTS, True)
ONCE_SHOWN = {**ALWAYS, "embargoed": False}
OUTCOME = {
    **{("applicant", state): NEVER for state in UNDECIDED},
    ("applicant", "decided"): ONCE_SHOWN,
    **{
        (viewer, state): NEVER
        for viewer in ("panel", "national")
        for state in ("draft", "submitted", "changes_requested", "withdrawn", "lapsed")
    },
    ("panel", "recommended"): ALWAYS,
    ("panel", "decided"): ALWAYS,
    ("national", "recommended"): ALWAYS,
    ("national", "decided"): ALWAYS,
    **{("stranger", state): NEVER for state in (*UNDECIDED, "decided")},
}
CELLS = list(product(OUTCOME, MOMENTS))


def test_there_is_a_cell_for_every_viewer_and_state() -> None:
    assert set(OUTCOME) == set(product((each.value for each in Viewer), (each.value for each in State)))


@pytest.mark.parametrize(("part", "moment"), CELLS)
def test_who_sees_the_outcome_when(part: tuple[str, str], moment: str) -> None:
    (viewer, state), (is_published, was_shown) = part, MOMENTS[moment]

    seen = is_outcome_visible(Viewer(viewer), State(state), is_published=is_published, was_shown=was_shown)

    assert seen is OUTCOME[part][moment]


@pytest.mark.parametrize(("viewer", "state"), list(product(Viewer, State)))
def test_the_state_is_shown_as_it_is_once_the_outcome_is(viewer: Viewer, state: State) -> None:
    assert shown_state(viewer, state, is_outcome_visible=True) is state


@pytest.mark.parametrize(("viewer", "state"), list(product(Viewer, State)))
def test_before_that_applicants_see_recommended_in_place_of_decided_and_nothing_else_differs(
    viewer: Viewer, state: State
) -> None:
    is_hidden = (viewer.value, state.value) == ("applicant", "decided")

    assert shown_state(viewer, state, is_outcome_visible=False).value == ("recommended" if is_hidden else state.value)


# --- what a viewer may do -----------------------------------------------------------------------

ACTS: dict[tuple[str, str], set[str]] = {
    ("applicant", "draft"): {"amend", "submit", "withdraw"},
    ("applicant", "submitted"): {"scale_down", "withdraw"},
    ("applicant", "changes_requested"): {"amend", "scale_down", "submit", "withdraw"},
    ("applicant", "recommended"): {"withdraw"},
    ("panel", "submitted"): {"request_changes", "record_outcomes"},
    ("panel", "changes_requested"): {"record_outcomes"},
}
SIGNING = {
    ("panel", "recommended", "delegated"): {"withdraw_outcomes"},
    ("national", "recommended", "delegated"): {"confirm", "return"},
    ("panel", "recommended", "joint"): {"confirm", "return", "withdraw_outcomes"},
}


@pytest.mark.parametrize(("viewer", "state", "level"), list(product(Viewer, State, [Level.DELEGATED, Level.JOINT])))
def test_what_is_a_viewers_part_to_do(viewer: Viewer, state: State, level: Level) -> None:
    expected = ACTS.get((viewer.value, state.value), set()) | SIGNING.get(
        (viewer.value, state.value, level.value), set()
    )

    found = [act.value for act in shown_acts(viewer, state, level)]

    assert sorted(found) == sorted(expected)


# --- who may ask where a CCG stands -------------------------------------------------------------

# The caller → whether it may ask about 07P, which is in Y56.
MAY_POLL: dict[str, tuple[Caller, bool]] = {
    "its own system": (system("07P"), True),
    "a system of others too": (system("10T", "07P"), True),
    "its own system without the scope": (system("07P", scopes=()), False),
    "another CCG's system": (system("10T"), False),
    "the panel of its region": (person("panel", "Y56"), True),
    "a panel's system of its region": (system(scopes=("panel",), regions=("Y56",)), True),
    "a panel of another region": (person("panel", "Y57"), False),
    "an administrator of its region": (person("admin", "Y56"), False),
    "NHS England": (person("national"), True),
}


@pytest.mark.parametrize("name", list(MAY_POLL))
def test_who_may_ask_where_a_ccg_stands(name: str) -> None:
    caller, may = MAY_POLL[name]

    assert may_poll(caller, "07P", region="Y56") is may
