"""From "asked" to "final": what becomes of each message. Imports nothing of Home Assistant."""
