"""Kill a home repeatedly while it sends messages, and count the outcome of each message."""
