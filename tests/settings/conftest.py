"""A person's file of settings for a test."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

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


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], Path]:
    """Return what writes the person's file, or takes it away with None."""
    path, times = tmp_path / "own" / "settings.toml", count(1)

    def write(text: str | None = OWN) -> Path:
        path.parent.mkdir(exist_ok=True)
        if text is None:
            path.unlink(missing_ok=True)
            monkeypatch.setenv("VIEWER3D_SETTINGS", "")
            return path
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(now := next(times), now))
        monkeypatch.setenv("VIEWER3D_SETTINGS", str(path))
        return path

    return write
