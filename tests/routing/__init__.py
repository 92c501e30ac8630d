"""Tests of texting/routing."""
