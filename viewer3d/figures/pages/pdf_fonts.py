"""The fonts of a PDF, so that its text can be selected and searched (ISO 32000-1).

Aileron is a simple font, whole: its 13 KB are less than a library to make a part of it. Of other fonts a page carries
the letters that it shows, as a composite font, which has any number of them.
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from viewer3d.figures.pages.font_subsets import letters_of, subset
from viewer3d.figures.pages.pdf_file import PdfFile, pdf_literal, pdf_stream
from viewer3d.render.marks.fonts import AILERON, Font
from viewer3d.render.marks.typesetting import Run

EM = 1000
"""Widths in a PDF's font are thousandths of its size (9.2.4)."""

FIRST_CHAR, LAST_CHAR = 32, 255

MOST_MAPPED = 100
"""Letters in one part of a map to Unicode (Adobe Technical Note 5014, 7.5)."""

_MAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{parts}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


class PdfFonts:
    """The fonts of a page, by the names that its text uses.

    Parameters
    ----------
    texts : iterable of str
        All that is written on the page.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._parts = {font: _Part.of(font, letters) for font, letters in letters_of(texts).items()}
        self._names = {AILERON: "/F"} | {font: f"/F{number}" for number, font in enumerate(self._parts, 1)}

    def shown(self, run: Run, size: int) -> tuple[str, str]:
        """Return the operators that choose a run's font and that show its text."""
        chosen = f"{self._names[run.font]} {size} Tf"
        if run.font == AILERON:
            return chosen, f"{pdf_literal(run.text)} Tj"
        numbers = self._parts[run.font].numbers
        return chosen, f"<{''.join(f'{numbers[letter]:04X}' for letter in run.text)}> Tj"

    def write(self, file: PdfFile) -> str:
        """Add the fonts to a file, and return the entries of the page's resources."""
        numbers = {AILERON: _simple_font(file)} | {font: part.write(file) for font, part in self._parts.items()}
        return " ".join(f"{self._names[font]} {number} 0 R" for font, number in numbers.items())


@dataclass(frozen=True)
class _Part:
    # A subset of a font: its file, the glyph number (CID, 9.7.4) of each letter and the widths by number.
    content: bytes
    is_truetype: bool
    name: str
    numbers: dict[str, int]
    widths: dict[int, int]
    heights: tuple[int, int]

    @classmethod
    def of(cls, font: Font, letters: str) -> _Part:
        from fontTools.ttLib import TTFont  # noqa: PLC0415 (see subset)

        content = subset(font, letters)
        # The tag of a subset is six letters (9.6.4).
        digest = hashlib.sha256(content).digest()
        tag = "".join(chr(ord("A") + byte % 26) for byte in digest[:6])
        with TTFont(io.BytesIO(content), lazy=True) as tables:
            name = re.sub("[^A-Za-z0-9-]", "", str(tables["name"].getDebugName(6)))
            scale, glyphs, widths = EM / tables["head"].unitsPerEm, tables.getBestCmap(), tables["hmtx"]
            is_truetype = "glyf" in tables
            # In CFF that is keyed by CID glyphs keep their numbers, else they are counted (9.7.4.2).
            is_keyed = not is_truetype and hasattr(tables["CFF "].cff.topDictIndex[0], "ROS")
            numbers = {
                letter: int(glyphs[ord(letter)][3:]) if is_keyed else tables.getGlyphID(glyphs[ord(letter)])
                for letter in letters
            }
            wide = {numbers[letter]: round(scale * widths[glyphs[ord(letter)]][0]) for letter in letters}
            heights = round(scale * tables["hhea"].ascent), round(scale * tables["hhea"].descent)
            if not is_truetype:
                content = tables.reader["CFF "]
        return cls(content, is_truetype, f"{tag}+{name}", numbers, wide, heights)

    def write(self, file: PdfFile) -> int:
        above, below = self.heights
        packed, filtered = zlib.compress(self.content), {"Filter": "/FlateDecode"}
        about = {"Length1": len(self.content)} if self.is_truetype else {"Subtype": "/CIDFontType0C"}
        code = file.add(pdf_stream({**about, **filtered}, packed))
        descriptor = file.add(
            f"<< /Type /FontDescriptor /FontName /{self.name} /Flags 4 /FontBBox [-1000 {below} 2000 {above}] "
            f"/ItalicAngle 0 /Ascent {above} /Descent {below} /CapHeight 714 /StemV 80 "
            f"/FontFile{'2' if self.is_truetype else '3'} {code} 0 R >>"
        )
        kind, glyphs = ("2", " /CIDToGIDMap /Identity") if self.is_truetype else ("0", "")
        widths = " ".join(f"{number} [{width}]" for number, width in sorted(self.widths.items()))
        inner = file.add(
            f"<< /Type /Font /Subtype /CIDFontType{kind} /BaseFont /{self.name}{glyphs} "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} 0 R /W [{widths}] >>"
        )
        unicode = file.add(pdf_stream(filtered, zlib.compress(self._to_unicode().encode())))
        return file.add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{self.name} /Encoding /Identity-H "
            f"/DescendantFonts [{inner} 0 R] /ToUnicode {unicode} 0 R >>"
        )

    def _to_unicode(self) -> str:
        # The letter of each glyph number (9.10.3); where two letters share a glyph, the first.
        letters = {number: letter for letter, number in reversed(self.numbers.items())}
        rows = [f"<{number:04X}> <{letters[number].encode('utf-16-be').hex().upper()}>" for number in sorted(letters)]
        parts = [rows[first : first + MOST_MAPPED] for first in range(0, len(rows), MOST_MAPPED)]
        return _MAP.format(parts="\n".join("\n".join((f"{len(one)} beginbfchar", *one, "endbfchar")) for one in parts))


def _simple_font(file: PdfFile) -> int:
    # A simple TrueType font (9.6.3).
    font = AILERON.sized(EM)
    content = font.font_bytes
    ascent, descent = font.getmetrics()
    # Of all bytes in WinAnsiEncoding, which is Windows code page 1252.
    widths = [round(font.getlength(bytes([code]).decode("cp1252", "replace"))) for code in range(LAST_CHAR + 1)]
    code = file.add(pdf_stream({"Length1": len(content), "Filter": "/FlateDecode"}, zlib.compress(content)))
    descriptor = file.add(
        f"<< /Type /FontDescriptor /FontName /Aileron-Regular /Flags 32 /FontBBox [-200 {-descent} 1200 {ascent}] "
        f"/ItalicAngle 0 /Ascent {ascent} /Descent {-descent} /CapHeight 710 /StemV 80 /FontFile2 {code} 0 R >>"
    )
    return file.add(
        "<< /Type /Font /Subtype /TrueType /BaseFont /Aileron-Regular /Encoding /WinAnsiEncoding "
        f"/FirstChar {FIRST_CHAR} /LastChar {LAST_CHAR} /FontDescriptor {descriptor} 0 R "
        f"/Widths [{' '.join(str(width) for width in widths[FIRST_CHAR:])}] >>"
    )
