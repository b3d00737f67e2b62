"""A page as PDF 1.4: panels as images, marks as vectors, text as text in embedded fonts.

What a page holds takes few of PDF's parts; they are written here and not by a library, because the same page must give
the same bytes. Sections are those of ISO 32000-1.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from viewer3d.figures.pages.page import Page
from viewer3d.figures.pages.pdf_file import PdfFile, pdf_stream, pdf_text
from viewer3d.figures.pages.pdf_fonts import EM, PdfFonts
from viewer3d.figures.pages.vectors import line_ends, ramp_pixels, without_channels
from viewer3d.recipes.record import ALT_KEY, TITLE_KEY
from viewer3d.recipes.xmp import xmp_packet
from viewer3d.render.marks.display_list import Area, Color, DisplayList, Mark, Path, Ramp, Text
from viewer3d.render.marks.fonts import Font
from viewer3d.render.marks.raster import SHARES, text_stroke
from viewer3d.render.marks.typesetting import typeset


def pdf_bytes(page: Page, texts: Mapping[str, str]) -> bytes:
    """Draw a page as PDF.

    Parameters
    ----------
    page : Page
    texts : mapping of str to str
        What the file carries with it, as an XMP packet in its metadata, uncompressed. With an alternative text among
        them it is a tagged PDF (14.8): all that is drawn is one figure with that text.

    Returns
    -------
    bytes
        The whole file. The same page gives the same bytes: there is no date and no random number in it.
    """
    file, fonts = PdfFile(), PdfFonts(page.texts)
    drawing, is_tagged = _Drawing(file, fonts), ALT_KEY in texts
    content = drawing.page(page, is_tagged=is_tagged)
    font_names = fonts.write(file)
    width, height = page.points
    stream = file.add(pdf_stream({"Filter": "/FlateDecode"}, zlib.compress(content.encode("cp1252"))))
    images = " ".join(f"/{name} {number} 0 R" for name, number in drawing.images.items())
    states = " ".join(f"/A{share} << /CA {share / 255:.4f} /ca {share / 255:.4f} >>" for share in drawing.opacities)
    resources = f"<< /Font << {font_names} >> /XObject << {images} >> /ExtGState << {states} >> >>"
    parent = len(file.objects) + 2
    leaf = file.add(
        f"<< /Type /Page /Parent {parent} 0 R /MediaBox [0 0 {width:.4f} {height:.4f}] "
        f"/Group << /S /Transparency /CS /DeviceRGB >> /Resources {resources} /Contents {stream} 0 R"
        f"{' /StructParents 0 /Tabs /S' if is_tagged else ''} >>"
    )
    pages = file.add(f"<< /Type /Pages /Kids [{leaf} 0 R] /Count 1 >>")
    metadata = file.add(pdf_stream({"Type": "/Metadata", "Subtype": "/XML"}, xmp_packet(texts).encode()))
    about, info = f"/Pages {pages} 0 R /Metadata {metadata} 0 R", 0
    if is_tagged:
        about += f" {_structure(file, leaf, page, texts[ALT_KEY])}"
        info = file.add(f"<< /Title {pdf_text(texts.get(TITLE_KEY, ''))} >>")
    return file.written(file.add(f"<< /Type /Catalog {about} >>"), info)


def _structure(file: PdfFile, leaf: int, page: Page, alt: str) -> str:
    """Add the structure of a page that is one figure (14.7.2), and return the catalog's entries for it."""
    width, height = page.points
    figure = file.add(
        f"<< /Type /StructElem /S /Figure /P {len(file.objects) + 2} 0 R /Pg {leaf} 0 R /K 0 /Alt {pdf_text(alt)} "
        f"/A << /O /Layout /Placement /Block /BBox [0 0 {width:.4f} {height:.4f}] >> >>"
    )
    document = file.add(f"<< /Type /StructElem /S /Document /P {figure + 2} 0 R /K [{figure} 0 R] >>")
    tree = file.add(
        f"<< /Type /StructTreeRoot /K [{document} 0 R] /ParentTree << /Nums [0 [{figure} 0 R]] >> "
        "/ParentTreeNextKey 1 >>"
    )
    return (
        f"/StructTreeRoot {tree} 0 R /MarkInfo << /Marked true >> /Lang (en) "
        "/ViewerPreferences << /DisplayDocTitle true >>"
    )


