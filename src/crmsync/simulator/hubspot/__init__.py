"""A local HubSpot portal: contacts, companies, owners, properties, search, associations, batches."""
