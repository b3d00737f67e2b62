"""Make viewer3d/render/marks/font_files/NotoSans.ttf of the fonts that Noto publishes: python make_font.py FOLDER.

FOLDER holds NotoSans-Regular.ttf (2.004 was taken) and NotoSansMath-Regular.ttf (2.001); Debian has both in the package
fonts-noto-core. Of the first all letters are kept, of the second arrows and operators; instructions for hinting are
left out, because FreeType hints small sizes better without (and they take 140 KB), and so are the tables for layout,
which the basic layout does not read.
"""

from __future__ import annotations

import sys
import tempfile
import unicodedata
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter, load_font, save_font

import viewer3d

TARGET = Path(viewer3d.__file__).parent / "render/fonts/NotoSans.ttf"

ARROWS_AND_OPERATORS = range(0x2190, 0x2300)

SHAPELESS = ("Cc", "Cf", "Cn", "Co", "Zl", "Zp")
"""Kinds of characters that have no shape of their own."""

STAND_INS = "\ufffc\ufffd"
"""Are drawn as boxes and mean that something is not here."""


def part_of(source: Path, target: Path, wanted: range) -> Path:
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["GDEF", "GPOS", "GSUB", "DSIG", "gasp", "MATH"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.notdef_outline = True
    options.glyph_names = False
    font = load_font(str(source), options)
    letters = {code for code in font.getBestCmap() if code in wanted and chr(code) not in STAND_INS}
    subsetter = Subsetter(options)
    subsetter.populate(unicodes={code for code in letters if unicodedata.category(chr(code)) not in SHAPELESS})
    subsetter.subset(font)
    save_font(font, str(target), options)
    return target


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        parts = [
            part_of(folder / "NotoSans-Regular.ttf", Path(scratch, "a.ttf"), range(0x110000)),
            part_of(folder / "NotoSansMath-Regular.ttf", Path(scratch, "b.ttf"), ARROWS_AND_OPERATORS),
        ]
        heights = load_font(str(parts[0]), Options())
        font = Merger().merge([str(part) for part in parts])
        for name in ("ascent", "descent", "lineGap"):  # the operators' are larger, and no line has them alone
            setattr(font["hhea"], name, getattr(heights["hhea"], name))
        font["head"].modified = font["head"].created
        font.recalcTimestamp = False
        font.save(TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes, {len(font.getBestCmap()):,} letters")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
