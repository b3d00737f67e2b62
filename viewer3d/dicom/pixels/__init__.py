"""Pixel data to arrays of modality values."""
