"""The verb about a person's own settings."""
