"""A home that is killed again and again while it texts, and a count of what became of every message."""
