"""Explains and reports from the store. Reads only."""
