"""The register's own data files; ``README.md`` beside them says where they come from."""

from pathlib import Path

ORGANISATIONS = Path(__file__).parent / "organisations.csv"
ORGANISATION_EVENTS = Path(__file__).parent / "organisation_events.csv"
PAST_ROUNDS = Path(__file__).parent / "past_rounds.csv"
KNOWN_ROUNDS = Path(__file__).parent / "known_rounds.csv"
REPORTED_TOTALS = Path(__file__).parent / "reported_totals.csv"
