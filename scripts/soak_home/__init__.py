"""Kill a home repeatedly while it sends and gets messages, and count the outcome of each message."""
