"""The dialogs that config_flow.py is built from: forms, options, routes, alerts, recipients, keywords and purchases."""
