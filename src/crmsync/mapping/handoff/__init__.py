"""Handoff: boxes, routes and clocks."""
