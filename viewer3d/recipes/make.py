"""Make the recipe of a picture that this process drew: data, arguments and versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from viewer3d import __version__
from viewer3d.core.layers import AnyPlaced, volumes_of
from viewer3d.core.members import as_members
from viewer3d.core.notes.note import Note
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.recipes.data_record import NoteRecord, OverlayRecord, VolumeRecord, placed_record
from viewer3d.recipes.record import NO_RENDERER, Recipe
from viewer3d.render.marks.typesetting import foreign_fonts
from viewer3d.render.vtk_version import vtk_version
from viewer3d.render.window_choice import window_in_full
from viewer3d.settings.names import look_in_full

SHOT = "shot"
"""What the picture of :func:`viewer3d.screenshot` is called in a recipe."""

PAGE: Final = "page"
"""What the page of :func:`viewer3d.save_page` is called in a recipe."""


SAID_BY_STATE: Final = ("not_shown.couch", "not_shown.members", "not_shown.crop", "not_shown.graphics", "face.hidden")
"""Kinds of what is not shown that a recipe has as fields of its state."""


def shot_recipe(
    volume: Volume | Sequence[Volume],
    state: ViewState,
    size: tuple[int, int],
    overlays: Sequence[AnyPlaced] = (),
    not_shown: Iterable[Note] = (),
) -> Recipe:
    """Return the recipe of a picture of one state, of a volume or 4-D set and what lies over it."""
    members = as_members(volume)
    in_3d, texts = "3d" in state.panes, names_in((*members, *volumes_of(overlays)), state)
    return recipe_of(SHOT, members, size, overlays=overlays, state=state, in_3d=in_3d, texts=texts, not_shown=not_shown)


def names_in(volumes: Sequence[Volume], state: ViewState) -> tuple[str, ...]:
    """List texts of a picture that may need other fonts: the identity and names that a person gave."""
    named = (*(one.name for one in state.measurements), *(one.name for one in state.key_images))
    return (*(line for volume in volumes for line in volume.identity), *named)


def recipe_of(
    figure: str,
    volumes: Sequence[Volume],
    size: tuple[int, int],
    *,
    overlays: Sequence[AnyPlaced] = (),
    arguments: Mapping[str, Any] | None = None,
    state: ViewState | None = None,
    in_3d: bool = False,
    texts: Iterable[str] = (),
    compared: Iterable[Note] = (),
    not_shown: Iterable[Note] = (),
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
    overlays : sequence of PlacedLayer or PlacedRegions
        What is drawn over the first volume, from the lowest to the highest.
    arguments : mapping, optional
        Plain values that go to JSON.
    state : ViewState, optional
        The view, of a figure that shows a single one.
    in_3d : bool
        Whether a part of it is drawn in 3D; then the recipe names the OpenGL.
    texts : iterable of str
        What is written in it; of that the recipe has only the fonts, and only those that do not come along.
    compared : iterable of Note
        What keeps the numbers of its volumes from being compared.
    not_shown : iterable of Note
        What it does not show of the data. What a state says itself is left out, see :data:`SAID_BY_STATE`.
    """
    identity = [line for volume in (*volumes, *volumes_of(overlays)) for line in volume.identity]
    return Recipe(
        figure,
        tuple(map(placed_record if overlays else VolumeRecord.of, volumes)),
        size,
        dict(arguments or {}),
        None if state is None else replace(state, series=()),  # the volumes say it
        identified=any(volume.identity for volume in volumes),
        versions=_versions() | _fonts((*texts, *_names_of(overlays))),
        renderer=_renderer() if in_3d else NO_RENDERER,
        overlays=tuple(OverlayRecord.of(_in_full(layer), identity) for layer in overlays),
        compared=tuple(NoteRecord(one.id) for one in compared),
        not_shown=tuple(dict.fromkeys(NoteRecord.of(one) for one in not_shown if one.id not in SAID_BY_STATE)),
    )


def _in_full(layer: AnyPlaced) -> AnyPlaced:
    """Return an overlay whose look says what a person's own names mean, as recipes hold it."""
    if isinstance(layer, PlacedRegions):
        return layer
    look = dict(look_in_full(layer.look))
    if isinstance(window := look.get("window"), str):
        look["window"] = window_in_full(layer.volume, window)
    return layer if look == layer.look else replace(layer, look=look)


def _names_of(overlays: Sequence[AnyPlaced]) -> Iterator[str]:
    """Yield what overlays and their regions are called, which pictures may write."""
    for layer in overlays:
        yield layer.name
        if isinstance(layer, PlacedRegions):
            yield from (region.name for region in layer.regions)


def _versions() -> dict[str, str]:
    import PIL  # noqa: PLC0415 (with the picture's file)

    return {
        "viewer3d": __version__,
        "numpy": np.__version__,
        "vtk": vtk_version(),
        "pillow": PIL.__version__,
    }


def _fonts(texts: Iterable[str]) -> dict[str, str]:
    labels = ", ".join(font.label for font in foreign_fonts(texts))
    return {"font": labels} if labels else {}


def _renderer() -> str:
    from viewer3d.render import gl  # noqa: PLC0415 (slices need no OpenGL)

    opengl = gl.find_opengl()
    return f"{opengl.renderer}, {opengl.version}" if opengl.works else NO_RENDERER
