"""Names in filters that there are not."""

import pytest

from app.rules.filters import Asked, UnknownName, UnknownNames, check_known

KNOWN = ["2016-17", "2015-16"]


def test_names_that_there_are_pass() -> None:
    check_known(Asked("round", ["2015-16"], KNOWN), Asked("region", [], {"Y56": "London"}))


def test_every_name_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UnknownNames) as refused:
        check_known(Asked("round", ["nowhere", "2015-16", "later"], KNOWN), Asked("region", ["Y99"], {"Y56": "London"}))

    assert refused.value.unknown == (
        UnknownName("round", "later", ("2015-16", "2016-17")),
        UnknownName("round", "nowhere", ("2015-16", "2016-17")),
        UnknownName("region", "Y99", ("Y56",)),
    )
    assert str(refused.value) == "later, nowhere, Y99"
