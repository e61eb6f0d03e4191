"""Remembers: links, bases, intents, cursors. The only room with a database."""
