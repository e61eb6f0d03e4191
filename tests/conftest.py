"""Its place makes the helper modules beside it (`realdata`) importable from every test. No fixtures live here."""
