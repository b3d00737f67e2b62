"""Figures of what a person marked in a view."""
