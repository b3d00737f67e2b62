"""A page as SVG 1.1: panels as embedded PNG, marks as vectors, text as text."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer3d.figures.pages.font_subsets import letters_of, subset
from viewer3d.figures.pages.page import Page
from viewer3d.figures.pages.vectors import line_ends, ramp_pixels, without_channels
from viewer3d.recipes.record import ALT_KEY, TITLE_KEY
from viewer3d.recipes.xmp import xmp_packet
from viewer3d.render.marks.display_list import Align, Area, Color, DisplayList, Mark, Path, Ramp, Text
from viewer3d.render.marks.fonts import AILERON, Font
from viewer3d.render.marks.raster import text_stroke
from viewer3d.render.marks.typesetting import drawable_text, font_spans

_OTHER_FONTS = "Helvetica, Arial, sans-serif"
"""Fonts for programs that do not read those in the file."""

_ANCHORS: dict[Align, str] = {"left": "start", "middle": "middle", "right": "end"}


def svg_bytes(page: Page, texts: Mapping[str, str]) -> bytes:
    """Draw a page as SVG.

    Parameters
    ----------
    page : Page
    texts : mapping of str to str
        What the file carries with it, as an XMP packet in its metadata; its title and alternative text also as
        elements that browsers and screen readers find.

    Returns
    -------
    bytes
        The whole file, UTF-8. The same page gives the same bytes.
    """
    width, height = page.size
    points = page.points
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "xmlns:xlink": "http://www.w3.org/1999/xlink",
            "width": f"{_number(points[0])}pt",
            "height": f"{_number(points[1])}pt",
            "viewBox": f"0 0 {width} {height}",
            "font-family": f"Aileron, {_OTHER_FONTS}",
        },
    )
    if ALT_KEY in texts:
        root.set("role", "img")  # the letters in it are a part of the picture
        SubElement(root, "title").text = texts.get(TITLE_KEY, "")
        SubElement(root, "desc").text = texts[ALT_KEY]
    metadata = SubElement(root, "metadata")
    metadata.text = "\0"  # the packet is XML already: put in its place when all is written
    SubElement(root, "style").text = _font_faces(page.texts)
    if page.ground is not None:
        SubElement(root, "rect", {"width": str(width), "height": str(height), "fill": _hex(page.ground)})
    for number, panel in enumerate(page.panels):
        rect = panel.rect
        box = {"width": str(rect.width), "height": str(rect.height)}
        clip = SubElement(root, "clipPath", {"id": f"panel{number}"})
        SubElement(clip, "rect", box)
        group = SubElement(
            root, "g", {"transform": f"translate({rect.left} {rect.top})", "clip-path": f"url(#panel{number})"}
        )
        SubElement(group, "image", {**box, "xlink:href": _png(panel.pixels)})
        _draw(group, panel.marks)
    _draw(root, page.marks)
    text = ElementTree.tostring(root, encoding="unicode").replace("\0", f"\n{xmp_packet(texts)}\n")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _draw(parent: Element, marks: DisplayList) -> None:
    # Whole numbers are pixel centres in marks, and edges of pixels in SVG.
    group = SubElement(parent, "g", {"transform": "translate(0.5 0.5)"})
    for mark in marks:
        _draw_mark(group, mark)


def _draw_mark(group: Element, mark: Mark) -> None:
    if isinstance(mark, Text):
        _draw_text(group, mark)
    elif isinstance(mark, Area):
        filling = {"fill": _hex(mark.color), "fill-opacity": _number(mark.opacity)}
        SubElement(group, "polygon", {"points": _points(mark.points), **filling})
    elif isinstance(mark, Ramp):
        place = {"x": f"{mark.left - 0.5:g}", "y": f"{mark.top - 0.5:g}"}
        box = {"width": str(mark.width), "height": str(mark.height)}
        SubElement(group, "image", {**place, **box, "xlink:href": _png(ramp_pixels(mark))})
    else:
        stroke = {"fill": "none", "stroke": _hex(mark.color), "stroke-width": str(mark.width)}
        stroke["stroke-opacity"] = _number(mark.opacity)
        if isinstance(mark, Path):
            tag = "polygon" if mark.closed else "polyline"
            SubElement(group, tag, {"points": _points(mark.points), "stroke-linejoin": "round", **stroke})
        else:
            x0, y0, x1, y1 = (_number(v) for v in line_ends(mark))
            SubElement(group, "line", {"x1": x0, "y1": y0, "x2": x1, "y2": y1, **stroke})


def _draw_text(group: Element, mark: Text) -> None:
    place = {"x": _number(mark.x), "y": _number(mark.y), "font-size": str(mark.size), "xml:space": "preserve"}
    text = drawable_text(mark.text)
    fonts = dict.fromkeys(span.font for span in font_spans(mark.text))
    if tuple(fonts) != (AILERON,):
        place["font-family"] = f"{', '.join(_quoted(font) for font in fonts)}, {_OTHER_FONTS}"
    if mark.align != "left":
        place["text-anchor"] = _ANCHORS[mark.align]
    if mark.outline is not None:
        # A second text below it, for programs that ignore paint-order and draw outlines over letters.
        stroke = {"stroke": _hex(mark.outline), "stroke-width": str(2 * text_stroke(mark.size))}
        below = {"fill": "none", "stroke-linejoin": "round", "aria-hidden": "true", "style": "user-select:none"}
        SubElement(group, "text", {**place, **stroke, **below}).text = text
    SubElement(group, "text", {**place, "fill": _hex(mark.color)}).text = text


def _font_faces(texts: Iterable[str]) -> str:
    # Aileron is embedded whole, of other fonts the letters of the page.
    files = {AILERON: AILERON.sized(16).font_bytes}
    files |= {font: subset(font, letters) for font, letters in letters_of(texts).items()}
    return "".join(
        f'@font-face{{font-family:{_quoted(font)};src:url("data:font/ttf;base64,{base64.b64encode(file).decode()}")}}'
        for font, file in files.items()
    )


def _quoted(font: Font) -> str:
    return font.name if font.name.isalpha() else f"'{font.name.replace(chr(39), '')}'"


def _png(pixels: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(without_channels(pixels)).save(file, "PNG", compress_level=6)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
