"""Keeps cycles running: the daemon and its signals."""
