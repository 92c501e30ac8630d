"""Tests of texting/inbound."""