class _Drawing:
    # The operators of a page (annex A), and the images and opacities they name.
    def __init__(self, file: PdfFile, fonts: PdfFonts) -> None:
        self._file = file
        self._fonts = fonts
        self._sized_font = cache(Font.sized)
        self.images: dict[str, int] = {}
        self.opacities: list[int] = []

    def page(self, page: Page, *, is_tagged: bool) -> str:
        width, height = page.size
        scale = page.points[0] / width
        # From here on units are pixels and down is down, as in marks.
        rows = [f"{scale:.6f} 0 0 {-scale:.6f} 0 {page.points[1]:.4f} cm"]
        if page.ground is not None:
            ground = f"{_rgb(page.ground)} rg 0 0 {width} {height} re f"
            rows.append(f"/Artifact BMC {ground} EMC" if is_tagged else ground)
        rows += ["/Figure << /MCID 0 >> BDC"] if is_tagged else []
        for panel in page.panels:
            rect = panel.rect
            rows.append(f"q {rect.left} {rect.top} {rect.width} {rect.height} re W n")
            rows.append(self._image(panel.pixels, rect.left, rect.top, rect.width, rect.height))
            rows += [*self._marks(panel.marks, rect.left, rect.top), "Q"]
        rows += [*self._marks(page.marks, 0, 0), *(["EMC"] if is_tagged else [])]
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
        line = typeset(mark.text, EM, self._sized_font)
        scale, left = mark.size / EM, mark.x - SHARES[mark.align] * line.width * mark.size / EM
        runs = []
        for run in line.runs:
            font, shown = self._fonts.shown(run, mark.size)
            place = f"{left + scale * run.x:.3f} {mark.y + scale * run.y:.3f}"
            runs.append(f"{font} 1 0 0 -1 {place} Tm {shown}")
        shown = " ".join((*runs, "ET"))
        text = f"BT 0 Tr {_rgb(mark.color)} rg {shown}"
        if mark.outline is None:
            return f"q {text} Q"
        # The outline is drawn as a second text, which is empty when it is searched or copied (14.9.4).
        pen = f"{_rgb(mark.outline)} RG {2 * text_stroke(mark.size)} w 1 j"
        return f"q {pen} /Span << /ActualText () >> BDC BT 1 Tr {shown} EMC {text} Q"

    def _image(self, pixels: NDArray[np.uint8], x: float, y: float, width: int, height: int) -> str:
        name = f"I{len(self.images)}"
        self.images[name] = self._file.add(_image(pixels))
        return f"q {width} 0 0 {-height} {x:g} {y + height:g} cm /{name} Do Q"


def _image(pixels: NDArray[np.uint8]) -> bytes:
    pixels = without_channels(pixels)
    rows, columns = pixels.shape[:2]
    about = {
        "Type": "/XObject",
        "Subtype": "/Image",
        "Width": columns,
        "Height": rows,
        "ColorSpace": "/DeviceGray" if pixels.ndim == 2 else "/DeviceRGB",
        "BitsPerComponent": 8,
        "Filter": "/FlateDecode",
    }
    return pdf_stream(about, zlib.compress(pixels.tobytes()))


def _points(points: tuple[tuple[float, float], ...]) -> str:
    (x, y), *rest = points
    return " ".join([f"{x:.3f} {y:.3f} m", *(f"{x:.3f} {y:.3f} l" for x, y in rest)])


def _rgb(color: Color) -> str:
    return " ".join(f"{value / 255:.4f}".rstrip("0").rstrip(".") for value in color)
