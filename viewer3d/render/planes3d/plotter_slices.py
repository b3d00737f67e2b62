"""Put slices of a volume into a user's own pyvista plotter, where their outlines can be dragged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.inputs import as_volume
from viewer3d.core.layers import Overlays, PlacedLayers, place_layers
from viewer3d.core.vectors import Vector
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.render.colors import GREY
from viewer3d.render.cursor import find_place
from viewer3d.render.first_state import first_slices_state, with_first_looks
from viewer3d.render.layer_stack import LayerStack
from viewer3d.render.marks.display_list import PLANE_COLORS
from viewer3d.render.planes3d.cuts import Cut, cuts_of, in_front
from viewer3d.render.planes3d.drag import NEAR_OUTLINE, push_distance
from viewer3d.render.planes3d.polylines import nearest_on_line
from viewer3d.render.planes3d.slice_actors import TEXEL, SliceActors
from viewer3d.render.planes3d.visible_cuts import NEAREST_SHARE
from viewer3d.render.window_choice import choose_window

if TYPE_CHECKING:
    import pyvista
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindowInteractor

__all__ = ["PlotterSlices", "add_slices"]

PRIORITY = 1.0
"""Of what is done with the mouse: before the plotter's own style, which turns the camera."""


_EDGE_ON = 1e-3
"""Cosine between a slice and a line of sight below which their crossing is nowhere near what is pointed at."""


@dataclass(frozen=True)
class _Grab:
    # An outline that is dragged: the cursor and the pointer at the press, and the outline's point, pixel and world.
    cut: Cut
    cursor: NDArray[np.float64]
    pointer: NDArray[np.float64]
    pixel: NDArray[np.float64]
    world: NDArray[np.float64]


class PlotterSlices:
    """Three slices through one point in a pyvista plotter; :func:`add_slices` makes them.

    Parameters
    ----------
    plotter : pyvista.Plotter
    placed : PlacedLayers
        What they show.
    state : ViewState
        Where they are at first, and how the layers look.
    """

    def __init__(self, plotter: pyvista.Plotter, placed: PlacedLayers, state: ViewState) -> None:
        self._volume, self._plotter, self._renderer = placed.layers[0].volume, plotter, plotter.renderer
        self._state = state
        self._functions: list[Callable[[Vector], object]] = []
        self._grab: _Grab | None = None
        self._cuts: tuple[Cut, ...] = ()
        shown = LayerStack(placed.layers[0].members, placed.overlays).slice_layers(state)
        texel = TEXEL * min(self._volume.spacing)
        self._slices = {name: SliceActors(shown, texel, PLANE_COLORS[name]) for name in PLANES}
        for one in self._slices.values():
            for actor in one.actors:
                plotter.renderer.AddActor(actor)
        if plotter.iren is not None:
            self._observe(plotter.iren.interactor)
        self._go(np.array(self._state.cursor))

    @property
    def cursor(self) -> Vector:
        """The world point (LPS, mm) that all three slices go through."""
        return self._state.cursor

    def move_to(self, world: ArrayLike | str) -> None:
        """Put the slices through another point.

        Parameters
        ----------
        world : array_like of shape (3,) or str
            LPS mm, or words as for :func:`viewer3d.render.cursor.find_place`.

        Raises
        ------
        ViewError
            When it lies outside of the volume.
        """
        self._go(np.array(find_place(self._volume, world)))

    def on_cursor(self, function: Callable[[Vector], object]) -> None:
        """Call a function with the cursor (LPS, mm) whenever it has moved, by the mouse or by :meth:`move_to`."""
        self._functions.append(function)

    def _go(self, world: NDArray[np.float64]) -> None:
        before, self._state = self._state, self._state.with_cursor(world)
        old = self._cuts
        self._cuts = cuts_of(self._volume.geometry, self._state)
        for name, actors in self._slices.items():
            cut, shown = (next((one for one in cuts if one.plane.name == name), None) for cuts in (self._cuts, old))
            if cut != shown:
                actors.show(cut)
        if self._state.cursor != before.cursor:
            for function in self._functions:
                function(self._state.cursor)

    def _observe(self, interactor: vtkRenderWindowInteractor) -> None:
        projection = _Projection(self._renderer)

        def on(event: str, handler: Callable[[NDArray[np.float64]], bool]) -> None:
            def handle(*_: object) -> None:
                if handler(np.array(interactor.GetEventPosition(), np.float64)):
                    interactor.GetCommand(tag).SetAbortFlag(1)  # it is not for the plotter's own style as well

            tag = interactor.AddObserver(event, handle, PRIORITY)  # type: ignore[arg-type]  # names do as well

        def press(pointer: NDArray[np.float64]) -> bool:
            is_here = interactor.FindPokedRenderer(*pointer.astype(int)) is self._renderer
            return is_here and self._grab_at(projection, pointer)

        on("LeftButtonPressEvent", press)
        on("MouseMoveEvent", lambda pointer: self._drag(projection, pointer))
        on("LeftButtonReleaseEvent", lambda _: self._release())

    def _grab_at(self, projection: _Projection, pointer: NDArray[np.float64]) -> bool:
        points = [(cut, nearest_on_line(projection.outline(cut), pointer, closed=True)) for cut in self._cuts]
        near = [(float(np.hypot(*(point - pointer))), n) for n, (_, point) in enumerate(points)]
        distance, nearest = min(near, default=(np.inf, 0))
        if distance > NEAR_OUTLINE:
            return False
        cut, pixel = points[nearest]
        self._grab = _Grab(cut, np.array(self.cursor), pointer, pixel, projection.world_on(cut, pixel))
        return True

    def _drag(self, projection: _Projection, pointer: NDArray[np.float64]) -> bool:
        grab = self._grab
        if grab is None:
            return False
        moved, normal = pointer - grab.pointer, np.array(grab.cut.plane.normal, np.float64)
        rise = float(moved[1]) * projection.mm_per_pixel(grab.world)
        seen_along, line_of_sight = (
            projection.line_of_sight(grab.pixel)[1],
            projection.line_of_sight(grab.pixel + moved),
        )
        distance = push_distance(normal, grab.world, seen_along, line_of_sight, rise)
        low, high = self._volume.geometry.bounds
        inset = np.minimum(min(self._volume.spacing) / 2, (high - low) / 2)
        self._go(np.clip(grab.cursor + distance * normal, low + inset, high - inset))
        self._plotter.render()
        return True

    def _release(self) -> bool:
        was_grabbed, self._grab = self._grab is not None, None
        return was_grabbed


