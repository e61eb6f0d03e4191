"""Speaks Salesforce. `salesforce_connector` is the way in; nothing here knows HubSpot."""

from crmsync.connectors.salesforce.connector import salesforce_connector
from crmsync.connectors.salesforce.session import SalesforceSettings

__all__ = ["SalesforceSettings", "salesforce_connector"]
