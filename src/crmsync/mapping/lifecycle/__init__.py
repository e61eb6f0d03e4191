"""Lifecycle: the transition table over evidence."""
