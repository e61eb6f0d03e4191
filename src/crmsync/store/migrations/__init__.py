"""How a store's schema grew, one step a file. Steps are never edited once released."""
