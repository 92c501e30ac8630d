"""The dialogs that config_flow.py is built from: forms, options, routes, recipients, keywords and purchases."""
