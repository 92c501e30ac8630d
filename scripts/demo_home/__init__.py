"""A home to look at: Home Assistant with five accounts, set up against simulated gateways."""
