"""JSON for machines: one router for each noun; the only floor that knows HTTP statuses."""
