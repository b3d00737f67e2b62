"""The jobs that draw: thumbnail, mpr, quad, lightbox, mips and turntable.

Each writes one file, which carries the recipe that :func:`viewer3d.replay` makes it again from. Pictures of a volume
that stands in a usual window are those that ``viewer3d shot`` and the figures of the same names draw.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np

from viewer3d.archive.jobs.job import Context, Made, Number
from viewer3d.core.grids.change import nearest_axes
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.planes import PlaneName, View
from viewer3d.core.view.state import AXES_TOLERANCE, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import shows_something
from viewer3d.render.cursor import tissue_middle
from viewer3d.render.first_state import first_state
from viewer3d.render.kept_window import WindowKeeper, keeping_window

_PLANES: Final[tuple[PlaneName, ...]] = ("sagittal", "coronal", "axial")
"""In the order of the axes that they are perpendicular to."""

THUMBNAIL: Final = (768, 256)
"""Width and height in pixels: three planes of 256 each, in which nothing but the letters of the sides has room."""

MPR: Final = (1536, 512)
"""Width and height in pixels: three planes of 512 each, with all that is written."""

QUAD: Final = (1200, 900)
"""Width and height in pixels, as ``viewer3d shot`` has them."""

LIGHTBOX: Final = (1536, 720)
"""Width and height in pixels."""

MIPS: Final = MPR
"""Width and height in pixels. All pictures of a job have one size, whatever shape volumes have."""

SLICES: Final = 20
"""Most slices of a lightbox: with the scout three rows of seven."""

TURNTABLE_FRAMES: Final = 24
"""Of a turntable 15 degrees each: every one in 3D costs as much as all pictures of slices."""

TURNTABLE: Final = (384, 384)
"""Width and height in pixels of a turntable."""

TURNTABLE_RATE: Final = 8.0
"""Frames a second of a turntable: a turn in 3 s."""

_ABOUT_ALL: Final = ("EXTERNAL", "SUPPORT", "BOLUS")
"""RT ROI Interpreted Types (PS3.3 C.8.8.8.1) of what is around what a picture is to show."""


def draw_thumbnail(volume: Volume, context: Context) -> Made:
    """Draw the three planes side by side, so small that nothing is written but the letters of the sides.

    Who the patient is has no room in it either.
    """
    return _shot(volume.with_info(identity=()), context, "mpr", THUMBNAIL)


def draw_mpr(volume: Volume, context: Context) -> Made:
    """Draw the three planes side by side."""
    return _shot(volume, context, "mpr", MPR)


def draw_quad(volume: Volume, context: Context) -> Made:
    """Draw the three planes and the volume in 3D, as ``viewer3d shot --view quad`` does."""
    return _shot(volume, context, "quad", QUAD, face_hidden=_face_hidden(volume, context))


def draw_lightbox(volume: Volume, context: Context) -> Made:
    """Draw up to twenty slices of the plane that was acquired, see :func:`viewer3d.figures.lightbox`."""
    if is_single_image(volume):
        return _single_image(volume, context)
    from viewer3d.figures.lightbox import lightbox  # noqa: PLC0415 (each job imports what it needs)

    count = min(SLICES, volume.shape[2])
    figure = lightbox(volume, count, acquired_plane(volume), telling_window(volume), **_page(context, LIGHTBOX))
    return Made((figure.save(context.file(".png")),))


def draw_mips(volume: Volume, context: Context) -> Made:
    """Draw the maximum of the volume along the patient's three axes, see :func:`viewer3d.figures.mips`."""
    if is_single_image(volume):
        return _single_image(volume, context)
    from viewer3d.figures.projections import mips  # noqa: PLC0415 (as above)

    hidden = _face_hidden(volume, context)
    figure = mips(volume, face_hidden=hidden, **_page(context, MIPS))
    return Made((figure.save(context.file(".png")),), _face_numbers(hidden))


