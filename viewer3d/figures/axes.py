"""A slice in matplotlib axes, in mm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.geometry import LETTERS
from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays
from viewer3d.core.option_names import names_checked
from viewer3d.core.vectors import Vector
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import PATIENT_AXES, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.errors import OutputError
from viewer3d.figures.figure_state import slices_state
from viewer3d.figures.sections import Section, SliceDrawer, check_plane, sections_of
from viewer3d.figures.style import Style
from viewer3d.render.panes import LARGEST_SIDE, PaneGeometry

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

LINES_SIDE: Final = 800
"""Pixels of the longer side, at least, of a slice with outlines: axes on a screen are about so large."""


@names_checked
def imshow(
    volume: AnyVolume,
    plane: PlaneName = "axial",
    at: ArrayLike | str | None = None,
    window: AnyWindow | None = None,
    *,
    colors: str | None = None,
    overlays: Overlays = (),
    state: ViewState | None = None,
    ax: Axes | None = None,
) -> AxesImage:
    """Draw a slice into matplotlib axes: true proportions, coordinates in mm, the window of the standard.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    plane : {"axial", "coronal", "sagittal"}
    at : array_like of shape (3,), or str, optional
        A point on it: LPS mm, ``"ras:x,y,z"``, ``"index:i,j,k"``, ``"center"``, ``"max"`` or ``"auto"`` (most anatomy).
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    colors : str, optional
        Name of a colour map, see ``presets/colors.toml``.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`. Choices of window,
        colours and the like are those of the volume.
    state : ViewState, optional
        What is not chosen otherwise; the plane is that of the patient.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without them the current ones.

    Returns
    -------
    matplotlib.image.AxesImage
        Its extent is in LPS mm, so that points of the world can be plotted over it: on an axial slice ``(x, y)``, on
        a coronal one ``(x, z)``, on a sagittal one ``(y, z)``.

    Raises
    ------
    OutputError
        When matplotlib is not installed and no axes are given.
    """
    volume, name = as_volume(volume), check_plane(plane)
    drawer = SliceDrawer(volume, overlays)
    state = drawer.layered(slices_state(volume, Style(colors=colors), window, at, state))
    state = replace(state.unturned(), axes=PATIENT_AXES)
    (section,) = sections_of(state, [name], volume.geometry)
    pane = _native_pane(volume, section, has_lines=bool(drawer.regions or any(one.levels for one in state.layers)))
    target = _current_axes() if ax is None else ax
    (across, left, right), (along, top, bottom) = _span(pane, pane.plane.right, 0), _span(pane, pane.plane.down, 1)
    extent = (left, right, bottom, top)
    picture = target.imshow(drawer.pixels(pane, state), extent=extent, origin="upper", aspect="equal")
    # Axes are named by the side of the patient to which coordinates grow.
    target.set(xlabel=f"{LETTERS[across][1]} (mm)", ylabel=f"{LETTERS[along][1]} (mm)")
    return picture


def _native_pane(volume: Volume, section: Section, *, has_lines: bool) -> PaneGeometry:
    # With pixels of the finest spacing of the voxels, and without a margin; where there are lines, which are of pixels,
    # also as fine as a screen.
    mm = max(min(volume.spacing), max(section.sides) / LARGEST_SIDE)
    if has_lines:
        mm = min(mm, max(section.sides) / LINES_SIDE)
    wide, high = (max(1, round(side / mm)) for side in section.sides)
    return section.pane(mm, (wide, high))


def _span(pane: PaneGeometry, direction: Vector, side: int) -> tuple[int, float, float]:
    # The world axis along a side of the pane, and the outer ends of its first and last pixel, LPS mm.
    axis = int(np.argmax(np.abs(direction)))
    step = direction[axis] * pane.mm_per_pixel
    begin = pane.origin[axis] - step / 2
    return axis, begin, begin + step * pane.size[side]


def _current_axes() -> Axes:
    try:
        from matplotlib import pyplot  # noqa: PLC0415 (0.4 s, and not everyone has it)
    except ImportError:
        raise OutputError("matplotlib is not installed: pip install matplotlib, or save a figure without it") from None
    return pyplot.gca()
