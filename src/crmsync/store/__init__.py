"""Remembers: links, bases, intents, cursors. The only room with a database."""

from crmsync.store.store import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