def draw_turntable(volume: Volume, context: Context) -> Made:
    """Write a movie of one turn around the volume in 3D, see :func:`viewer3d.figures.turntable`.

    Raises
    ------
    RenderError
        When no OpenGL works here.
    """
    if is_single_image(volume):
        return Made((), {"note": "a single image: there is nothing to turn"})
    from viewer3d.figures.movies.ready import turntable  # noqa: PLC0415 (as above)

    path, hidden = context.file(".webp"), _face_hidden(volume, context)
    how: dict[str, Any] = {"size": TURNTABLE, "rate": TURNTABLE_RATE, "overlays": context.overlays}
    with keeping_window(_window_keeper()):
        turntable(volume, TURNTABLE_FRAMES, face_hidden=hidden, **how).save(path)
    return Made((path,), _face_numbers(hidden))


def telling_window(volume: Volume) -> str | None:
    """Return ``"auto"`` where the window that pictures begin with shows nothing of the values; else None.

    A person would choose another one then; nobody sits before an archive.
    """
    return None if shows_something(volume.default_window, volume.window_values()) else "auto"


def telling_place(volume: Volume, context: Context) -> Vector:
    """Return the point that slices go through: the middle of the largest region, else of all tissue.

    It is in LPS, mm.
    """
    found = sorted(
        (
            (-(placed.ml(region.number) or 0.0), number, region.number)
            for number, placed in enumerate(context.overlays)
            if isinstance(placed, PlacedRegions)
            for region in placed.regions
            if getattr(region, "type", None) not in _ABOUT_ALL
        ),
    )
    for _, number, region in found:
        placed = context.overlays[number]
        middle = placed.middle(region) if isinstance(placed, PlacedRegions) else None
        if middle is not None and volume.geometry.contains(middle):
            return middle
    return tissue_middle(volume)


def acquired_plane(volume: Volume) -> PlaneName:
    """Return the patient's plane that the slices of a volume are nearest to."""
    return _PLANES[nearest_axes(volume.geometry.direction).index(2)]


def is_single_image(volume: Volume) -> bool:
    """Return whether a volume is one image, of which other planes show a line."""
    return volume.shape[2] == 1


def image_state(volume: Volume, window: str | None) -> ViewState:
    """Return the state that shows a single image as it is, however it lies in the patient."""
    state = first_state(volume, acquired_plane(volume), window)
    direction = volume.geometry.direction
    axes = direction[:, list(nearest_axes(direction))].T
    axes = axes * np.where(np.diagonal(axes) < 0, -1.0, 1.0)[:, None]
    if np.allclose(axes, np.eye(3), rtol=0, atol=AXES_TOLERANCE):
        return state
    x, y, z = map(vector, axes)
    return replace(state, axes=(x, y, z))


def _face_hidden(volume: Volume, context: Context) -> bool | None:
    # Whether a face was found that is to be hidden; None where none is to be.
    if not context.face_hidden:
        return None
    from viewer3d.render.face.removal import face_of  # noqa: PLC0415 (as above)

    return face_of(volume) is not None


def _face_numbers(hidden: bool | None) -> dict[str, Number]:  # noqa: FBT001 (what was found)
    # The columns that say what became of a face.
    return {} if hidden is None else {"face": "hidden" if hidden else "none found"}


def _shot(
    volume: Volume, context: Context, view: View, size: tuple[int, int], *, face_hidden: bool | None = None
) -> Made:
    if is_single_image(volume):
        return _single_image(volume, context, size)
    from viewer3d.render.shot import screenshot  # noqa: PLC0415 (as above)

    path = context.file(".png")
    window, place = telling_window(volume), telling_place(volume, context)
    with keeping_window(_window_keeper()):
        screenshot(volume, path, view, window, place, size, overlays=context.overlays, face_hidden=face_hidden)
    return Made((path,), _face_numbers(face_hidden))


def _single_image(volume: Volume, context: Context, size: tuple[int, int] = QUAD) -> Made:
    from viewer3d.render.shot import screenshot  # noqa: PLC0415 (as above)

    path = context.file(".png")
    screenshot(volume, path, state=image_state(volume, telling_window(volume)), size=size, overlays=context.overlays)
    return Made((path,))


def _page(context: Context, size: tuple[int, int]) -> dict[str, Any]:
    return {"overlays": context.overlays, "size": size}


@cache
def _window_keeper() -> WindowKeeper:
    """Return the one that all pictures of this process share."""
    return WindowKeeper()
