"""A page as PDF 1.4: panels as images, everything over and beside them as vectors, text as text in its own font.

What a page holds takes few of PDF's parts, and the font is so small that it is embedded whole; that is written here
and not by a library, because the same page must give the same bytes. Sections are those of ISO 32000-1.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from viewer3d.figures.page import Page
from viewer3d.figures.svg import line_ends, ramp_pixels
from viewer3d.render.ink import load_font, text_stroke
from viewer3d.render.marks import Align, Area, Color, DisplayList, Mark, Path, Ramp, Text
from viewer3d.render.xmp import xmp_packet

FIRST_CHAR, LAST_CHAR = 32, 255
EM = 1000
"""Widths in a PDF's font are thousandths of its size (9.2.4)."""

_SHARES: dict[Align, float] = {"left": 0.0, "middle": 0.5, "right": 1.0}


def pdf_bytes(page: Page, texts: Mapping[str, str]) -> bytes:
    """Draw a page as PDF.

    Parameters
    ----------
    page : Page
    texts : mapping of str to str
        What the file carries with it, as an XMP packet in its metadata, uncompressed.

    Returns
    -------
    bytes
        The whole file. The same page gives the same bytes: there is no date and no random number in it.
    """
    file = _File()
    drawing = _Drawing(file)
    content = drawing.page(page)
    font = _font(file)
    width, height = page.points
    stream = file.add(_stream({"Filter": "/FlateDecode"}, zlib.compress(content.encode("cp1252"))))
    images = " ".join(f"/{name} {number} 0 R" for name, number in drawing.images.items())
    states = " ".join(f"/A{share} << /CA {share / 255:.4f} /ca {share / 255:.4f} >>" for share in drawing.opacities)
    resources = f"<< /Font << /F {font} 0 R >> /XObject << {images} >> /ExtGState << {states} >> >>"
    parent = len(file.objects) + 2
    leaf = file.add(
        f"<< /Type /Page /Parent {parent} 0 R /MediaBox [0 0 {width:.4f} {height:.4f}] "
        f"/Group << /S /Transparency /CS /DeviceRGB >> /Resources {resources} /Contents {stream} 0 R >>"
    )
    pages = file.add(f"<< /Type /Pages /Kids [{leaf} 0 R] /Count 1 >>")
    metadata = file.add(_stream({"Type": "/Metadata", "Subtype": "/XML"}, xmp_packet(texts).encode()))
    return file.written(file.add(f"<< /Type /Catalog /Pages {pages} 0 R /Metadata {metadata} 0 R >>"))


class _File:
    # Numbered objects, and the table of where each begins (7.5).
    def __init__(self) -> None:
        self.objects: list[bytes] = []

    def add(self, body: str | bytes) -> int:
        self.objects.append(body.encode("cp1252") if isinstance(body, str) else body)
        return len(self.objects)

    def written(self, root: int) -> bytes:
        content = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")  # bytes above 127 say that it is no text (7.5.2)
        places = []
        for number, body in enumerate(self.objects, 1):
            places.append(len(content))
            content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start, count = len(content), len(places) + 1
        content += b"xref\n0 %d\n0000000000 65535 f \n" % count
        content += b"".join(b"%010d 00000 n \n" % place for place in places)
        content += b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, root, start)
        return bytes(content)


