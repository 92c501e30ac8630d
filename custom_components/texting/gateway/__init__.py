"""The SMS gateways: one message model, one interface, a module a provider. Imports nothing of Home Assistant."""
