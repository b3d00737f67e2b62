"""The desktop window: what it shows, and its panel of series."""