class _Drawing:
    # The operators of a page (annex A), and the images and opacities they name.
    def __init__(self, file: _File) -> None:
        self._file = file
        self._widths = _widths()
        self.images: dict[str, int] = {}
        self.opacities: list[int] = []

    def page(self, page: Page) -> str:
        width, height = page.size
        scale = page.points[0] / width
        # From here on units are pixels and down is down, as in marks.
        rows = [f"{scale:.6f} 0 0 {-scale:.6f} 0 {page.points[1]:.4f} cm"]
        if page.ground is not None:
            rows.append(f"{_rgb(page.ground)} rg 0 0 {width} {height} re f")
        for panel in page.panels:
            rect = panel.rect
            rows.append(f"q {rect.left} {rect.top} {rect.width} {rect.height} re W n")
            rows.append(self._image(panel.pixels, rect.left, rect.top, rect.width, rect.height))
            rows += [*self._marks(panel.marks, rect.left, rect.top), "Q"]
        rows += self._marks(page.marks, 0, 0)
        return "\n".join(rows)

    def _marks(self, marks: DisplayList, left: int, top: int) -> list[str]:
        # Whole numbers are pixel centres in marks, and edges of pixels here.
        return [f"q 1 0 0 1 {left + 0.5:g} {top + 0.5:g} cm", *(self._mark(mark) for mark in marks), "Q"]

    def _mark(self, mark: Mark) -> str:
        if isinstance(mark, Text):
            return self._text(mark)
        if isinstance(mark, Ramp):
            return self._image(ramp_pixels(mark), mark.left - 0.5, mark.top - 0.5, mark.width, mark.height)
        opacity = round(255 * mark.opacity)
        if opacity not in self.opacities:
            self.opacities.append(opacity)
        if isinstance(mark, Area):
            return f"q /A{opacity} gs {_rgb(mark.color)} rg {_points(mark.points)} h f Q"
        if isinstance(mark, Path):
            points, close, join = _points(mark.points), "s" if mark.closed else "S", " 1 j"
        else:
            x0, y0, x1, y1 = line_ends(mark)
            points, close, join = _points(((x0, y0), (x1, y1))), "S", ""
        return f"q /A{opacity} gs {_rgb(mark.color)} RG {mark.width} w{join} {points} {close} Q"

    def _text(self, mark: Text) -> str:
        code = mark.text.encode("cp1252", "replace")
        width = sum(self._widths[byte] for byte in code) * mark.size / EM
        x = mark.x - _SHARES[mark.align] * width
        shown = f"/F {mark.size} Tf 1 0 0 -1 {x:.3f} {mark.y:.3f} Tm {_literal(code)} Tj ET"
        text = f"BT 0 Tr {_rgb(mark.color)} rg {shown}"
        if mark.outline is None:
            return f"q {text} Q"
        # The outline is drawn as text of its own, which stands for no text when it is searched or copied (14.9.4).
        pen = f"{_rgb(mark.outline)} RG {2 * text_stroke(mark.size)} w 1 j"
        return f"q {pen} /Span << /ActualText () >> BDC BT 1 Tr {shown} EMC {text} Q"

    def _image(self, pixels: NDArray[np.uint8], x: float, y: float, width: int, height: int) -> str:
        name = f"I{len(self.images)}"
        self.images[name] = self._file.add(_image(pixels))
        return f"q {width} 0 0 {-height} {x:g} {y + height:g} cm /{name} Do Q"


def _image(pixels: NDArray[np.uint8]) -> bytes:
    rows, columns = pixels.shape[:2]
    grey = bool((pixels[..., :1] == pixels).all())
    about = {
        "Type": "/XObject",
        "Subtype": "/Image",
        "Width": columns,
        "Height": rows,
        "ColorSpace": "/DeviceGray" if grey else "/DeviceRGB",
        "BitsPerComponent": 8,
        "Filter": "/FlateDecode",
    }
    return _stream(about, zlib.compress((pixels[..., 0] if grey else pixels).tobytes()))


def _font(file: _File) -> int:
    # A simple TrueType font (9.6.3), whole: its 13 KB are less than a library to make a part of it.
    content = load_font(EM).font_bytes
    ascent, descent = load_font(EM).getmetrics()
    widths = _widths()
    code = file.add(_stream({"Length1": len(content), "Filter": "/FlateDecode"}, zlib.compress(content)))
    descriptor = file.add(
        f"<< /Type /FontDescriptor /FontName /Aileron-Regular /Flags 32 /FontBBox [-200 {-descent} 1200 {ascent}] "
        f"/ItalicAngle 0 /Ascent {ascent} /Descent {-descent} /CapHeight 710 /StemV 80 /FontFile2 {code} 0 R >>"
    )
    return file.add(
        "<< /Type /Font /Subtype /TrueType /BaseFont /Aileron-Regular /Encoding /WinAnsiEncoding "
        f"/FirstChar {FIRST_CHAR} /LastChar {LAST_CHAR} /FontDescriptor {descriptor} 0 R "
        f"/Widths [{' '.join(str(width) for width in widths[FIRST_CHAR:])}] >>"
    )


def _widths() -> list[int]:
    # Of all bytes in WinAnsiEncoding, which is Windows code page 1252.
    font = load_font(EM)
    return [round(font.getlength(bytes([code]).decode("cp1252", "replace"))) for code in range(LAST_CHAR + 1)]


def _stream(about: Mapping[str, object], content: bytes) -> bytes:
    entries = " ".join(f"/{key} {value}" for key, value in {**about, "Length": len(content)}.items())
    return b"<< %s >>\nstream\n%s\nendstream" % (entries.encode(), content)


def _literal(code: bytes) -> str:
    text = code.decode("cp1252")
    for sign in ("\\", "(", ")"):
        text = text.replace(sign, f"\\{sign}")
    return f"({text})"


def _points(points: tuple[tuple[float, float], ...]) -> str:
    (x, y), *rest = points
    return " ".join([f"{x:.3f} {y:.3f} m", *(f"{x:.3f} {y:.3f} l" for x, y in rest)])


def _rgb(color: Color) -> str:
    return " ".join(f"{value / 255:.4f}".rstrip("0").rstrip(".") for value in color)
