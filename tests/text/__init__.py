"""Tests of the pure functions on texts."""
