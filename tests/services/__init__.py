"""Tests of texting/services."""
