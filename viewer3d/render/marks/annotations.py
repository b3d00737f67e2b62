"""List what is written and drawn over the panes, as values that any renderer can draw.

See :mod:`viewer3d.render.marks.display_list`; :mod:`viewer3d.render.marks.raster` draws them in pixels. No patient
data is in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Final, Literal

import numpy as np

from viewer3d.core.geometry import Geometry, letters
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import Blend, ViewState
from viewer3d.core.window import Window
from viewer3d.render.marks.crosshair import cross_lines
from viewer3d.render.marks.display_list import MUTED, PLANE_COLORS, SHADE, DisplayList, Line, Mark, Text
from viewer3d.render.marks.layer_labels import LayerLabel, Readout
from viewer3d.render.marks.layer_lines import placing_marks, split_lines, window_marks
from viewer3d.render.marks.metrics import BAR_SHARE, MarkMetrics, pane_metrics
from viewer3d.render.marks.note_marks import MENDED
from viewer3d.render.marks.orientation import camera_letters, orientation_marks, side_letters
from viewer3d.render.marks.region_labels import RegionLabel, pointer_marks
from viewer3d.render.marks.typesetting import text_width, wrapped
from viewer3d.render.marks.value_bar import layer_bars, value_bar_marks
from viewer3d.render.marks.value_texts import readout_texts, round_down, window_texts
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.slab import COINCIDENT, grid_axis

CROSS_OPACITY = 0.8
"""Of the crosshair's lines: anatomy shows through."""

MIRRORED_TEXT: Final = "Mirrored"

_USUAL_PLACE: Final = "888.8 mm"
"""As wide as a position in most patients, of which the number of the image keeps clear."""

NEAR: Final = 0.01
"""Of the way to the next image: a plane no further from an image shows that one, to a hundredth of its contrast."""

BLEND_TITLES: dict[Blend, str] = {"maximum": "MIP", "minimum": "MinIP", "mean": "mean"}
"""What slabs are called where they are shown."""


def slice_marks(
    state: ViewState,
    pane: PaneGeometry,
    labels: Sequence[LayerLabel] = (),
    readout: Readout | None = None,
    regions: Sequence[RegionLabel] = (),
    *,
    geometry: Geometry | None = None,
) -> DisplayList:
    """List what is drawn over a slice pane.

    Parameters
    ----------
    state : ViewState
        Its cursor and slab.
    pane : PaneGeometry
        Where the pane's pixels are.
    labels : sequence of LayerLabel
        Of the layers that are shown, the base first, see :func:`viewer3d.render.marks.layer_labels.layer_labels`.
    readout : Readout, optional
        What is pointed at.
    regions : sequence of RegionLabel
        Of the segmentations and structure sets that are shown, the lowest first.
    geometry : Geometry, optional
        Of the base, whose images are counted; None where it is not shown.

    Returns
    -------
    tuple of Mark
        Lines right of which layers are shown, orientation letters at the middles of the edges and names of regions at
        the pointer; in panes that are not small also the crosshair, the plane's name and position, slab and zoom where
        there are any, the number of the image, a scale bar, of each layer the window, its value where one points, which
        member of a set it is, and, if wanted, a value bar, and of all regions how many are seen. Where there is no room
        for all layers, the active one, the base and the uppermost are written; value bars of the others are the first
        to be left out.
    """
    page = pane_metrics(state, pane.size)
    if labels and labels[0].image is not None:
        from viewer3d.render.image_marks import image_marks  # noqa: PLC0415 (few are no volumes)

        scale = scale_bar(page, pane.mm_per_pixel)
        return image_marks(state, pane, labels[0], page, readout=readout, scale=scale)
    sides = side_letters(page, pane)
    lines = split_lines(page, labels)
    if page.is_small:
        return (*lines, *sides, *mirror_marks(page, pane), *pointer_marks(page, pane, readout))
    name = pane.plane.name
    top, seen_how = page.pad + page.cap, _seen_how(state, name)
    titles: tuple[Text, ...] = (
        Text(page.pad, top, plane_title(state, name), page.size, PLANE_COLORS[name]),
        *(Text(page.pad, top + page.step, text, page.size) for text in (seen_how,) if text),
        *mirror_marks(page, pane, 2 if seen_how else 1),
        *_place_texts(page, pane, "" if geometry is None else image_text(geometry, state, pane)),
    )
    before: DisplayList = (*crosshair(page, state, pane), *sides, *titles)
    scale = scale_bar(page, pane.mm_per_pixel)
    if len(labels) == 1 and not labels[0].name and not regions:
        return (*before, *_marks_of_one(page, labels[0], readout, scale))
    others: DisplayList = (*sides, *titles, *scale)
    written = (*window_marks(page, labels, readout, regions), *placing_marks(page, (*labels, *regions), others))
    bars = layer_bars(page, labels, (*others, *written))
    return (*lines, *before, *written, *scale, *bars, *pointer_marks(page, pane, readout))


def _marks_of_one(page: MarkMetrics, label: LayerLabel, readout: Readout | None, scale: DisplayList) -> DisplayList:
    # Of a scene of one layer: nothing needs its name.
    bar: DisplayList = ()
    look = label.look
    if look.levels:
        bar = layer_bars(page, [label], scale)
    elif look.value_bar:
        ends = {"top": page.pad + page.cap + 0.8 * page.size, "bottom": page.height / 2 - 1.6 * page.size}
        bar = value_bar_marks(page, look.window, look.colors, label.unit, inverted=label.inverted, **ends)
    return (
        *_window_text(page, look.window, label.unit),
        *scale,
        *bar,
        *_readout(page, readout, label.unit),
        *member_marks(page, label.member),
    )


