"""Tests of alerts in a whole home, with the simulated providers."""
