"""Settings as operators give them: texts in the environment."""

import os
from datetime import timedelta

import pytest

from app.settings import InvalidSettings, read_settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("REGISTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("REGISTER_ENVIRONMENT", "development")


@pytest.mark.parametrize(("given", "seconds"), [("0", 0), ("5", 5), ("1.5", 1.5), ("60", 60)])
def test_the_clocks_tolerance_is_given_in_seconds(monkeypatch: pytest.MonkeyPatch, given: str, seconds: float) -> None:
    monkeypatch.setenv("REGISTER_CLOCK_TOLERANCE", given)

    assert read_settings().clock_tolerance == timedelta(seconds=seconds)


@pytest.mark.parametrize("given", ["", "soon", "nan", "1e400"])
def test_a_tolerance_that_is_no_number_says_what_it_must_be(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("REGISTER_CLOCK_TOLERANCE", given)

    with pytest.raises(InvalidSettings) as invalid:
        read_settings()

    assert invalid.value.faults == ["REGISTER_CLOCK_TOLERANCE: must be a number of seconds from 0 to 60"]


@pytest.mark.parametrize("given", ["", "*", "10.0.0.1", "10.0.0.0/8, 127.0.0.1,2001:db8::/32"])
def test_proxies_are_addresses_and_networks_or_a_star(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("REGISTER_FORWARDED_ALLOW_IPS", given)

    assert read_settings().forwarded_allow_ips == given


@pytest.mark.parametrize("wrong", ["nonsense", "http://x", "10.0.0.0/33", "10.0.0.5/8", '["10.0.0.1"]', "*.test"])
def test_proxies_that_are_no_addresses_are_named(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("REGISTER_FORWARDED_ALLOW_IPS", f"127.0.0.1,{wrong}")

    with pytest.raises(InvalidSettings) as invalid:
        read_settings()

    assert invalid.value.faults == [
        f"REGISTER_FORWARDED_ALLOW_IPS: {wrong}: must be addresses or networks with commas between them, or *"
    ]
