"""Programs around the integration: the demo, what sending costs, what the README tells."""
