"""TheSMSPoint: its API v1, https://thesmspoint.com/api/v1/{command}."""
