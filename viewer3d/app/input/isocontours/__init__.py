"""Isocontours by hand: regions that are grown in a sphere, and the thresholds that decide them."""
