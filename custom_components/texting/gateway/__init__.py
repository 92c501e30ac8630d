"""The SMS providers behind one interface. Imports nothing of Home Assistant."""
