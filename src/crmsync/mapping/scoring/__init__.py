"""Scores: fit and interest as pure functions of evidence and time."""
