"""Measurements: what things cost. Never part of the tests."""
