"""Reads the admin's files into the frozen typed objects of the mapping layer, with file and line."""
