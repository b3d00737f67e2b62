"""Figures of segmentations and structure sets over volumes."""
