"""The line that makes what a window shows: of options where these make it, else of its state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from viewer3d.core.layers import PlacedLayers
from viewer3d.core.vectors import vector
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import named_windows
from viewer3d.errors import Viewer3DError
from viewer3d.recipes.make import shot_recipe
from viewer3d.recipes.words.line import DataPlace, Language, shot_line
from viewer3d.render.first_state import first_state, with_slices
from viewer3d.render.volume.transfer import AUTO

_OF_SLICES: Final = ("inverted", "slab", "interpolation")
"""Choices that :func:`viewer3d.render.first_state.with_slices` makes."""


def view_line(
    placed: PlacedLayers, state: ViewState, size: tuple[int, int], place: DataPlace, language: Language = "shell"
) -> str:
    """Return the line that draws the picture which the window saves of a state, to the byte.

    Parameters
    ----------
    placed : PlacedLayers
        What is shown.
    state : ViewState
        Its pointer is left out, as it is of the picture that is saved.
    size : tuple of int
        Width and height in pixels.
    place : DataPlace
        Where the data are, as far as the window knows.
    language : {"shell", "python"}

    Raises
    ------
    RecipeError
        When no line of files makes it; says why.
    """
    state = replace(state, pointer=None)
    members = placed.layers[0].members
    recipe = shot_recipe(members, state, size, placed.overlays)
    alone = len(members) == 1 and not placed.overlays
    return shot_line(recipe, language, place, options=choices_of(members[0], state) if alone else None)


def choices_of(volume: Volume, state: ViewState) -> dict[str, Any] | None:
    """Return the choices of :func:`viewer3d.screenshot` that make a state, or None where none make it.

    Each option is tried and what it makes is compared, so what is returned makes the state to the last bit.

    Parameters
    ----------
    volume : Volume
    state : ViewState
        Of one layer, without a pointer.
    """
    if state.enlarged is not None or state.measurements or state.key_images or state.crop is not None:
        return None
    rendering = state.layers[0].rendering
    for chosen in _candidates(volume, state):
        options = {name: value for name, value in chosen.items() if value is not None}
        slices = {name: options[name] for name in _OF_SLICES if name in options}
        others = {name: value for name, value in options.items() if name not in (*_OF_SLICES, "rendering")}
        try:
            first = first_state(volume, **others, rendering=options.get("rendering", AUTO))
            made = with_slices(first, **slices)
        except Viewer3DError:
            continue
        if made == state:
            return options
        if made.layers[0].rendering != rendering:
            return None
    return None


def _candidates(volume: Volume, state: ViewState) -> Iterator[dict[str, Any]]:
    """Yield choices that may make a state: first those that say least."""
    look = state.layers[0]
    slab = f"{state.slab.thickness!r},{state.slab.blend}" if state.slab.thickness else None
    chosen: dict[str, Any] = {
        "view": None if state.view == "quad" else state.view,
        "at": None if state.cursor == volume.geometry.middle else vector(state.cursor),
        "colors": None if look.colors == "grey" else look.colors,
        "slab": slab,
        "interpolation": None if state.interpolation == "linear" else state.interpolation,
        "face_hidden": True if look.face_hidden else None,
        "rendering": None if look.rendering == AUTO else look.rendering,
    }
    # What is not given follows from the volume; it is given where the volume would have it otherwise.
    for window in (None, *_windows(volume, state)):
        made = first_state(volume, "axial", window, colors=look.colors)
        if made.layers[0].window != look.window:
            continue
        inverted = None if made.layers[0].inverted == look.inverted else look.inverted
        for couch_hidden in (None, look.couch_hidden):
            yield {**chosen, "window": window, "inverted": inverted, "couch_hidden": couch_hidden}
        return


def _windows(volume: Volume, state: ViewState) -> Iterator[str]:
    window = state.layers[0].window
    scale = "HU" if volume.is_like_hu else "SUV" if volume.unit.startswith("SUV") else None
    named = named_windows(scale) if scale else {}
    yield from (name for name, one in named.items() if one == window)
    if window.function == "LINEAR":
        yield f"{window.center!r}/{window.width!r}"
    yield "auto"
