"""Doses of radiotherapy: what a plan prescribes, and levels of a dose in Gy and in percent."""
