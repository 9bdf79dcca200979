"""Which of two statements about a body counts."""

from dataclasses import replace
from datetime import date

from app.rules.bodies import SaidBy, Statement
from app.rules.statements import differences_in, newly_said

OPENED, LAST_DAY = date(2013, 4, 1), date(2018, 3, 31)
OLD = Statement(
    "10T",
    SaidBy.OWN,
    OPENED,
    date(2018, 3, 1),
    name="NHS Slough CCG",
    ons_code="E38000148",
    opened_on=OPENED,
    closed_on=LAST_DAY,
    successor="15D",
    differences=("never closed",),
)
NEW = replace(OLD, as_at=date(2019, 1, 1), name="NHS New CCG", ons_code=None, closed_on=None, successor=None)
NEW = replace(NEW, differences=())
BOTH = replace(OLD, as_at=NEW.as_at, name="NHS New CCG")


def test_of_two_about_the_same_the_newer_counts_filled_by_the_older_in_either_order() -> None:
    assert newly_said({OLD.key: OLD}, [NEW], ()) == {OLD.key: BOTH}
    assert newly_said({NEW.key: NEW}, [OLD], ()) == {OLD.key: BOTH}


def test_what_was_said_before_is_not_said_anew() -> None:
    assert newly_said({BOTH.key: BOTH}, [OLD, NEW, BOTH], ()) == {}


def test_a_correction_that_names_no_end_takes_it_away_and_only_a_newer_file_brings_one() -> None:
    [corrected] = newly_said({OLD.key: OLD}, [NEW], {"10T"}).values()
    later = date(2023, 1, 1)

    [silent] = newly_said({OLD.key: corrected}, [replace(NEW, as_at=later)], ()).values()
    [told] = newly_said({OLD.key: corrected}, [replace(OLD, as_at=later)], ()).values()

    assert corrected == replace(BOTH, closed_on=None, successor=None, is_correction=True)
    assert newly_said({OLD.key: corrected}, [OLD], ()) == {}
    assert silent == replace(corrected, as_at=later)
    assert told == replace(BOTH, as_at=later, name=OLD.name)


def test_a_correction_of_an_older_file_counts_too() -> None:
    [corrected] = newly_said({NEW.key: NEW}, [OLD], {"10T"}).values()

    assert corrected == replace(OLD, is_correction=True)


def test_a_new_correction_takes_the_place_of_earlier_ones() -> None:
    ods = Statement("10T", SaidBy.ODS, date(2020, 1, 1), date(2020, 1, 1), name="X", opened_on=OPENED)
    earlier = replace(ods, is_correction=True)

    assert newly_said({ods.key: earlier}, [OLD], {"10T"}) == {
        ods.key: ods,
        OLD.key: replace(OLD, is_correction=True),
    }
    assert newly_said({ods.key: earlier}, [OLD], ()) == {OLD.key: OLD}


def test_differences_of_a_body_are_put_together_whoever_says_nothing_of_them() -> None:
    other = replace(OLD, valid_from=date(2014, 1, 1), differences=("opened on 2014-01-01",))

    assert differences_in([OLD, other, NEW]) == {"10T": {"never closed", "opened on 2014-01-01"}}
