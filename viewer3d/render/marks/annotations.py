"""List what is written and drawn over the panes, as values that any renderer can draw.

See :mod:`viewer3d.render.marks.display_list`; :mod:`viewer3d.render.marks.raster` draws them in pixels. No patient
data is in them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.geometry import LETTERS, letters
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import Blend, ViewState
from viewer3d.core.window import Window, window_decimals
from viewer3d.render.marks.crosshair import cross_lines
from viewer3d.render.marks.display_list import MUTED, PLANE_COLORS, SHADE, DisplayList, Line, Mark, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.numbers import round_down
from viewer3d.render.marks.orientation import camera_letters, orientation_marks, side_letters
from viewer3d.render.marks.typesetting import wrapped
from viewer3d.render.marks.value_bar import value_bar_marks
from viewer3d.render.panes import PaneGeometry

BAR_SHARE = 0.22
"""The scale bar takes no more of the pane's width, so that it never reaches the letter in the middle."""

CROSS_OPACITY = 0.8
"""Of the crosshair's lines: anatomy shows through."""

BLEND_TITLES: dict[Blend, str] = {"maximum": "MIP", "minimum": "MinIP", "mean": "mean"}
"""What slabs are called where they are shown."""


def slice_marks(
    state: ViewState,
    pane: PaneGeometry,
    unit: str = "",
    readout: tuple[str, str, str] | None = None,
    *,
    inverted: bool = False,
) -> DisplayList:
    """List what is drawn over a slice pane.

    Parameters
    ----------
    state : ViewState
        Its cursor, window, slab and colours.
    pane : PaneGeometry
        Where the pane's pixels are.
    unit : str
        Of the volume's values.
    readout : tuple of str, optional
        Value, voxel index and position of what is pointed at, see :func:`readout_texts`.
    inverted : bool
        Whether low values are drawn white.

    Returns
    -------
    tuple of Mark
        Orientation letters at the middles of the edges; in panes that are not small also the crosshair, the plane's
        name and position, slab and zoom where there are any, the window, a scale bar and, if wanted, a value bar.
    """
    page = MarkMetrics(*pane.size)
    sides = side_letters(page, pane)
    if page.is_small:
        return sides
    name = pane.plane.name
    top = page.pad + page.cap
    bar_ends = {"top": page.pad + page.cap + 0.8 * page.size, "bottom": page.height / 2 - 1.6 * page.size}
    bar: DisplayList = ()
    look = state.layers[0]
    if look.value_bar:
        bar = value_bar_marks(page, look.window, look.colors, unit, inverted=inverted, **bar_ends)
    return (
        *crosshair(page, state, pane),
        *sides,
        Text(page.pad, top, plane_title(state, name), page.size, PLANE_COLORS[name]),
        *(Text(page.pad, top + page.step, text, page.size) for text in (_seen_how(state, name),) if text),
        Text(page.right, top, position_text(pane), page.size, align="right"),
        *_window_text(page, look.window, unit),
        *scale_bar(page, pane.mm_per_pixel),
        *bar,
        *_readout(page, readout),
    )


def plane_title(state: ViewState, name: PlaneName) -> str:
    """Write the name of a plane, and that it is oblique where it is."""
    return f"{name.capitalize()} oblique" if state.is_oblique else name.capitalize()


def sampling_text(state: ViewState) -> str:
    """Write slab and interpolation of slices, where they are not the usual ones."""
    slab = state.slab
    parts = [f"{BLEND_TITLES[slab.blend]} {slab.thickness:g} mm"] if slab.thickness else []
    return "   ".join([*parts, "nearest"] if state.interpolation == "nearest" else parts)


def _seen_how(state: ViewState, name: PlaneName) -> str:
    # Sampling and zoom, where they are not the usual ones.
    zoom = state.slice_pane(name).zoom
    parts = [part for part in (sampling_text(state),) if part]
    return "   ".join([*parts, f"zoom {zoom:.2f}"] if round(zoom, 2) != 1 else parts)


