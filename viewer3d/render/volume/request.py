"""The value that a picture of a volume in 3D is drawn from: camera, look, size and slices."""

from __future__ import annotations

from dataclasses import dataclass

from viewer3d.core.view.camera import Camera
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.render.planes3d.cuts import Cut, cuts_of
from viewer3d.render.volume.volume_look import VolumeLook, volume_look


@dataclass(frozen=True)
class RenderRequest:
    """Everything besides the volume that decides a picture of it in 3D.

    Attributes
    ----------
    camera : Camera
    look : VolumeLook
    size : tuple of int
        Width and height in pixels.
    cuts : tuple of Cut
        The slices that stand in it: what is behind one is not seen, and the corner before all three is open.
    """

    camera: Camera
    look: VolumeLook
    size: tuple[int, int]
    cuts: tuple[Cut, ...] = ()


def render_request(volume: Volume, state: ViewState, size: tuple[int, int]) -> RenderRequest:
    """Return what a state's 3D pane is drawn from.

    Parameters
    ----------
    volume : Volume
    state : ViewState
    size : tuple of int
        Width and height of the pane in pixels.

    Raises
    ------
    ViewError
        When the pane cannot show what the state asks for, see :func:`viewer3d.render.volume.volume_look.volume_look`.
    """
    cuts = cuts_of(volume.geometry, state) if state.planes_shown else ()
    return RenderRequest(state.camera, volume_look(volume, state), size, cuts)
