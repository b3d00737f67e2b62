"""Fonts as a system might have them."""

from __future__ import annotations

from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from viewer3d.render.marks.fonts import WIDER


def stand_in(folder: Path, name: str, letters: str, **changes: int) -> Path:
    """Make a font: Noto Sans with few letters, and others that all look like its W."""
    font = TTFont(WIDER.path)
    cmap = font.getBestCmap()
    subsetter = Subsetter(Options())
    subsetter.populate(unicodes=[*range(0x20, 0x7F), 0xE4])
    subsetter.subset(font)
    for table in font["cmap"].tables:
        table.cmap |= {ord(letter): cmap[ord("W")] for letter in letters}
    for field, value in changes.items():
        setattr(font["OS/2"], field, value)
    folder.mkdir(parents=True, exist_ok=True)
    font.save(folder / name)
    return folder / name
