"""Choose the surfaces that the 3D pane shows of segments, regions of interest and meshes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from viewer3d.core.mesh import Mesh, MeshRegion
from viewer3d.core.placing.regions import AnyRegion, PlacedRegions
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.view.look import NOT_RENDERED, RegionLook
from viewer3d.core.view.state import ViewState
from viewer3d.render.face.cut import FaceCut

OUTER_TYPE: Final = "EXTERNAL"
"""RT ROI Interpreted Type (3006,00A4) of the patient's outer contour, see PS3.3 C.8.8.8."""

OUTER_NAMES: Final = ("body", "external", "skin")
"""Names of the same where no type says it, in any case: those of planning systems and TotalSegmentator."""


@dataclass(frozen=True)
class SegmentSurface:
    """The surface of a segment, made when it is first asked for.

    Attributes
    ----------
    segmentation : Segmentation
        In the world of the volume (LPS, mm).
    number : int
        Of the segment.
    color : tuple of float
        Red, green and blue, 0 to 255.
    name : str
        What the segment is called in the pane.
    """

    segmentation: Segmentation
    number: int
    color: tuple[float, float, float]
    name: str = ""

    @property
    def mesh(self) -> Mesh:
        """The surface itself."""
        # Imported on call: what makes surfaces is not for panes without any.
        from viewer3d.render.volume.label_surface import label_surface  # noqa: PLC0415

        return label_surface(self.segmentation, self.number).mesh

    def steps(self) -> Iterator[None]:
        """Make the surface, a part at each step, where it is not made yet."""
        from viewer3d.render.volume.label_surface import surface_steps  # noqa: PLC0415 (as above)

        return surface_steps(self.segmentation, self.number)

    @property
    def coarse(self) -> Mesh | None:
        """A surface of fewer triangles, for pictures in motion; None where none was made yet."""
        from viewer3d.render.volume.label_surface import is_surface_made, label_surface  # noqa: PLC0415 (as above)

        if not is_surface_made(self.segmentation, self.number):
            return None  # which takes too long between two events
        return label_surface(self.segmentation, self.number).coarse

    @property
    def note(self) -> str:
        """What is to be said of the surface, if anything, once it is made."""
        if self.coarse is None:
            return ""
        from viewer3d.render.volume.label_surface import label_surface  # noqa: PLC0415 (as above)

        note = label_surface(self.segmentation, self.number).note
        return note and f"{self.name}: {note}"


@dataclass(frozen=True)
class MeshSurface:
    """The surface of a mesh: itself.

    Attributes
    ----------
    region : MeshRegion
        In the world of the volume (LPS, mm).
    color : tuple of float
        Red, green and blue, 0 to 255.
    name : str
        What the mesh is called in the pane.
    """

    region: MeshRegion
    color: tuple[float, float, float]
    name: str = ""

    @property
    def mesh(self) -> Mesh:
        """The surface itself."""
        return self.region.mesh

    def steps(self) -> Iterator[None]:
        """Make the coarse surface, where it is not made yet."""
        if "coarse" not in self.region._made:
            yield
            self.region._made["coarse"] = _coarse_of(self.mesh)

    @property
    def coarse(self) -> Mesh | None:
        """A surface of fewer triangles, for pictures in motion; None where none was made yet."""
        found: Mesh | None = self.region._made.get("coarse")
        return found

    @property
    def note(self) -> str:
        """What is to be said of the surface: nothing."""
        return ""


RegionSurface = SegmentSurface | MeshSurface
"""The surface of a region."""

FEW_TRIANGLES: Final = 50_000
"""Of a mesh, that are drawn in motion too: fewer than the surface of a liver has."""


def _coarse_of(mesh: Mesh) -> Mesh:
    if len(mesh.triangles) <= FEW_TRIANGLES:
        return mesh
    # Imported on call: what makes surfaces is not for panes without any.
    from viewer3d.render.volume.label_surface import COARSE_SHARE, coarse_mesh  # noqa: PLC0415

    low, high = mesh.bounds
    side = 2 * COARSE_SHARE * float(np.linalg.norm(high - low))
    points, triangles = coarse_mesh(mesh.points, mesh.triangles, side)
    return replace(mesh, points=points, triangles=triangles)


def region_surfaces(
    state: ViewState, regions: Sequence[PlacedRegions], face: FaceCut | None = None
) -> tuple[tuple[RegionSurface, ...], tuple[str, ...]]:
    """Return the surfaces that a state's 3D pane shows, and what it says of those that it leaves out.

    Parameters
    ----------
    state : ViewState
    regions : sequence of PlacedRegions
        In the order of the state's looks of regions.
    face : FaceCut, optional
        Where a face is cut away: surfaces that reach there are left out.

    Returns
    -------
    tuple of SegmentSurface and MeshSurface, and tuple of str
        The patient's outer contour is left out beside others, which it would hide: surfaces are opaque. Seen alone it
        is drawn.
    """
    if face is not None:
        state, told = _without_face(state, regions, face)
        surfaces, more = region_surfaces(state, regions)
        return surfaces, (*told, *more)
    outer: list[RegionSurface] = []
    inner: list[RegionSurface] = []
    for placed, look in zip(regions, state.regions, strict=True):
        if not _is_rendered(look):
            continue
        if placed.meshes is not None:
            for one in placed.meshes.regions:
                if look.sees(one.number) and len(one.mesh.triangles):
                    (outer if _is_outer(one) else inner).append(MeshSurface(one, one.color, one.name))
            continue
        segmentation = placed.segmentation
        # Masks of contours may have other numbers, in the same order.
        for region, segment in zip(placed.regions, segmentation.segments, strict=True):
            if look.sees(region.number) and segmentation.voxels(segment.number):
                surface = SegmentSurface(segmentation, segment.number, region.color, region.name)
                (outer if _is_outer(region) else inner).append(surface)
    if not inner:
        return tuple(outer), ()
    return tuple(inner), tuple(f"{one.name}: no surface, it would hide the others" for one in outer)


def _without_face(
    state: ViewState, regions: Sequence[PlacedRegions], face: FaceCut
) -> tuple[ViewState, tuple[str, ...]]:
    # A state that sees no region which would show a face, and what is to be said of those that it saw.
    from viewer3d.render.face.regions import shows_face  # noqa: PLC0415 (only who hides a face needs it)

    looks, told = [], []
    for placed, look in zip(regions, state.regions, strict=True):
        seen = [one for one in placed.regions if look.sees(one.number)] if _is_rendered(look) else []
        showing = [one for one in seen if shows_face(face, placed, one)]
        told += [f"{one.name}: no surface, it would show the face" for one in showing]
        kept = tuple(one.number for one in seen if one not in showing)
        looks.append(replace(look, segments=kept) if showing else look)
    return replace(state, regions=tuple(looks)), tuple(told)


def _is_rendered(look: RegionLook) -> bool:
    return look.shown and look.rendering != NOT_RENDERED and look.opacity > 0


def _is_outer(region: AnyRegion) -> bool:
    return region.type == OUTER_TYPE or region.name.strip().casefold() in OUTER_NAMES
