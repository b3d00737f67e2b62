"""The state that a figure draws, from the choices of its call."""

from __future__ import annotations

from dataclasses import replace

from numpy.typing import ArrayLike

from viewer3d.core.view.planes import View
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.figures.style import Style
from viewer3d.render.cursor import check_place, find_place
from viewer3d.render.first_state import first_slices_state, first_state
from viewer3d.render.volume.transfer import AUTO, choose_preset
from viewer3d.render.window_choice import choose_window, is_inverted_first


def slices_state(
    volume: Volume,
    style: Style,
    window: AnyWindow | None = None,
    at: ArrayLike | str | None = None,
    state: ViewState | None = None,
) -> ViewState:
    """Return the state that a figure of slices draws.

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
        state = first_slices_state(volume, window, style.colors)
    elif window is not None:
        state = state.with_look(0, window=choose_window(volume, window))
    if at is not None:
        state = state.with_cursor(find_place(volume, at))
    check_place(volume, state.cursor)
    return style.apply_to(state)


def volume_state(
    volume: Volume,
    view: View,
    rendering: str,
    state: ViewState | None,
    style: Style,
    *,
    couch_hidden: bool | None,
    face_hidden: bool | None,
) -> ViewState:
    """Return the state that a figure in 3D draws, but for its slices.

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
    face_hidden : bool, optional
        Whether the front of a face is left out; without it as the state says.

    Raises
    ------
    ViewError
        When there is no such transfer function, couch and body cannot be distinguished, or no face is found that is
        to be hidden.
    """
    if state is None:
        hides = bool(face_hidden)
        return first_state(
            volume, view, None, rendering, couch_hidden=couch_hidden, face_hidden=hides, colors=style.colors
        )
    if rendering != AUTO:
        state = state.with_look(0, rendering=choose_preset(volume, rendering).name)
    if couch_hidden is not None:
        state = state.with_look(0, couch_hidden=couch_hidden)
    if face_hidden is not None:
        state = state.with_look(0, face_hidden=face_hidden)
    return replace(state, view=view, enlarged=None)


def with_default_look(volume: Volume, state: ViewState) -> ViewState:
    """Return a state with the window and the inversion that a volume opens with."""
    return state.with_look(0, window=volume.default_window, inverted=is_inverted_first(volume, state.layers[0].colors))
