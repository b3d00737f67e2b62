"""Slices of a volume in a user's own pyvista plotter: truly placed and windowed, dragged by their outlines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.inputs import given_volume
from viewer3d.core.planes import PLANES, Vector
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window
from viewer3d.render.colors import GREY
from viewer3d.render.cursor import find_place
from viewer3d.render.first_state import first_slices_state
from viewer3d.render.marks.display_list import PLANE_COLORS
from viewer3d.render.planes3d.cuts import Cut, cuts_of
from viewer3d.render.planes3d.display import Display
from viewer3d.render.planes3d.drag import NEAR_OUTLINE, pushed
from viewer3d.render.planes3d.polylines import nearest_on_line
from viewer3d.render.planes3d.slice_actors import TEXEL, SliceActors
from viewer3d.render.slices.compose import SliceSource, slice_look
from viewer3d.render.window_choice import choose_window

if TYPE_CHECKING:
    import pyvista
    from vtkmodules.vtkRenderingCore import vtkRenderWindowInteractor

PRIORITY = 1.0
"""Of what is done with the mouse: before the plotter's own style, which turns the camera."""


@dataclass(frozen=True)
class _Held:
    # An outline that was taken hold of: the cursor and the pointer then, and the outline's point, its pixel and place.
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
    volume : Volume
    window : Window
    colors : str
        Name of a colour map.
    """

    def __init__(self, plotter: pyvista.Plotter, volume: Volume, window: Window, colors: str) -> None:
        self._volume, self._plotter, self._renderer = volume, plotter, plotter.renderer
        self._state = first_slices_state(volume, window, colors)
        self._functions: list[Callable[[Vector], object]] = []
        self._held: _Held | None = None
        self._cuts: tuple[Cut, ...] = ()
        source, look, texel = SliceSource(volume), slice_look(volume, self._state), TEXEL * min(volume.spacing)
        self._slices = {name: SliceActors(source, look, texel, PLANE_COLORS[name]) for name in PLANES}
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
        world : array_like or str
            LPS mm, or words as for :func:`viewer3d.render.cursor.find_place`.

        Raises
        ------
        ViewError
            When it lies outside of the volume.
        """
        self._go(np.array(find_place(self._volume, world)))

    def on_cursor(self, function: Callable[[Vector], object]) -> None:
        """Call a function with the cursor (LPS, mm) whenever it has moved, by hand or by :meth:`move_to`."""
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
        display = Display(self._renderer)

        def on(event: str, act: Callable[[NDArray[np.float64]], bool]) -> None:
            def tell(*_: object) -> None:
                if act(np.array(interactor.GetEventPosition(), np.float64)):
                    interactor.GetCommand(tag).SetAbortFlag(1)  # it is not for the plotter's own style as well

            tag = interactor.AddObserver(event, tell, PRIORITY)  # type: ignore[arg-type]  # names do as well

        def press(pointer: NDArray[np.float64]) -> bool:
            is_here = interactor.FindPokedRenderer(*pointer.astype(int)) is self._renderer
            return is_here and self._take(display, pointer)

        on("LeftButtonPressEvent", press)
        on("MouseMoveEvent", lambda pointer: self._drag(display, pointer))
        on("LeftButtonReleaseEvent", lambda _: self._release())

    def _take(self, display: Display, pointer: NDArray[np.float64]) -> bool:
        points = [(cut, nearest_on_line(display.outline(cut), pointer, closed=True)) for cut in self._cuts]
        near = [(float(np.hypot(*(point - pointer))), n) for n, (_, point) in enumerate(points)]
        distance, nearest = min(near, default=(np.inf, 0))
        if distance > NEAR_OUTLINE:
            return False
        cut, pixel = points[nearest]
        self._held = _Held(cut, np.array(self.cursor), pointer, pixel, display.world_on(cut, pixel))
        return True

    def _drag(self, display: Display, pointer: NDArray[np.float64]) -> bool:
        held = self._held
        if held is None:
            return False
        moved, normal = pointer - held.pointer, np.array(held.cut.plane.normal, np.float64)
        rise = float(moved[1]) * display.mm_per_pixel(held.world)
        seen_along, sight = display.sight(held.pixel)[1], display.sight(held.pixel + moved)
        way = pushed(normal, held.world, seen_along, sight, rise)
        low, high = self._volume.geometry.bounds
        inset = np.minimum(min(self._volume.spacing) / 2, (high - low) / 2)
        self._go(np.clip(held.cursor + way * normal, low + inset, high - inset))
        self._plotter.render()
        return True

    def _release(self) -> bool:
        was_held, self._held = self._held is not None, None
        return was_held


def add_slices(
    plotter: pyvista.Plotter,
    volume: Volume,
    window: AnyWindow | None = None,
    at: ArrayLike | str | None = None,
    *,
    colors: str = GREY,
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
    at : array_like or str, optional
        The point the slices go through: LPS mm, ``"index:i,j,k"``, ``"center"``, ``"max"`` or ``"auto"``, see
        :func:`viewer3d.render.cursor.find_place`; without it the middle of the volume.
    colors : str
        Name of a colour map, see ``presets/colors.toml``.

    Returns
    -------
    PlotterSlices
        Tells where they are (``cursor``), moves them (``move_to``) and calls back (``on_cursor``).

    Raises
    ------
    ViewError
        When the place lies outside of the volume, or there is no such colour map.
    WindowError
        When there is no such window.
    """
    volume = given_volume(volume)
    slices = PlotterSlices(plotter, volume, choose_window(volume, window), colors)
    if at is not None:
        slices.move_to(at)
    plotter.reset_camera()  # type: ignore[call-arg]
    return slices
