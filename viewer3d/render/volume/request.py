"""The value that a picture of a volume in 3D is drawn from: camera, look, size and slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from viewer3d.core.layers import PlacedLayer
from viewer3d.core.members import check_member
from viewer3d.core.mesh import Mesh
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.look import NOT_RENDERED
from viewer3d.core.view.own_looks import short_name
from viewer3d.core.view.planes import PANES
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.planes3d.cuts import Cut, cuts_of
from viewer3d.render.volume.region_surfaces import RegionSurface, region_surfaces
from viewer3d.render.volume.transfer import find_preset, presets
from viewer3d.render.volume.volume_look import VolumeLook, volume_look

if TYPE_CHECKING:
    from viewer3d.render.panes3d.volume_pane import Quality

MOST_VOLUMES: Final = 2
"""Volumes in one 3D pane: each takes six textures, and OpenGL promises 16."""

TOGETHER: Final = (
    "Two volumes in the 3D pane: a still picture takes two to four times as long as one of the base alone, and while "
    "the pane moves without a graphics card only the base is drawn."
)
"""Measured on a processor, CT with PET: 1.7 to 3.4 times. VTK's own shader for two volumes takes 16 to 39 times."""

NO_SURFACES: Final = "no surfaces: they would hide the highest values behind them"
"""What the pane says beside a projection. A ray ends at a surface: of a tumour within one the uptake would be lost."""

MOST_NOTES: Final = 2
"""Surfaces that have a line of their own in the pane; of more a line says how many there are."""


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

    def steps(self) -> Iterator[None]:
        """Return the steps of its making: there are none."""
        return iter(())

    @property
    def coarse(self) -> Mesh:
        """What is drawn of it while the pane moves: the same."""
        return self.mesh

    @property
    def note(self) -> str:
        """What is to be said of it: nothing."""
        return ""


AnySurface = Surface | RegionSurface
"""An opaque surface beside the volume: one that is there, or one that is made when it is first drawn."""


