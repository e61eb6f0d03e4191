"""Keeps HubSpot and Salesforce in agreement about people."""

__version__ = "0.1.0"
