"""Helpers of the tests. README.md describes each module."""
