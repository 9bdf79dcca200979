"""The schema's history, numbered; run through ``app.records.migrations``."""