@dataclass(frozen=True)
class OtherVolume:
    """Another volume in the same picture.

    Attributes
    ----------
    volume : Volume
        In the world of the first one (LPS, mm).
    look : VolumeLook
        Its crop does not count, that of the first one is for all.
    name : str
        What it is called in the pane.
    """

    volume: Volume
    look: VolumeLook
    name: str = "overlay"

    def titles(self, quality: Quality) -> tuple[str, ...]:
        """Return what the pane says of it: how it is shown, or that it is not while the pane moves."""
        if quality != "still":
            return (f"{self.name}: not drawn while this moves",)
        hidden = self.look.hidden_text(self.volume)
        return (f"{self.name}: {self.look.title(self.volume)}", *((f"{self.name}: {hidden}",) if hidden else ()))


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
    surfaces : tuple of Surface, SegmentSurface or MeshSurface
        Opaque surfaces, which the volume, the slices and each other hide by depth.
    others : tuple of OtherVolume
        Other volumes, which are drawn in full quality only.
    left_out : tuple of str
        What the pane says of volumes and surfaces that cannot be drawn with these.

    Raises
    ------
    ViewError
        When there are more than :data:`MOST_VOLUMES` volumes, or one of several is a projection of its highest values.
    """

    camera: Camera
    look: VolumeLook
    size: tuple[int, int]
    cuts: tuple[Cut, ...] = ()
    surfaces: tuple[AnySurface, ...] = ()
    others: tuple[OtherVolume, ...] = ()
    left_out: tuple[str, ...] = ()

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
                name = short_name(look.preset)
                raise ViewError(
                    f"transfer function {name} shows the highest value behind each pixel, at no depth: "
                    f"for two volumes in one 3D pane give one of {lit}"
                )

    @property
    def alone(self) -> RenderRequest:
        """The same picture of the volume alone: without slices, surfaces and other volumes."""
        return replace(self, cuts=(), surfaces=(), others=(), left_out=())

    @property
    def in_motion(self) -> RenderRequest:
        """What is drawn of it while the pane moves: no other volume; of surfaces those that are made, coarse."""
        coarse = ((one.coarse, one.color) for one in self.surfaces)
        return replace(
            self, others=(), surfaces=tuple(Surface(mesh, color) for mesh, color in coarse if mesh is not None)
        )

    def titles(self, quality: Quality) -> tuple[str, ...]:
        """Return what the pane says of all but the first volume: how it is shown, and what is not."""
        titles = [title for other in self.others for title in other.titles(quality)]
        if quality != "still" and any(one.coarse is None for one in self.surfaces):
            titles.append("surfaces: drawn when this rests")
        notes = [one.note for one in self.surfaces if one.note]
        titles += notes if len(notes) <= MOST_NOTES else [f"{len(notes)} surfaces of voxels taken together"]
        return (*titles, *self.left_out)


def render_request(
    volume: Volume,
    state: ViewState,
    size: tuple[int, int],
    overlays: Sequence[PlacedLayer] = (),
    regions: Sequence[PlacedRegions] = (),
) -> RenderRequest:
    """Return what a state's 3D pane is drawn from.

    Parameters
    ----------
    volume : Volume
    state : ViewState
    size : tuple of int
        Width and height of the pane in pixels.
    overlays : sequence of PlacedLayer
        In the order of the state's looks, of which the first is the volume's. Of several that are to be drawn the
        highest is, and none beside a projection of the highest values: what is left out the pane says.
    regions : sequence of PlacedRegions
        In the order of the state's looks of them. Their surfaces are not drawn beside a projection either.

    Raises
    ------
    ViewError
        When the pane cannot show what the state asks for, see :func:`viewer3d.render.volume.volume_look.volume_look`.
    """
    cuts = cuts_of(volume.geometry, state) if state.planes_shown else ()
    look = volume_look(volume, state)
    others: list[OtherVolume] = []
    left_out: list[str] = []
    for number, layer in reversed([*enumerate(overlays, 1)]):
        if not is_rendered(state, number):
            continue
        other = layer.members[check_member(layer.members, state.layers[number].member)]
        other_look = volume_look(other, state, number)
        if not look.is_lit:
            left_out.append(f"{layer.name}: not drawn beside {look.title(volume)}, which has no depth")
        elif len(others) + 1 == MOST_VOLUMES:
            left_out.append(f"{layer.name}: not drawn, {MOST_VOLUMES} volumes at most")
        else:
            others.append(OtherVolume(other, other_look, layer.name))
    # A face that is hidden in one of them is hidden in all.
    face = next((one.face for one in (look, *(other.look for other in others)) if one.face is not None), None)
    if face is not None:
        look = replace(look, face=face)
        others = [replace(other, look=replace(other.look, face=face)) for other in others]
    surfaces, told = region_surfaces(state, regions, face)
    if surfaces and not look.is_lit:
        surfaces, told = (), (NO_SURFACES,)
    return RenderRequest(state.camera, look, size, cuts, surfaces, tuple(others), (*left_out, *told))


def is_rendered(state: ViewState, number: int) -> bool:
    """Return whether the 3D pane of a state shows an overlay: it is asked for, and shown at all."""
    look = state.layers[number]
    return look.shown and look.rendering != NOT_RENDERED


def together_notes(state: ViewState) -> tuple[str, ...]:
    """Return what is to be said before a state is drawn whose 3D pane shows two volumes: what that costs."""
    if "3d" not in PANES[state.shown] or not any(is_rendered(state, n) for n in range(1, len(state.layers))):
        return ()
    base = find_preset(state.layers[0].rendering)
    if base is not None and base.blend == "maximum":
        name = short_name(base.name)
        return (f"The 3D pane shows the base alone: {name} shows the highest values, which lie at no depth.",)
    return (TOGETHER,)
