"""Flood the webhooks of a home with genuine calls and garbage, and count the outcome of each call."""
