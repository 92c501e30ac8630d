"""A demo: Home Assistant with five accounts at simulated providers."""
