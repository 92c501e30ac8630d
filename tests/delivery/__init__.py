"""From asked to final."""
