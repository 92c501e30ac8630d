"""Messages from queued to done: sending, retrying, tracking and storing them. Imports nothing of Home Assistant."""
