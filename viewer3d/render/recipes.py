"""The recipe of a picture that was drawn here: its data, its arguments and what drew it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from viewer3d import __version__
from viewer3d.members import as_members
from viewer3d.recipe import NO_RENDERER, Recipe, VolumeRecord
from viewer3d.view import ViewState
from viewer3d.volume import Volume

SHOT = "shot"
"""What the picture of :func:`viewer3d.screenshot` is called in a recipe."""


def shot_recipe(volume: Volume | Sequence[Volume], state: ViewState, size: tuple[int, int]) -> Recipe:
    """Return the recipe of a picture of one state, of a volume or all volumes of a 4-D set."""
    return recipe_of(SHOT, as_members(volume), size, state=state, in_3d="3d" in state.panes)


def recipe_of(
    figure: str,
    volumes: Sequence[Volume],
    size: tuple[int, int],
    *,
    arguments: Mapping[str, Any] | None = None,
    state: ViewState | None = None,
    in_3d: bool = False,
) -> Recipe:
    """Return the recipe of a figure that was drawn by this process.

    Parameters
    ----------
    figure : str
        Name of the function that made it.
    volumes : sequence of Volume
        What it shows; their voxels are hashed, once each.
    size : tuple of int
        Width and height in pixels.
    arguments : mapping, optional
        Plain values that go to JSON.
    state : ViewState, optional
        The view, of a figure that shows a single one.
    in_3d : bool
        Whether a part of it is drawn in 3D; then the recipe names the OpenGL.
    """
    return Recipe(
        figure,
        tuple(VolumeRecord.of(volume) for volume in volumes),
        size,
        dict(arguments or {}),
        state,
        identified=any(volume.identity for volume in volumes),
        versions=_versions(),
        renderer=_renderer() if in_3d else NO_RENDERER,
    )


def _versions() -> dict[str, str]:
    import PIL  # noqa: PLC0415 (with the picture's file)
    from vtkmodules.vtkCommonCore import vtkVersion  # noqa: PLC0415 (a third-party module, as all of vtk's)

    return {
        "viewer3d": __version__,
        "numpy": np.__version__,
        "vtk": vtkVersion.GetVTKVersion(),
        "pillow": PIL.__version__,
    }


def _renderer() -> str:
    from viewer3d.render import gl  # noqa: PLC0415 (slices need no OpenGL)

    opengl = gl.find_opengl()
    return f"{opengl.renderer}, {opengl.version}" if opengl.works else NO_RENDERER