def add_slices(
    plotter: pyvista.Plotter,
    volume: Volume,
    window: AnyWindow | None = None,
    at: ArrayLike | str | None = None,
    *,
    colors: str = GREY,
    overlays: Overlays = (),
) -> PlotterSlices:
    """Put axial, coronal and sagittal slices of a volume into a user's own pyvista plotter.

    They stand where the patient is (world is LPS in mm), in the greys of the window whatever lights there are. In a
    plotter that is interactive an outline that is dragged moves its slice along its normal.

    Parameters
    ----------
    plotter : pyvista.Plotter
    volume : Volume
    window : Window or str, optional
        A window, its name, ``"center/width"``, ``"file"`` or ``"auto"``; without it ``volume.default_window``.
    at : array_like of shape (3,) or str, optional
        The point the slices go through: LPS mm, ``"ras:x,y,z"``, ``"index:i,j,k"``, ``"center"``, ``"max"`` or
        ``"auto"``, see :func:`viewer3d.render.cursor.find_place`; without it the middle of the volume.
    colors : str
        Name of a colour map, see ``presets/colors.toml``.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`; window and colours are
        those of the volume. A slice in 3D has no panes that checkerboards and split lines could part: there overlays
        lie everywhere.

    Returns
    -------
    PlotterSlices
        Tells where they are (``cursor``), moves them (``move_to``) and calls back (``on_cursor``).

    Raises
    ------
    ViewError
        When the place lies outside of the volume, there is no such colour map, or an overlay cannot be placed.
    WindowError
        When there is no such window.
    """
    base = as_volume(volume)
    placed = place_layers(base, overlays)
    state = with_first_looks(first_slices_state(base, choose_window(base, window), colors), placed)
    slices = PlotterSlices(plotter, placed, state)
    if at is not None:
        slices.move_to(at)
    plotter.reset_camera()  # type: ignore[call-arg]
    return slices


class _Projection:
    """Takes pixels of a renderer, counted from the left and from below, to world points and back.

    Parameters
    ----------
    renderer : vtkRenderer
    """

    def __init__(self, renderer: vtkRenderer) -> None:
        self._renderer = renderer

    def outline(self, cut: Cut) -> NDArray[np.float64]:
        """Return the pixels around a cut, shape (N, 2); one far away when none of it is before the eye."""
        camera, corners = self._renderer.GetActiveCamera(), np.array(cut.corners)
        if not camera.GetParallelProjection():
            least = NEAREST_SHARE * camera.GetDistance()
            corners = in_front(corners, camera.GetPosition(), camera.GetDirectionOfProjection(), least)
        pixels = [self._from_world(corner)[:2] for corner in corners]
        return np.array(pixels) if pixels else np.full((1, 2), np.inf)

    def world_on(self, cut: Cut, pixel: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the world point (mm), shape (3,), of a cut's plane that a pixel sees.

        Of a cut that is seen from its edge, its nearest corner.
        """
        start, ray = self.line_of_sight(pixel)
        normal, corners = np.array(cut.plane.normal, np.float64), np.array(cut.corners)
        if abs(normal @ ray) >= _EDGE_ON * np.linalg.norm(ray):
            return np.add(start, ray * float(normal @ (corners[0] - start)) / float(normal @ ray))
        away = [float(np.linalg.norm(self._from_world(corner)[:2] - pixel)) for corner in corners]
        return np.array(corners[int(np.argmin(away))], np.float64)

    def line_of_sight(self, pixel: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the point (mm) nearest to the eye and the direction of a pixel's line of sight, each (3,)."""
        near, far = (self._to_world((*pixel, depth)) for depth in (0.0, 1.0))
        return near, far - near

    def mm_per_pixel(self, world: NDArray[np.float64]) -> float:
        """Return how large a pixel (mm) is at the depth of a world point (mm), shape (3,)."""
        x, y, depth = self._from_world(world)
        return float(np.linalg.norm(self._to_world((x, y + 1, depth)) - self._to_world((x, y, depth))))

    def _to_world(self, display: ArrayLike) -> NDArray[np.float64]:
        self._renderer.SetDisplayPoint(*np.asarray(display, np.float64))
        self._renderer.DisplayToWorld()
        x, y, z, scale = self._renderer.GetWorldPoint()
        return np.array((x, y, z), np.float64) / scale

    def _from_world(self, world: NDArray[np.float64]) -> NDArray[np.float64]:
        self._renderer.SetWorldPoint([*world.tolist(), 1.0])
        self._renderer.WorldToDisplay()
        return np.array(self._renderer.GetDisplayPoint(), np.float64)