def volume_marks(camera: Camera, size: tuple[int, int], title: str, hidden: str = "") -> DisplayList:
    """List what is drawn over the 3D pane.

    Parameters
    ----------
    camera : Camera
        Which sides of the patient are left, right, up and down is seen from it.
    size : tuple of int
        Width and height of the pane in pixels.
    title : str
        Of the transfer function.
    hidden : str
        What is left out of the volume, below the title.

    Returns
    -------
    tuple of Text and Line
        The letter nearest to each edge's direction and, in panes that are not small, the title and the orientation
        marker.
    """
    page = MarkMetrics(*size)
    edge_letters = camera_letters(page, camera)
    if page.is_small:
        return edge_letters
    top = page.pad + page.cap
    lines = (title, hidden) if hidden else (title,)
    texts = (Text(page.pad, top + n * page.step, line, page.size) for n, line in enumerate(lines))
    return (*edge_letters, *texts, *orientation_marks(camera, page))


def member_marks(size: tuple[int, int], member: str) -> DisplayList:
    """Write which volume of a set is shown: at the right, below the position of a slice.

    Parameters
    ----------
    size : tuple of int
        Width and height of the pane in pixels.
    member : str
        Empty for none.
    """
    page = MarkMetrics(*size)
    if page.is_small or not member:
        return ()
    return (Text(page.right, page.pad + page.cap + page.step, member, page.size, MUTED, "right"),)


def message_marks(size: tuple[int, int], lines: tuple[str, ...]) -> DisplayList:
    """List the sentences of an empty pane, in its middle, broken between words.

    Parameters
    ----------
    size : tuple of int
        Width and height of the pane in pixels.
    lines : tuple of str
    """
    page = MarkMetrics(*size)
    room = max(8, int((page.width - 2 * page.pad) / (0.55 * page.size)))  # letters are about 0.55 of the size wide
    broken = [part for line in lines for part in wrapped(line, room)]
    step = 1.5 * page.size
    first = page.height / 2 - step * (len(broken) - 1) / 2 + page.cap / 2
    middle = (page.width - 1) / 2
    return tuple(Text(middle, first + n * step, t, page.size, MUTED, "middle") for n, t in enumerate(broken))


def identity_marks(page: MarkMetrics, lines: tuple[str, ...], others: DisplayList) -> DisplayList:
    """List the lines that name the patient, below what stands in the upper left corner of a pane.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    lines : tuple of str
        Those of a volume's ``identity``.
    others : tuple of Mark
        What is drawn over the pane otherwise.
    """
    room = max(8, int((page.width / 2 - page.pad) / (0.55 * page.size)))  # up to the letter in the middle
    broken = [part for line in lines for part in wrapped(line, room)]
    corner = (mark.y for mark in others if isinstance(mark, Text) and mark.x == page.pad and mark.y < page.height / 3)
    first = max(corner, default=page.pad + page.cap - page.step) + page.step
    return tuple(Text(page.pad, first + n * page.step, text, page.size) for n, text in enumerate(broken))


def position_text(pane: PaneGeometry) -> str:
    """Write where a plane cuts its axis: the patient's side of the origin, and mm from it.

    Examples
    --------
    An axial plane at z = 12.5 mm is at ``"H 12.5 mm"``, one at z = -12.5 mm at ``"F 12.5 mm"``; an oblique one is so
    far from the origin along its own axis: ``"HA 12.5 mm"``.
    """
    position = round(pane.position, 1)
    side = letters(np.multiply(pane.plane.normal, 1 if position >= 0 else -1))
    return f"{side} {abs(position):.1f} mm"


def crosshair(page: MarkMetrics, state: ViewState, pane: PaneGeometry) -> tuple[Line, ...]:
    """List where the other planes cut a slice pane, open where they meet."""
    gap = 0.9 * page.size
    lines = []
    for line in cross_lines(state, pane):
        span = line.span(page.width, page.height, page.inset)
        if span is None:
            continue
        for first, last in ((span[0], min(span[1], -gap)), (max(span[0], gap), span[1])):
            if last > first:
                ends = (*line.point(first), *line.point(last))
                lines.append(Line(*ends, page.line, PLANE_COLORS[line.plane], CROSS_OPACITY))
    return tuple(lines)


