"""Look: what a picture of a volume in 3D is made from, besides the volume."""

from __future__ import annotations

from dataclasses import dataclass

from viewer3d.core.camera import Camera
from viewer3d.core.view import ViewState
from viewer3d.core.volume import Volume
from viewer3d.render.planes3d.cuts import Cut, cuts_of
from viewer3d.render.volume.rendering import Rendering, rendering_of


@dataclass(frozen=True)
class Look:
    """What a picture of a volume in 3D is made from, besides the volume.

    Attributes
    ----------
    camera : Camera
    rendering : Rendering
    size : tuple of int
        Width and height in pixels.
    cuts : tuple of Cut
        The slices that stand in it: what is behind one is not seen, and the corner before all three is open.
    """

    camera: Camera
    rendering: Rendering
    size: tuple[int, int]
    cuts: tuple[Cut, ...] = ()


def look_of(volume: Volume, state: ViewState, size: tuple[int, int]) -> Look:
    """Find how a state's 3D pane shows a volume.

    Parameters
    ----------
    volume : Volume
    state : ViewState
    size : tuple of int
        Width and height of the pane in pixels.

    Raises
    ------
    ViewError
        When the pane cannot show what the state asks for, see :func:`viewer3d.render.volume.rendering.rendering_of`.
    """
    cuts = cuts_of(volume.geometry, state) if state.planes_shown else ()
    return Look(state.camera, rendering_of(volume, state), size, cuts)
