"""A simulated HubSpot."""
