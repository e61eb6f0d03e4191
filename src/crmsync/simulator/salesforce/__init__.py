"""A simulated Salesforce."""
