"""Fields: the map of each, its transform with the inverse, its picklist map."""
