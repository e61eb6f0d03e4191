"""Outcomes: what sales learned, as marketing reads it."""
