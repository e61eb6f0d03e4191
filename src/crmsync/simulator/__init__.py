"""Local HubSpot and Salesforce for the demo, the tests and the benchmarks. Imports nothing else of crmsync."""
