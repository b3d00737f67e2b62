"""What a figure begins with: a state, from the choices of its call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from numpy.typing import ArrayLike

from viewer3d.core.origin import series_of
from viewer3d.core.planes import View
from viewer3d.core.view import ViewState, initial_state
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window, is_pair
from viewer3d.errors import WindowError
from viewer3d.figures.style import Style
from viewer3d.render.cursor import check_place, find_place
from viewer3d.render.marks.annotations import sampling_text, window_texts
from viewer3d.render.scene import first_state
from viewer3d.render.volume.transfer import AUTO, choose_preset
from viewer3d.render.window_choice import choose_window, is_inverted_first

CT_WINDOWS = ("soft-tissue", "lung", "bone")
SUV_WINDOWS = ("0-5", "0-10", "0-20")

MOST_WINDOWS: Final = 1000
"""Of one figure or movie: a recipe may list any number."""


def begin_state(
    volume: Volume,
    style: Style,
    window: AnyWindow | None = None,
    at: ArrayLike | str | None = None,
    state: ViewState | None = None,
) -> ViewState:
    """Return the state that a figure draws.

    Parameters
    ----------
    volume : Volume
    style : Style
        What it says of how slices look, if anything.
    window, at
        See :func:`viewer3d.screenshot`.
    state : ViewState, optional
        What is not chosen otherwise; without it the first state of the volume.

    Raises
    ------
    ViewError, WindowError
        When there is no such window or place, or the state's is not in the volume.
    """
    if state is None:
        state = initial_state(volume.geometry, choose_window(volume, window))
        inverted = is_inverted_first(volume, style.colors or state.colors)
        state = replace(state, inverted=inverted, series=series_of([volume]))
    elif window is not None:
        state = state.with_window(choose_window(volume, window))
    if at is not None:
        state = state.with_cursor(find_place(volume, at))
    check_place(volume, state.cursor)
    return style.look(state)


def begin_state_3d(
    volume: Volume, view: View, rendering: str, state: ViewState | None, style: Style, *, couch_hidden: bool | None
) -> ViewState:
    """Return the state that a figure in 3D begins with.

    Parameters
    ----------
    volume : Volume
    view : str
    rendering : str
        Name of a transfer function, or ``"auto"``.
    state : ViewState, optional
        What is not chosen otherwise; without it the first state of the volume.
    style : Style
        Its colours: PET opens inverted in grey alone.
    couch_hidden : bool, optional
        Whether couch and head-holder are left out; without it as the state says.

    Raises
    ------
    ViewError
        When there is no such transfer function, or couch and body cannot be told apart.
    """
    if state is None:
        first = first_state(volume, view, None, rendering, couch_hidden=couch_hidden)
        return replace(first, inverted=is_inverted_first(volume, style.colors or first.colors))
    if rendering != AUTO:
        state = replace(state, rendering=choose_preset(volume, rendering).name)
    if couch_hidden is not None:
        state = replace(state, couch_hidden=couch_hidden)
    return replace(state, view=view, enlarged=None)


def own_look(volume: Volume, state: ViewState) -> ViewState:
    """Return a state in the window and the inversion that a volume of another unit than the state's opens with."""
    return replace(state, window=volume.default_window, inverted=is_inverted_first(volume, state.colors))


def window_note(state: ViewState, volume: Volume) -> str:
    """Write the window of slices."""
    return "   ".join(window_texts(state.window, volume.unit))


def how_text(state: ViewState) -> str:
    """Write how slices of a state are made, for panes whose title is not the plane's: oblique, slab, interpolation."""
    return "   ".join(part for part in ("oblique" if state.is_oblique else "", sampling_text(state)) if part)


def listed_windows(volume: Volume, windows: Sequence[AnyWindow] | AnyWindow | None) -> list[AnyWindow]:
    """Return the windows that are meant, or those a volume is usually shown under side by side.

    Raises
    ------
    WindowError
        When there is none in the list.
    """
    if windows is None:
        own: list[AnyWindow] = ["file", "auto"] if volume.window else ["auto"]
        return list(CT_WINDOWS) if volume.is_like_hu else list(SUV_WINDOWS) if volume.is_in_suv else own
    listed: list[Any] = [windows] if isinstance(windows, Window | str) or is_pair(windows) else list(windows)
    if not listed:
        raise WindowError("no windows were given: give one or more, or leave them out")
    return few_windows(listed)


def few_windows(windows: Sequence[AnyWindow]) -> list[AnyWindow]:
    """Return windows that are not too many to be looked up, one by one, in the voxels.

    Raises
    ------
    WindowError
        When they are.
    """
    if len(windows) > MOST_WINDOWS:
        raise WindowError(f"{len(windows):,} windows: give {MOST_WINDOWS:,} at most")
    return list(windows)


def window_title(window: AnyWindow) -> str:
    """Write the name of a window; nothing for one of numbers."""
    if not isinstance(window, str) or "/" in window:
        return ""
    return window.replace("-", " ").replace("_", " ").capitalize()
