"""Other people's clients of these platforms, run against the simulator. See `scripts/foreign`."""
