"""The context of gestures: which pane a pixel is in, and where that is in the patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.keys.screen_traits import ON_DESKTOP, ScreenTraits
from viewer3d.core.geometry import Geometry
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.layers import PlacedLayer
from viewer3d.core.series_info import Which
from viewer3d.core.vectors import Vector
from viewer3d.core.view.link import cursor_bounds
from viewer3d.core.view.planes import PaneName, Plane, PlaneName
from viewer3d.core.view.state import Box, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.face.removal import face_of
from viewer3d.render.marks.labels import PlacedLabel
from viewer3d.render.panes import PaneGeometry, Rect, layout, pane_geometry
from viewer3d.render.scene import Scene, labels_of
from viewer3d.render.volume.transfer import choose_preset, offered_presets, transfer_function
from viewer3d.render.volume.volume_look import volume_look
from viewer3d.render.window_choice import digit_windows
from viewer3d.settings.read import settings_or_built_in
from viewer3d.settings.values import Settings

_MOST_HU = 3071.0
"""HU: the highest of 12 bits from -1024 on; beyond is metal, which would make a drag too coarse for tissue."""

_LEAST_PART = 1e-9
"""Component of a unit direction below which it is perpendicular to an axis."""


@dataclass(frozen=True)
class EventPosition:
    """A pixel of the picture, and the pane it is in.

    Attributes
    ----------
    x, y : float
        Column and row in the picture, in pixels from the left and the top.
    pane : str, optional
        None between panes and outside of the picture.
    """

    x: float
    y: float
    pane: PaneName | None = None

    @property
    def plane(self) -> PlaneName | None:
        """The slice pane that the pixel is in; None in the 3D pane or in none."""
        return None if self.pane == "3d" else self.pane


@dataclass(frozen=True, eq=False)
class LayerContext:
    """What gestures need of one layer besides the state.

    Attributes
    ----------
    name : str
        What it is called.
    value_span : float
        Between the lowest and the highest value of the volume, in its unit: what a drag of 1024 pixels changes.
    windows : tuple of Window or None
        The named windows for such values in the order of their digits, from 1; None for a digit without one.
    window_values : callable
        Takes values; returns those that a window is found from, see :meth:`viewer3d.Volume.window_values`.
    which : tuple of dict
        What distinguishes each member of a 4-D set; one entry for a single volume.
    has_graphics : bool
        Whether it was loaded with graphics, overlay planes or shutters of its files.
    window_names : tuple of str
        Of the named windows, in the same order.
    unit : str
        Of the values; empty where it is not known.
    """

    name: str
    value_span: float
    windows: tuple[Window | None, ...]
    window_values: Callable[[NDArray[Any]], NDArray[Any]]
    which: tuple[Which, ...]
    has_graphics: bool = False
    window_names: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, eq=False)
class RegionContext:
    """What gestures need of a segmentation or structure set besides the state.

    Attributes
    ----------
    name : str
        What it is called.
    names : mapping of int to str
        Of its regions, by number, in the order of the file.
    middle : callable
        Takes the number of a region; returns a point in the middle of its largest slice (LPS, mm), or None.
    places : dict of int to tuple of float
        Where the cursor has gone for regions, by number.
    """

    name: str
    names: Mapping[int, str]
    middle: Callable[[int], Vector | None]
    places: dict[int, Vector] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Context:
    """What gestures need besides the state: it stays the same for the layers of a scene and one size.

    Attributes
    ----------
    geometry : Geometry
        Of the base.
    size : tuple of int
        Width and height of the picture in pixels.
    first : ViewState
        The first state, which reset returns to.
    layers : tuple of LayerContext
        What they need of each layer, the base first.
    renderings : tuple of str
        Names of the transfer functions for values of the base, in their order.
    is_in_hu : bool
        Whether values of the base are in HU.
    shift_step : callable
        Takes the name of a transfer function; returns one step of its shift, in the unit of the values.
    visible_extent : callable
        Takes a state; returns the box around all that its 3D pane shows.
    pane_values : callable
        Takes a state and a plane; returns the values that the slice pane shows of the active layer, (N,).
    has_face : callable
        Returns whether a face is found in the base, which can be hidden.
    regions : tuple of RegionContext
        What they need of each segmentation and structure set, the lowest first.
    own_colors : tuple of str
        Colour maps of a person's own, in full, which come after the built-in ones.
    is_flat : bool
        Whether the base is an image that lies in no space: there is no crosshair to take hold of.
    is_colored : bool
        Whether the base is an image in colour, which is shown as it is: no window or colour map applies to it.
    placed_labels : callable
        Takes a state and a plane; returns where labels of measurements stand in the slice pane, each with the index of
        its measurement.
    screen : ScreenTraits
        What it is shown on.
    """

    geometry: Geometry
    size: tuple[int, int]
    first: ViewState
    layers: tuple[LayerContext, ...]
    renderings: tuple[str, ...]
    is_in_hu: bool
    shift_step: Callable[[str], float]
    visible_extent: Callable[[ViewState], Box]
    pane_values: Callable[[ViewState, PlaneName], NDArray[Any]]
    has_face: Callable[[], bool] = lambda: False
    regions: tuple[RegionContext, ...] = ()
    own_colors: tuple[str, ...] = ()
    is_flat: bool = False
    is_colored: bool = False
    placed_labels: Callable[[ViewState, PlaneName], tuple[tuple[int, PlacedLabel], ...]] = lambda *_: ()
    screen: ScreenTraits = ON_DESKTOP

    def active(self, state: ViewState) -> LayerContext:
        """Return what gestures need of the active layer."""
        return self.layers[state.active]

    def locate(self, state: ViewState, x: float, y: float) -> EventPosition:
        """Return a pixel of the picture with the pane it is in."""
        found = (name for name, rect in layout(state.shown, self.size).items() if rect.contains(x, y))
        return EventPosition(x, y, next(found, None))

    def shows(self, state: ViewState, position: EventPosition) -> bool:
        """Return whether the pane of a position is shown: a key may have chosen others since."""
        return position.pane is None or position.pane in layout(state.shown, self.size)

    def rect(self, state: ViewState, pane: PaneName) -> Rect:
        """Return where a pane that is shown lies in the picture."""
        return layout(state.shown, self.size)[pane]

    def pane(self, state: ViewState, plane: PlaneName) -> PaneGeometry:
        """Return where the pixels of a slice pane that is shown lie in the patient."""
        return pane_geometry(self.geometry, state, plane, self.rect(state, plane).size)

    def to_pane(self, state: ViewState, position: EventPosition, pane: PaneName) -> tuple[float, float]:
        """Return column and row of a position, counted from the left and top of a pane."""
        rect = self.rect(state, pane)
        return position.x - rect.left, position.y - rect.top

    def to_world(self, state: ViewState, position: EventPosition, plane: PlaneName) -> NDArray[np.float64]:
        """Return the world point (LPS mm, shape (3,)) of a position, on the slice that a pane shows."""
        return self.pane(state, plane).to_world(self.to_pane(state, position, plane))

    def crosshair(self, state: ViewState, pane: PaneName) -> EventPosition:
        """Return the pixel that the crosshair is at in a pane that is shown; in the 3D pane its middle."""
        rect = self.rect(state, pane)
        middle = rect.width / 2, rect.height / 2
        x, y = middle if pane == "3d" else self.pane(state, pane).to_pixel(state.cursor).tolist()
        return EventPosition(rect.left + x, rect.top + y, pane)

    def slice_step(self, plane: Plane) -> float:
        """Return the distance from slice to slice along a plane's normal: one voxel, in mm."""
        return self.geometry.step(plane.normal)

    @property
    def cursor_bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lowest and highest point (LPS mm, shape (3,)) for the cursor: the outer voxels' centres."""
        return cursor_bounds(self.geometry)

    def cursor_range(self, state: ViewState, plane: PlaneName) -> tuple[float, float]:
        """Return how far the cursor can move against and along a plane's normal: mm, at most 0 and at least 0."""
        normal, cursor = np.array(state.plane(plane).normal, np.float64), np.array(state.cursor)
        axes = np.abs(normal) > _LEAST_PART
        ends = [(end - cursor)[axes] / normal[axes] for end in self.cursor_bounds]
        back, on = np.minimum(*ends).max(), np.maximum(*ends).min()
        return min(float(back), 0.0), max(float(on), 0.0)

    def clamp_cursor(self, world: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point nearest to a world point (LPS mm, shape (3,)) within :attr:`cursor_bounds`."""
        return np.clip(world, *self.cursor_bounds)


def make_context(scene: Scene, first: ViewState, own: Settings | None = None) -> Context:
    """Return the context of gestures for a scene and its first state.

    Parameters
    ----------
    scene : Scene
    first : ViewState
    own : Settings, optional
        Windows, transfer functions and colour maps of a person's own; without it as their file has them.
    """
    own = settings_or_built_in()[0] if own is None else own
    volume = scene.volumes[0]
    in_hu, flat = volume.unit == "HU", flat_of(volume)
    return Context(
        geometry=volume.geometry,
        size=scene.size,
        first=first.with_look(0, rendering=choose_preset(volume).name),
        layers=tuple(_layer_context(layer, own) for layer in scene.layers),
        renderings=offered_presets(volume, (one.own.text for one in own.transfer_functions)),
        is_in_hu=in_hu,
        shift_step=cache(lambda rendering: transfer_function(volume, choose_preset(volume, rendering)).step),
        visible_extent=lambda state: volume_look(volume, state).extent(volume),
        pane_values=scene.seen,
        has_face=lambda: face_of(volume) is not None,
        regions=tuple(
            RegionContext(one.name, {region.number: region.name for region in one.regions}, one.middle)
            for one in scene.regions
        ),
        own_colors=tuple(one.own.text for one in own.colors),
        is_flat=flat is not None,
        is_colored=flat is not None and bool(flat.channels),
        placed_labels=partial(labels_of, scene),
    )


def _layer_context(layer: PlacedLayer, own: Settings) -> LayerContext:
    volume = layer.volume
    windows = digit_windows(volume, (one.row for one in own.windows))
    return LayerContext(
        name=layer.name,
        value_span=value_span(volume),
        windows=tuple(window for _, window in windows),
        window_values=volume.window_values,
        which=tuple(one.which for one in layer.members),
        has_graphics=layer.has_graphics,
        window_names=tuple(name for name, _ in windows),
        unit=volume.unit,
    )


def value_span(volume: Volume) -> float:
    """Return the span of a volume's values, in their unit; never 0. Drags of the window are scaled to it.

    In HU the range of 12 bits at most, of an even sample; of all else every voxel counts, for the highest uptake of PET
    may be in few.
    """
    values = np.minimum(volume.window_values(), _MOST_HU) if volume.is_like_hu else volume.voxels
    if not values.size:
        return 1.0
    low, high = float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
    return high - low if np.isfinite(high - low) and high > low else 1.0


Gesture = Callable[[ViewState, Context, EventPosition], ViewState]
"""What a key, a click or the wheel does: takes the state, the context and the position; returns the next state."""

Drag = Callable[[ViewState, Context, EventPosition, EventPosition], ViewState]
"""What a drag does: takes the state at the press, the context, where it was pressed and where the pointer is."""
