"""The layers of a scene with what samples them, kept from one picture to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.images.image2d import ONE_PANE, flat_of
from viewer3d.core.layers import Overlays, PlacedLayer, place_layers
from viewer3d.core.members import check_member
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.measurements.cache import MeasurementCache
from viewer3d.render.marks.annotations import identity_marks, slice_marks
from viewer3d.render.marks.display_list import DisplayList, Ramp, Text
from viewer3d.render.marks.labels import PlacedLabel
from viewer3d.render.marks.layer_labels import Readout, identity_lines, layer_labels, read_layers
from viewer3d.render.marks.measurements import measurement_marks, placed_labels
from viewer3d.render.marks.metrics import pane_metrics
from viewer3d.render.marks.region_labels import read_regions_at, region_labels
from viewer3d.render.pane_notes import LayerNotes
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.compose import Recent, SliceLayer, SliceLayers, SliceSource, slice_look
from viewer3d.render.slices.pixels import PanePixels, pane_pixels
from viewer3d.render.slices.slab import is_inside

if TYPE_CHECKING:
    from viewer3d.core.graphics.slice_graphics import Graphics
    from viewer3d.render.color_slices import ColorSource
    from viewer3d.render.slices.regions import RegionSource


class LayerStack:
    """The layers that states show, the base first.

    Parameters
    ----------
    volume : Volume or sequence of Volume
        The base; several are a 4-D set.
    overlays : sequence of Layer or data
        See :func:`viewer3d.core.layers.place_layers`.
    keeps_values : bool
        Whether the values that each plane showed last are kept, for pictures that follow one another.

    Attributes
    ----------
    placed : PlacedLayers
    notes : LayerNotes

    Raises
    ------
    ViewError
        When volumes do not belong together, or an overlay cannot be placed.
    """

    def __init__(
        self, volume: Volume | Sequence[Volume], overlays: Overlays = (), *, keeps_values: bool = False
    ) -> None:
        self.placed = place_layers(volume, overlays)
        self.notes = LayerNotes(self.placed)
        self._results: dict[tuple[int, int], MeasurementCache] = {}
        self._sources: list[list[SliceSource]] = []
        if any(flat_of(layer.volume) for layer in self.layers) and len(self.layers) + len(self.regions) > 1:
            raise ViewError("an image lies in no space: nothing can be laid over it, and it over nothing")
        self._color_source = _color_source(self.layers, keeps_values=keeps_values)
        for layer in self.layers:
            recent: Recent | None = {} if keeps_values else None  # the members of a set share it
            self._sources.append([SliceSource(member, recent) for member in layer.members])
        self._region_sources = _region_sources(self.regions, keeps_labels=keeps_values)

    @property
    def layers(self) -> tuple[PlacedLayer, ...]:
        """The base and what has values over it."""
        return self.placed.layers

    @property
    def regions(self) -> tuple[PlacedRegions, ...]:
        """The segmentations and structure sets over all layers."""
        return self.placed.regions

    def check(self, state: ViewState) -> None:
        """Check that a state is for these layers.

        Raises
        ------
        ViewError
            When it has more or fewer looks than there are layers, or a layer has no such member.
        """
        if len(state.layers) != len(self.layers):
            raise ViewError(
                f"the state shows {len(state.layers)} layers, and here are {len(self.layers)} "
                f"({', '.join(layer.name for layer in self.layers)}): give the overlays that it was made with"
            )
        if len(state.regions) != len(self.regions):
            raise ViewError(
                f"the state shows {len(state.regions)} segmentations or structure sets, and here are "
                f"{len(self.regions)}: give the overlays that it was made with"
            )
        for layer, look in zip(self.layers, state.layers, strict=True):
            check_member(layer.members, look.member)
        if flat_of(self.layers[0].volume) is not None:
            is_thick = state.slab.thickness > 0
            if state.view != "axial" or state.is_oblique or is_thick:
                what = f"a slab of {state.slab.thickness:g} mm" if is_thick else f"view {state.view}"
                raise ViewError(f"{'oblique planes' if state.is_oblique else what}: {ONE_PANE}")

    def volume(self, state: ViewState, number: int = 0) -> Volume:
        """Return the volume of a layer that a state shows: of a 4-D set its member."""
        return self.layers[number].members[state.layers[number].member]

    def results(self, state: ViewState) -> MeasurementCache:
        """Return the results of measurements on the active layer of a state; none is measured twice."""
        key = state.active, state.layers[state.active].member
        if key not in self._results:
            layer = self.layers[state.active]
            self._results[key] = MeasurementCache(layer.members[key[1]], layer.name if state.active else "")
        return self._results[key]

    def source(self, state: ViewState, number: int = 0) -> SliceSource:
        """Return what samples the volume of a layer that a state shows."""
        return self._sources[number][state.layers[number].member]

    def sources(self, number: int = 0) -> Sequence[SliceSource]:
        """Return what samples the members of a layer."""
        return self._sources[number]

    def regions_present(self, state: ViewState, pixels: PanePixels) -> list[frozenset[int]]:
        """Return the numbers of the regions that pixels of a state show, set by set."""
        pairs = zip(self._region_sources, state.regions, strict=True)
        return [source.seen(pixels, look).present() if look.shown else frozenset() for source, look in pairs]

    def region_key(self, state: ViewState, pane: PaneGeometry, marks: DisplayList) -> DisplayList:
        """List the key of all regions that are seen; where there is no room for that, of those in a pane.

        Parameters
        ----------
        state : ViewState
        pane : PaneGeometry
        marks : tuple of Mark
            What is drawn over the pane otherwise.
        """
        from viewer3d.render.marks.region_key import pane_key, pane_key_rows, region_entries  # noqa: PLC0415 (see below)

        page = pane_metrics(state, pane.size)
        others = (*marks, *identity_marks(page, identity_lines(self.layers, state), marks))
        entries = region_entries(self.regions, state.regions)
        if 0 < pane_key_rows(page, others)[1] < len(entries):
            present = self.regions_present(state, pane_pixels(state, pane))
            entries = region_entries(self.regions, state.regions, present)
        return pane_key(page, entries, others)

    def slice_marks(self, state: ViewState, name: PlaneName, pane: PaneGeometry) -> DisplayList:
        """List what is drawn over a slice pane of a state: its texts, and the measurements it shows."""
        readout = self.readout(state, name)
        written = self._written(state, name, pane, readout)
        others: DisplayList = ()
        if state.measurements:
            # Where labels stand does not hang on where one points.
            others = _texts(written if readout is None else self._written(state, name, pane, None))
        geometry = self.layers[0].volume.geometry
        return (*written, *measurement_marks(geometry, state, pane, self.results(state), others=others))

    def seen_values(self, state: ViewState, pane: PaneGeometry) -> NDArray[Any]:
        """Return the values, shape (N,), that a slice pane shows of the active layer, in its unit."""
        values = self.source(state, state.active).values(pane_pixels(state, pane), state.interpolation)
        inside: NDArray[Any] = values[is_inside(values)]
        return inside

    def placed_labels(
        self, state: ViewState, name: PlaneName, pane: PaneGeometry
    ) -> tuple[tuple[int, PlacedLabel], ...]:
        """Return where labels stand in a slice pane of a state, each with the index of its measurement."""
        if not state.measurements:
            return ()
        others = _texts(self._written(state, name, pane, None))
        return placed_labels(self.layers[0].volume.geometry, state, pane, self.results(state), others)

    def _written(self, state: ViewState, name: PlaneName, pane: PaneGeometry, readout: Readout | None) -> DisplayList:
        labels = layer_labels(self.layers, state)
        regions = region_labels(self.layers[0], self.regions, state)
        marks = slice_marks(state, pane, labels, readout, regions, geometry=self.counted(state))
        if state.key_images:
            marks = (*marks, *self.key_image_sign(state, pane, marks))
        if regions and name == state.panes[0]:
            return (*marks, *self.region_key(state, pane, marks))
        return marks

    def readout(self, state: ViewState, name: PlaneName) -> Readout | None:
        """Return what a state's pointer points at in a slice pane; None where it is elsewhere."""
        pointer = state.pointer
        if pointer is None or pointer.pane != name:
            return None
        readout = read_layers(self.layers, state, pointer.world)
        pointed = read_regions_at(self.regions, state, pointer.world)
        return replace(readout, regions=pointed) if pointed else readout

    def counted(self, state: ViewState) -> Geometry | None:
        """Return the grid whose images are counted in slice panes: that of the base, where a state shows it."""
        return self.layers[0].volume.geometry if state.layers[0].shown else None

    def key_image_sign(self, state: ViewState, pane: PaneGeometry, others: DisplayList) -> DisplayList:
        """List the sign of a pane whose slice is a key image, beside other marks."""
        from viewer3d.render.signs.key_image_marks import key_image_marks  # noqa: PLC0415 (few views have any)

        return key_image_marks(self.layers[0].volume.geometry, state, pane, others)

    def slice_layers(self, state: ViewState) -> SliceLayers:
        """Return what slices of a state are composed of: layers and regions, the lowest first, and graphics."""
        layers = (
            SliceLayer(self.source(state, number), slice_look(self.volume(state, number), state, number))
            for number, look in enumerate(state.layers)
            if look.shown
        )
        shown = (self.volume(state, n).graphics for n, look in enumerate(state.layers) if look.shown and look.graphics)
        graphics = [one for one in shown if one is not None]
        if self._color_source is not None and state.layers[0].shown:
            from viewer3d.render.color_slices import ColorSlice  # noqa: PLC0415 (see below)

            base, *over = layers
            return ColorSlice(self._color_source, base.look), *over, *self._over(state, graphics)
        if not self._region_sources and not graphics:
            return tuple(layers)
        return (*layers, *self._over(state, graphics))

    def _over(self, state: ViewState, graphics: Sequence[Graphics]) -> SliceLayers:
        # Imported on call, as below: most pictures have neither.
        from viewer3d.render.slices.graphics import GraphicsSlice  # noqa: PLC0415
        from viewer3d.render.slices.regions import RegionSlice  # noqa: PLC0415

        pairs = zip(self._region_sources, state.regions, strict=True)
        regions = (RegionSlice(source, look) for source, look in pairs if look.shown)
        return (*regions, *map(GraphicsSlice, graphics))


def _texts(marks: DisplayList) -> DisplayList:
    return tuple(one for one in marks if isinstance(one, Text | Ramp))


def _region_sources(regions: Sequence[PlacedRegions], *, keeps_labels: bool) -> list[RegionSource]:
    if not regions:
        return []
    from viewer3d.render.slices.regions import RegionSource  # noqa: PLC0415 (see above)

    return [RegionSource(one, keeps_labels=keeps_labels) for one in regions]


def _color_source(layers: Sequence[PlacedLayer], *, keeps_values: bool) -> ColorSource | None:
    flat = flat_of(layers[0].volume) if layers else None
    if flat is None or not flat.channels:
        return None
    from viewer3d.render.color_slices import ColorSource  # noqa: PLC0415 (see above)

    return ColorSource(flat, keeps_values=keeps_values)
