"""List what is written over an image in no space: no place, and mm only where they are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.images.image2d import ACROSS, FlatVolume, Sides
from viewer3d.render.marks.display_list import MUTED, DisplayList, Text
from viewer3d.render.marks.layer_labels import LayerLabel, Readout
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.orientation import edge_letters
from viewer3d.render.marks.value_texts import index_text, value_text, window_texts
from viewer3d.render.panes import PaneGeometry

if TYPE_CHECKING:
    from viewer3d.core.view.state import ViewState

NO_MM = "lengths in pixels"
"""What is written in the place of the scale bar where nobody measured mm."""


def image_marks(
    state: ViewState,
    pane: PaneGeometry,
    label: LayerLabel,
    page: MarkMetrics,
    *,
    readout: Readout | None,
    scale: DisplayList,
) -> DisplayList:
    """List what is written over the pane of an image.

    Parameters
    ----------
    state : ViewState
    pane : PaneGeometry
    label : LayerLabel
        Of the image.
    page : MarkMetrics
        Of the pane.
    readout : Readout, optional
        What is pointed at.
    scale : tuple of Mark
        The scale bar, which is drawn where the image has lengths in mm.

    Returns
    -------
    tuple of Mark
        The letters of the patient's sides where Patient Orientation says them; in panes that are not small also the
        number of the frame, zoom, the window of grey, what is pointed at, and the scale bar or that there is none.
    """
    flat = label.image
    assert flat is not None  # who calls has asked
    frame = frame_number(flat, state)
    sides = flat.sides_at(frame)
    letters = () if sides is None else edge_letters(page, _edges(pane, sides))
    if page.is_small:
        return letters
    top, zoom = page.pad + page.cap, state.slice_pane(pane.plane.name).zoom
    count = flat.shape[2]
    number = f"Frame {frame + 1}/{count}" if count > 1 else ""
    parts = ["nearest" if state.interpolation == "nearest" else "", f"zoom {zoom:.2f}" if round(zoom, 2) != 1 else ""]
    lines = [line for line in (number, "   ".join(filter(None, parts))) if line]
    texts = [Text(page.pad, top + n * page.step, line, page.size) for n, line in enumerate(lines)]
    texts += _window_texts(page, label) if not flat.channels else ()
    texts += _pointed(page, flat, label, readout)
    if flat.length_unit == "mm":
        return (*letters, *texts, *scale)
    return (*letters, *texts, Text(page.right, page.bottom, NO_MM, page.size, MUTED, "right"))


def frame_number(flat: FlatVolume, state: ViewState) -> int:
    """Return the number of the frame, from 0, that a state shows of an image."""
    number = int(np.rint(flat.geometry.world_to_index(state.cursor)[2]))
    return int(np.clip(number, 0, flat.shape[2] - 1))


def _edges(pane: PaneGeometry, sides: Sides) -> tuple[str, str, str, str]:
    """Return the sides of the patient at the left, right, upper and lower edge of a pane."""
    found = (_side_of(sign * step, sides) for step in (pane.right, pane.down) for sign in (-1, 1))
    left, right, upper, lower = found
    return left, right, upper, lower


def _side_of(way: NDArray[np.float64], sides: Sides) -> str:
    axis = int(np.argmax(np.abs(way[:2])))
    return sides[axis] if way[axis] > 0 else across(sides[axis])


def across(side: str) -> str:
    """Return the side of a patient across from one, letter by letter: of ``"LF"`` it is ``"RH"``."""
    return "".join(ACROSS.get(letter, "") for letter in side)


def _window_texts(page: MarkMetrics, label: LayerLabel) -> tuple[Text, ...]:
    width, center = window_texts(label.look.window, label.unit)
    # As of slices: each begins at a column of its own, so that neither moves when the other grows.
    column = page.pad + round((2.1 + 0.62 * max(4, len(width) - 2)) * page.size)
    return Text(page.pad, page.bottom, width, page.size), Text(column, page.bottom, center, page.size)


def _pointed(page: MarkMetrics, flat: FlatVolume, label: LayerLabel, readout: Readout | None) -> Sequence[Text]:
    if readout is None:
        return ()
    if flat.channels:
        color = flat.color_at(readout.world)
        value = "outside" if color is None else "RGB {} {} {}".format(*color)
    else:
        value = value_text(readout.values[0], label.unit)
    lines = (value, index_text(readout.index[:2])) if readout.has_index else (value,)
    first = 1 if flat.channels else 2
    return [Text(page.pad, page.bottom - (first - n) * page.step, one, page.size) for n, one in enumerate(lines)]
