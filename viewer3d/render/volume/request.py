"""The value that a picture of a volume in 3D is drawn from: camera, look, size and slices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from viewer3d.core.mesh import Mesh
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.planes3d.cuts import Cut, cuts_of
from viewer3d.render.volume.transfer import presets
from viewer3d.render.volume.volume_look import VolumeLook, volume_look

MOST_VOLUMES: Final = 2
"""Volumes in one 3D pane: each takes six textures, and OpenGL promises 16."""


@dataclass(frozen=True)
class Surface:
    """An opaque surface beside the volume.

    Attributes
    ----------
    mesh : Mesh
        In the world of the volume (LPS, mm).
    color : tuple of float
        Red, green and blue, 0 to 255.
    """

    mesh: Mesh
    color: tuple[float, float, float]


@dataclass(frozen=True)
class OtherVolume:
    """Another volume in the same picture.

    Attributes
    ----------
    volume : Volume
        In the world of the first one (LPS, mm).
    look : VolumeLook
        Its crop does not count, that of the first one is for all.
    """

    volume: Volume
    look: VolumeLook


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
    surfaces : tuple of Surface
        Opaque surfaces, which the volume, the slices and each other hide by depth.
    others : tuple of OtherVolume
        Other volumes, which are drawn in full quality only.

    Raises
    ------
    ViewError
        When there are more than :data:`MOST_VOLUMES` volumes, or one of several is a projection of its highest values.
    """

    camera: Camera
    look: VolumeLook
    size: tuple[int, int]
    cuts: tuple[Cut, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    others: tuple[OtherVolume, ...] = ()

    def __post_init__(self) -> None:
        if not self.others:
            return
        if (count := 1 + len(self.others)) > MOST_VOLUMES:
            raise ViewError(
                f"{count} volumes in one 3D pane: show {MOST_VOLUMES} at most, give the others rendering none"
            )
        for look in (self.look, *(other.look for other in self.others)):
            if not look.is_lit:
                lit = ", ".join(name for name, row in presets().items() if row.blend == "composite")
                raise ViewError(
                    f"transfer function {look.preset} shows the highest value behind each pixel, at no depth: for two "
                    f"volumes in one 3D pane give one of {lit}"
                )

    @property
    def alone(self) -> RenderRequest:
        """The same picture of the volume alone: without slices, surfaces and other volumes."""
        return replace(self, cuts=(), surfaces=(), others=())


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
