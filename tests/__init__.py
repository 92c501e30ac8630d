"""Tests of the texting integration."""
