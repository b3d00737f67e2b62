"""The sections that panes of figures show: where they lie, and their pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.layers import Overlays, PlacedLayer
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.planes import PLANES, Plane, PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.labels import ValueScale, layer_scales
from viewer3d.figures.pages.page import DrawnSlice
from viewer3d.figures.regions.present import regions_present
from viewer3d.figures.style import Style
from viewer3d.render.first_state import with_first_looks
from viewer3d.render.layer_stack import LayerStack
from viewer3d.render.marks.display_list import BLACK, Color, DisplayList
from viewer3d.render.marks.layer_labels import LayerLabel, identity_lines, layer_labels
from viewer3d.render.marks.measurements import measurement_marks
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.note_marks import PaneNotes
from viewer3d.render.marks.region_key import KeyEntry, level_entries, region_entries
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.compose import SliceLayers, compose
from viewer3d.render.slices.pixels import PanePixels

if TYPE_CHECKING:
    from viewer3d.render.volume.request import RenderRequest

WorldBox = tuple[Vector, Vector]
"""Lowest and highest corner (LPS, mm)."""


@dataclass(frozen=True)
class Section:
    """A plane through a volume, and the box of which a pane shows all.

    Attributes
    ----------
    plane : Plane
        As it lies in the patient; it may be oblique.
    point : tuple of float
        A world point (LPS, mm) on it.
    box : tuple of tuple of float
        What is to be seen, its middle in the pane's.
    """

    plane: Plane
    point: Vector
    box: WorldBox

    @property
    def sides(self) -> tuple[float, float]:
        """Width and height in mm of what is to be seen; of an oblique plane as if it were not."""
        plane, extent = PLANES[self.plane.name], np.subtract(*self.box[::-1])
        wide, high = self.plane.seen_sides([extent @ np.abs(plane.right), extent @ np.abs(plane.down)]).tolist()
        return wide, high

    def pane(self, mm_per_pixel: float, size: tuple[int, int]) -> PaneGeometry:
        """Return a pane of so many pixels, each of so many mm, with the box in its middle."""
        right, down, normal = (np.array(one) for one in (self.plane.right, self.plane.down, self.plane.normal))
        origin = np.mean(self.box, axis=0) - mm_per_pixel * ((size[0] - 1) / 2 * right + (size[1] - 1) / 2 * down)
        origin += ((np.array(self.point) - origin) @ normal) * normal
        return PaneGeometry(self.plane, vector(origin), mm_per_pixel, size)

    def fitted(self, size: tuple[int, int], free: float) -> PaneGeometry:
        """Return a pane of so many pixels that shows the whole box, with some of them free on each side."""
        mm = max(side / max(room - 2 * free, 1) for side, room in zip(self.sides, size, strict=True))
        return self.pane(mm, size)


def box_around(*geometries: Geometry) -> WorldBox:
    """Return the box around grids, in LPS mm."""
    low = np.min([geometry.bounds[0] for geometry in geometries], axis=0)
    high = np.max([geometry.bounds[1] for geometry in geometries], axis=0)
    return vector(low), vector(high)


def sections_of(state: ViewState, planes: Iterable[PlaneName], geometry: Geometry) -> list[Section]:
    """Return the sections of a volume by the planes of a state, through its cursor."""
    box = box_around(geometry)
    return [Section(state.plane_on_screen(name), state.cursor, box) for name in planes]


def check_plane(plane: str) -> PlaneName:
    """Return the name of a plane.

    Raises
    ------
    ViewError
        When there is no such plane.
    """
    if plane not in PLANES:
        raise ViewError(f"no plane is named {plane!r}: give one of {', '.join(PLANES)}")
    return plane


class SliceDrawer:
    """Draws sections of a volume and what lies over it.

    Parameters
    ----------
    volume : Volume
        The member of a set that states show does not count: it is this volume that is drawn.
    overlays : sequence of Layer or data
        From the lowest to the highest, see :func:`viewer3d.core.layers.place_layers`.
    ground : tuple of int
        Red, green and blue, 0 to 255, of what lies outside of all layers.
    """

    def __init__(self, volume: Volume, overlays: Overlays = (), *, ground: Color = BLACK) -> None:
        self.volume = volume
        self._ground = ground
        self._stack = LayerStack(volume, overlays)

    @property
    def layers(self) -> tuple[PlacedLayer, ...]:
        """The volume and what lies over it."""
        return self._stack.layers

    @property
    def regions(self) -> tuple[PlacedRegions, ...]:
        """The segmentations and structure sets over the layers."""
        return self._stack.regions

    def layered(self, state: ViewState) -> ViewState:
        """Return a state with a first look for each layer that it has none for.

        Raises
        ------
        ViewError, WindowError
            When it has looks of more layers than there are, or a layer cannot look as was asked for.
        """
        state = with_first_looks(state, self._stack.placed)
        self._stack.check(_of_one(state))
        return state

    def values(self, pane: PaneGeometry, state: ViewState) -> NDArray[Any]:
        """Sample the volume at a pane's pixels, with the slab and interpolation of a state.

        Returns (height, width) values in the unit of the volume, or (height, width, 3) of one in colours.
        See :meth:`viewer3d.render.slices.compose.SliceSource.values`.
        """
        return self._stack.sources()[0].values(PanePixels(pane, state.slab), state.interpolation)

    def slice_layers(self, state: ViewState) -> SliceLayers:
        """Return what slices of a state are composed of, the lowest first."""
        return self._stack.slice_layers(_of_one(state))

    def pixels(self, pane: PaneGeometry, state: ViewState, line_scale: float = 1.0) -> NDArray[np.uint8]:
        """Draw a pane with the windows, slab and colours of a state: (height, width, 3) uint8.

        Outlines and lines of levels are by ``line_scale`` wider than on a screen.
        """
        return compose(self.slice_layers(state), PanePixels(pane, state.slab, line_scale), self._ground)

    def drawn(self, pane: PaneGeometry, state: ViewState, line_scale: float = 1.0) -> DrawnSlice:
        """Return what :meth:`pixels` draws a pane of."""
        looks = _of_one(state).layers
        names = tuple(layer.name for layer, look in zip(self.layers, looks, strict=True) if look.shown)
        return DrawnSlice(self.slice_layers(state), names, PanePixels(pane, state.slab, line_scale), self._ground)

    def labels(self, state: ViewState) -> tuple[LayerLabel, ...]:
        """Return what is to be written of the layers that slices of a state show, the base first."""
        return layer_labels(self.layers, _of_one(state), marks_active=False)

    def identity(self, state: ViewState) -> tuple[str, ...]:
        """List the lines that name the patient, where the layers hold them."""
        return identity_lines(self.layers, _of_one(state))

    def notes(self, pane: PaneGeometry, state: ViewState) -> PaneNotes:
        """Return what a pane tells of its data: what was mended, and what it does not show."""
        return self._stack.notes.of_slice(_of_one(state), pane)

    def volume_notes(self, state: ViewState, request: RenderRequest) -> PaneNotes:
        """Return the same of a 3D rendering."""
        return self._stack.notes.of_volume(_of_one(state), 0, request, "still")

    def scale(self, state: ViewState) -> ValueScale:
        """Return the scale of a value bar of the volume in a state's slices."""
        return layer_scales(self.labels(state.with_look(0, shown=True))[:1])[0]

    def overlay_scales(self, state: ViewState) -> list[ValueScale]:
        """Return the scales of value bars of the overlays whose looks have one, the uppermost first."""
        overlays = self.labels(state.with_look(0, shown=True))[1:]
        return layer_scales([one for one in overlays if one.look.value_bar])

    def scales(self, state: ViewState) -> list[ValueScale]:
        """Return the scales of all value bars of a state's slices, the uppermost layer's first."""
        return [*self.overlay_scales(state), *([self.scale(state)] if state.layers[0].shown else [])]

    def key(self, state: ViewState, style: Style, sections: Iterable[Section] | None = None) -> tuple[KeyEntry, ...]:
        """Return the rows of a page's key: of the lines of levels and of the regions that its panes show.

        Parameters
        ----------
        state : ViewState
        style : Style
            Whether there is a key.
        sections : iterable of Section, optional
            What the panes show; without it all.
        """
        if style.legend is False:
            return ()
        levels = level_entries(self.labels(state))
        if not any(look.shown for look in state.regions):
            return levels
        present = None
        if sections is not None:
            planes = [(section.plane, section.point) for section in sections]
            present = [regions_present(one, planes, state.slab.thickness) for one in self._stack.regions]
        return (*levels, *region_entries(self._stack.regions, state.regions, present))

    @property
    def has_several(self) -> bool:
        """Whether anything lies over the volume."""
        return len(self.layers) > 1

    def measurements(
        self, pane: PaneGeometry, state: ViewState, page: MarkMetrics, others: DisplayList = ()
    ) -> DisplayList:
        """List the marks of a state's measurements that lie in a pane, their labels beside other marks."""
        results = self._stack.results(_of_one(state))
        return measurement_marks(self.volume.geometry, state, pane, results, page, others=others)


def _of_one(state: ViewState) -> ViewState:
    # A state of a 4-D set, for the one volume of it that a figure was given.
    return state.with_look(0, member=0) if state.layers[0].member else state
