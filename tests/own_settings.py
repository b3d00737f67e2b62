"""A person's file of settings for tests."""

from __future__ import annotations

OWN = """\
[[windows]]
name = "my-lung"
center = -550
width = 1600
function = "SIGMOID"
unit = "HU"
digit = 2

[[windows]]
name = "flair"
low = 10
high = 900
modality = "MR"

[[windows]]
name = "most"
high = 97.5
unit = "percentile"
digit = 9

[[transfer_functions]]
name = "my-bone"
scale = "HU"
specular = 0.3
points = [[150, "#7a3b2a", 0.0], [600, "#20c040", 0.8], [3000, "#ffffff", 1]]

[[transfer_functions]]
name = "my-mip"
scale = "percentile"
blend = "maximum"
points = [[10, "#000000", 0.0], [97, "#c0c0c0", 0.9], [100, "#ffffff", 1]]

[[colors]]
name = "fire"
colors = ["#000000", "#ff0000", "#ffffff"]
"""
