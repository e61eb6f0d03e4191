"""Runs one cycle: read, observe, link, plan, guard, journal, apply, close; and recovers."""
