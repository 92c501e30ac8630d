"""Tests of the state machine of alerts. They need no Home Assistant."""