def window_numbers(window: Window) -> tuple[str, str]:
    """Write a window's width and center, with as many decimals as the width is worth."""
    decimals = window_decimals(window)
    # Adding 0.0 makes no difference but to -0.0, which nobody wants to read.
    width, center = (round(v, decimals) + 0.0 for v in (window.width, window.center))
    return f"{width:.{decimals}f}", f"{center:.{decimals}f}"


_FUNCTION_TEXTS = {"SIGMOID": "sigmoid", "TABLE": "VOI LUT"}


def window_texts(window: Window, unit: str) -> tuple[str, str]:
    """Write a window's width, and its center with the unit."""
    width, center = window_numbers(window)
    what = " ".join(part for part in (center, unit, _FUNCTION_TEXTS.get(window.function, "")) if part)
    return f"W {width}", f"L {what}"


def _window_text(page: MarkMetrics, window: Window, unit: str) -> tuple[Text, ...]:
    width, center = window_texts(window, unit)
    # Width and center each begin at a column of their own, so that neither moves when the other grows.
    column = page.pad + round((2.1 + 0.62 * max(4, len(width) - 2)) * page.size)
    return Text(page.pad, page.bottom, width, page.size), Text(column, page.bottom, center, page.size)


def readout_texts(world: ArrayLike, index: ArrayLike, value: float | None, unit: str) -> tuple[str, str, str]:
    """Write what is pointed at: its value, voxel index and position.

    Parameters
    ----------
    world : array_like, shape (3,)
        LPS, in mm.
    index : array_like, shape (3,)
        Of the nearest voxel.
    value : float or None
        There, as the picture has it; None outside of the volume.
    unit : str

    Examples
    --------
    >>> readout_texts((-12.3, 4, 5.67), (10, 20, 30), 42.0, "HU")
    ('42 HU', '10  20  30', 'R 12.3  P 4.0  H 5.7 mm')
    """
    position = "  ".join(
        f"{LETTERS[a][int(v >= 0)]} {abs(v):.1f}" for a, v in enumerate(np.round(np.asarray(world), 1))
    )
    if value is None:
        return "outside", "", f"{position} mm"
    number = f"{value:.0f}" if float(value).is_integer() else f"{value:.4g}"
    return f"{number} {unit}".strip(), "  ".join(str(int(n)) for n in np.asarray(index)), f"{position} mm"


def _readout(page: MarkMetrics, texts: tuple[str, str, str] | None) -> tuple[Text, ...]:
    # Above the window, the value first: it is what one points for. Index and position begin where none moves another.
    if texts is None:
        return ()
    value, index, position = texts
    lines = (f"{value}   {index}" if index else value, position)
    return tuple(Text(page.pad, page.bottom - (2 - n) * page.step, line, page.size) for n, line in enumerate(lines))


def bar_length(mm_per_pixel: float, room: float) -> float:
    """Choose the longest of 1, 2, 5, 10, 20, 50, ... mm that fits in so many pixels.

    Examples
    --------
    >>> bar_length(0.5, 130)
    50.0
    """
    return round_down(mm_per_pixel * room)


def scale_bar(page: MarkMetrics, mm_per_pixel: float, unit: Literal["mm", "cm"] = "mm") -> tuple[Mark, ...]:
    """List a bar of a round length at the lower right of a pane, with its length in a unit."""
    length = bar_length(mm_per_pixel, BAR_SHARE * page.width)
    x1, y = float(page.right), float(page.bottom)
    x0 = x1 - length / mm_per_pixel
    tick = round(0.3 * page.size)
    bars = ((x0, y, x1, y), (x0, y - tick, x0, y), (x1, y - tick, x1, y))
    # All outlines before all bars, so that none darkens another's; a pixel longer and wider than the bar on every side.
    outlines = (Line(a - (a < c), b - (b < d), c + (a < c), d + (b < d), page.line + 2, SHADE) for a, b, c, d in bars)
    lines = (Line(*ends, width=page.line) for ends in bars)
    text = f"{length:g} mm" if unit == "mm" else f"{length / 10:g} cm"
    label = Text((x0 + x1) / 2, y - tick - 0.35 * page.size, text, page.size, align="middle")
    return (*outlines, *lines, label)
