"""The state machine of alerts: text people in steps until somebody takes care. No Home Assistant in it."""
