"""Speaks HubSpot. `hubspot_connector` is the way in; nothing here knows Salesforce."""

from crmsync.connectors.hubspot.client import HubSpotSettings
from crmsync.connectors.hubspot.connector import hubspot_connector

__all__ = ["HubSpotSettings", "hubspot_connector"]