def _place_texts(page: MarkMetrics, pane: PaneGeometry, image: str) -> tuple[Text, ...]:
    # The image stands where no position that is usual moves it.
    top, position = page.pad + page.cap, position_text(pane)
    marks = (Text(page.right, top, position, page.size, align="right"),)
    if not image:
        return marks
    usual = f"{position.partition(' ')[0]} {_USUAL_PLACE}"
    # What has as many letters is no wider: no digit is wider than 8. So few positions have to be measured.
    wide = text_width(usual if len(position) <= len(usual) else position, page.size)
    return (*marks, Text(round(page.right - wide - page.size), top, image, page.size, align="right"))


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
    pane = state.slice_pane(name)
    parts = [part for part in (sampling_text(state),) if part]
    parts += [f"zoom {pane.zoom:.2f}"] if round(pane.zoom, 2) != 1 else []
    return "   ".join([*parts, f"turned {90 * pane.turned}°"] if pane.turned else parts)


def mirror_marks(page: MarkMetrics, pane: PaneGeometry, row: int = 0) -> tuple[Text, ...]:
    """Write that a pane is mirrored, in the colour of a warning: sides are easily taken for each other.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    pane : PaneGeometry
    row : int
        Which line of the upper left corner it is, from 0.
    """
    if not pane.plane.mirrored:
        return ()
    return (Text(page.pad, page.pad + page.cap + row * page.step, MIRRORED_TEXT, page.size, MENDED),)


def volume_marks(camera: Camera, size: tuple[int, int], *titles: str, page: MarkMetrics | None = None) -> DisplayList:
    """List what is drawn over the 3D pane.

    Parameters
    ----------
    camera : Camera
        Which sides of the patient are left, right, up and down is seen from it.
    size : tuple of int
        Width and height of the pane in pixels.
    *titles : str
        Of the transfer function, and what else is said of what is shown: a line each.
    page : MarkMetrics, optional
        Of the pane, where it is not one beside others.

    Returns
    -------
    tuple of Text and Line
        The letter nearest to each edge's direction and, in panes that are not small, the titles and the orientation
        marker.
    """
    page = page or MarkMetrics(*size)
    edge_letters = camera_letters(page, camera)
    if page.is_small:
        return edge_letters
    top = page.pad + page.cap
    texts = (Text(page.pad, top + n * page.step, line, page.size) for n, line in enumerate(titles))
    return (*edge_letters, *texts, *orientation_marks(camera, page))


def member_marks(page: MarkMetrics, member: str) -> DisplayList:
    """Write which volume of a set is shown: at the right, below the position of a slice.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    member : str
        Empty for none.
    """
    if page.is_small or not member:
        return ()
    return (Text(page.right, page.pad + page.cap + page.step, member, page.size, MUTED, "right"),)


def message_marks(size: tuple[int, int], lines: tuple[str, ...], page: MarkMetrics | None = None) -> DisplayList:
    """List the sentences of an empty pane, in its middle, broken between words.

    Parameters
    ----------
    size : tuple of int
        Width and height of the pane in pixels.
    lines : tuple of str
    page : MarkMetrics, optional
        Of the pane, where it is not one beside others.
    """
    page = page or MarkMetrics(*size)
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


def image_text(geometry: Geometry, state: ViewState, pane: PaneGeometry) -> str:
    """Write the number of the image that a slice pane shows, and how many there are: "68/135".

    Images are counted from 1. Along the axis of the slices they are the frames of the stack in the order in which it
    was sorted: along the normal of its images (PS3.3 C.7.6.2.1.1), so that the first image of an axial stack lies
    nearest to the feet, whatever Instance Number (0020,0013) says. Across it they are columns or rows of the grid.

    Parameters
    ----------
    geometry : Geometry
        Of the base.
    state : ViewState
        Its cursor, slab and interpolation.
    pane : PaneGeometry

    Returns
    -------
    str
        Of a slab the first and last image whose middles lie in it: ``"64-72/135"``. Empty where the plane lies aslant
        in the grid, outside of it or, interpolated, between two images.
    """
    axis = grid_axis(geometry, pane.plane.normal)
    if axis is None:
        return ""
    index, count = float(geometry.world_to_index(state.cursor)[axis]), geometry.shape[axis]
    if state.slab.thickness:
        half = state.slab.thickness / 2 / geometry.spacing[axis] + COINCIDENT
        first, last = max(ceil(index - half), 0), min(floor(index + half), count - 1)
        if first >= last:
            return f"{first + 1}/{count}" if first == last else ""
        return f"{first + 1}-{last + 1}/{count}"
    if not -0.5 <= index <= count - 0.5:
        return ""
    index = min(max(index, 0), count - 1)  # the outer half of the outer voxels has the value of their centres
    nearest = min(floor(index + 0.5 + COINCIDENT), count - 1)  # as viewer3d.core.sampling rounds
    is_there = state.interpolation == "nearest" or abs(index - nearest) <= NEAR
    return f"{nearest + 1}/{count}" if is_there else ""


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


def _window_text(page: MarkMetrics, window: Window, unit: str) -> tuple[Text, ...]:
    width, center = window_texts(window, unit)
    # Width and center each begin at a column of their own, so that neither moves when the other grows.
    column = page.pad + round((2.1 + 0.62 * max(4, len(width) - 2)) * page.size)
    return Text(page.pad, page.bottom, width, page.size), Text(column, page.bottom, center, page.size)


def _readout(page: MarkMetrics, readout: Readout | None, unit: str) -> tuple[Text, ...]:
    # Above the window, the value first: it is what one points for. Index and position begin where none moves another.
    if readout is None:
        return ()
    value, index, position = readout_texts(readout.world, readout.index, readout.values[0], unit)
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
