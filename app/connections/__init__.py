"""Connections of callers: how requests arrive, and which connections are given up if there are too many."""
