"""A route and the accounts it sends through."""
