"""Draw the states of layers: slice panes and a 3D pane in one picture, each again when it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.layers import Overlays, PlacedLayer, PlacedLayers
from viewer3d.core.notes.note import Note
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.view.planes import PaneName, PlaneName, View
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.measurements.cache import MeasurementCache
from viewer3d.render.colors import fill_with
from viewer3d.render.display.device_pixels import DevicePixels
from viewer3d.render.first_state import first_state, shows_3d, with_first_looks
from viewer3d.render.layer_stack import LayerStack
from viewer3d.render.marks.annotations import identity_marks
from viewer3d.render.marks.display_list import EMPTY, DisplayList, on_ground
from viewer3d.render.marks.labels import PlacedLabel
from viewer3d.render.marks.layer_labels import identity_lines
from viewer3d.render.marks.metrics import pane_metrics
from viewer3d.render.marks.note_marks import PaneNotes, PlacedNotes, place_notes
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import PaneGeometry, Rect, check_size, layout, pane_geometry
from viewer3d.render.panes3d.scene_pane import ScenePane3D
from viewer3d.render.panes3d.volume_pane import Drawn3D, Quality
from viewer3d.render.slices.compose import SliceLayers, compose
from viewer3d.render.slices.pixels import PanePixels

if TYPE_CHECKING:
    from viewer3d.render.volume.request import RenderRequest

__all__ = ["Scene"]

BORDER = (38, 40, 44)
"""Red, green and blue of the line between panes: it parts black from black and no more."""


class Scene:
    """Draws states of a volume or 4-D set and what lies over it, each pane when it changed.

    Parameters
    ----------
    volume : Volume or sequence of Volume
        Several belong together: times, echoes or b-values on one grid.
    size : tuple of int
        Width and height of the picture in pixels.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest.

    Raises
    ------
    ViewError
        When the size is not one a picture can have, volumes do not belong together, or an overlay cannot be placed.

    Examples
    --------
    >>> with Scene(volume) as scene:                       # doctest: +SKIP
    ...     scene.apply(first_state(volume))
    ...     pixels = scene.screenshot()
    """

    def __init__(
        self, volume: Volume | Sequence[Volume], size: tuple[int, int] = (1200, 900), *, overlays: Overlays = ()
    ) -> None:
        self._stack = LayerStack(volume, overlays, keeps_values=True)
        self._volumes = self.layers[0].members
        self._member = 0
        self._view: View | None
        self.resize(size)
        self._state: ViewState | None = None
        self._drawn: dict[PaneName, object] = {}
        self._marks: dict[PaneName, DisplayList] = {}
        self._signs: dict[PaneName, PlacedNotes] = {}
        self._pane_3d = ScenePane3D(self._volumes)
        self._results = MeasurementCache(self._volumes[0])
        self._raster = Rasterizer()

    @property
    def volume(self) -> Volume:
        """The volume that is drawn: of a set the member of the applied state, or the first."""
        return self._volumes[self._member]

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """All volumes of the base that can be drawn."""
        return self._volumes

    @property
    def layers(self) -> tuple[PlacedLayer, ...]:
        """The base and what lies over it, all in the world of the base."""
        return self._stack.layers

    @property
    def placed(self) -> PlacedLayers:
        """All that can be shown: the layers, and the regions over them."""
        return self._stack.placed

    @property
    def regions(self) -> tuple[PlacedRegions, ...]:
        """The segmentations and structure sets over the layers, in the world of the base."""
        return self._stack.regions

    @property
    def results(self) -> MeasurementCache:
        """The results of measurements on the active layer; before a state was applied, on the base."""
        return self._results if self._state is None else self._stack.results(self._state)

    def results_of(self, state: ViewState) -> MeasurementCache:
        """Return the results of measurements on the active layer of a state; none is measured twice.

        Raises
        ------
        ViewError
            When the state is for other layers or members.
        """
        self._stack.check(state)
        return self._stack.results(state)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels."""
        return self._size

    @property
    def state(self) -> ViewState | None:
        """The state that was applied last."""
        return self._state

    @property
    def not_shown(self) -> tuple[Note, ...]:
        """What the picture of the applied state does not show of the data, each once; see docs/notes.md."""
        found = (note for name in self.rects() for note in self._signs[name].notes.missing)
        return tuple(dict.fromkeys(found))

    def rects(self) -> dict[PaneName, Rect]:
        """Return where the panes of the applied state lie in the picture."""
        return layout(self._applied().shown, self._size)

    def pane(self, name: PlaneName) -> PaneGeometry:
        """Return where the pixels of a slice pane of the applied state lie in the patient."""
        return pane_geometry(self.volume.geometry, self._applied(), name, self.rects()[name].size)

    def seen(self, state: ViewState, name: PlaneName) -> NDArray[Any]:
        """Return the values, shape (N,), that a slice pane of a state shows of the active layer, in its unit.

        What lies outside of the layer is left out.
        """
        self._stack.check(state)
        pane = pane_geometry(self.volume.geometry, state, name, layout(state.shown, self._size)[name].size)
        return self._stack.seen_values(state, pane)

    def check(self, state: ViewState) -> None:
        """Check that a state is for the layers of the scene.

        Raises
        ------
        ViewError
            When it has more or fewer looks than there are layers, or a layer has no such member.
        """
        self._stack.check(state)

    @property
    def device(self) -> DevicePixels:
        """How the points of :attr:`size` and :meth:`rects` become pixels of the picture."""
        return self._device

    def resize(self, size: tuple[int, int], scale: float = 1.0) -> None:
        """Take another size; the next state is drawn anew.

        Parameters
        ----------
        size : tuple of int
            Width and height in points.
        scale : float
            Pixels of the picture along one point, see :mod:`viewer3d.render.display.device_pixels`.

        Raises
        ------
        ViewError
            When the size is not one a picture can have.
        """
        self._size, self._device = check_size(size), DevicePixels(scale)
        width, height = check_size(self._device.size(size))
        self._picture = np.empty((height, width, 3), np.uint8)
        self._view = None

    def set_overlays(self, overlays: Overlays) -> None:
        """Draw something else over the base; the next state is drawn anew.

        Parameters
        ----------
        overlays : sequence of Layer or data
            From the lowest to the highest; what was placed over this base stays where it is.

        Raises
        ------
        ViewError
            When an overlay cannot be placed: then all stays as it was.
        """
        self._stack = LayerStack(self._volumes, overlays, keeps_values=True)
        self._state = self._view = None

    def apply(self, state: ViewState, quality: Quality = "still") -> tuple[PaneName, ...]:
        """Draw a state.

        Parameters
        ----------
        state : ViewState
        quality : {"still", "sharper", "interactive"}
            Of the 3D pane: all but ``"still"`` draw it fast where there is no graphics card; not what a screenshot is.

        Returns
        -------
        tuple of str
            The panes that had to be drawn again, in reading order.

        Raises
        ------
        ViewError
            When the 3D pane cannot show what the state asks for, see
            :func:`viewer3d.render.volume.volume_look.volume_look`, the state is for other layers or members, or
            there is no such quality.
        """
        if quality not in get_args(Quality):
            raise ViewError(f"there is no quality {quality!r}: give one of {', '.join(get_args(Quality))}")
        self._stack.check(state)
        rects = layout(state.shown, self._size)
        request = self._request(state, rects)  # what cannot be shown is refused before anything is drawn
        self._begin(state)
        changed: list[PaneName] = []
        for name, rect in rects.items():
            if name != "3d":
                is_drawn = self._draw_slice(state, name, rect)
            elif is_drawn := (wanted := self._wanted_3d(state, request, quality)) is not None:
                # From here to VTK's Render are two calls, three in interactive quality.
                pane, page, ground = self._pane_3d.take(wanted.member), pane_metrics(state, rect.size), wanted.ground
                marks = pane.draw(self._pixels(rect), wanted.request, wanted.slices, wanted.quality, ground, page=page)
                marks = self._pane_3d.finish(state, wanted, marks, page)
                notes = self._stack.notes.of_volume(state, wanted.member, wanted.request, wanted.quality)
                self._finish(name, rect, wanted, marks, notes)
            if is_drawn:
                changed.append(name)
        return tuple(changed)

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture of the applied state itself, shape (height, width, 3): look at it, do not change it."""
        (view := self._picture.view()).flags.writeable = False
        return view

    def screenshot(self) -> NDArray[np.uint8]:
        """Return the picture of the applied state, or of the first state of the volume when none was.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
            A copy of its own.
        """
        if self._state is None:
            self.apply(with_first_looks(first_state(self._volumes[0]), self._stack.placed))
        return self._picture.copy()

    def close(self) -> None:
        """Free the OpenGL window, if there is one; the scene can be used again all the same."""
        self._pane_3d.close()

    def __enter__(self) -> Scene:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _applied(self) -> ViewState:
        if self._state is None:
            raise ViewError("no state was applied to this scene yet: call scene.apply(state) first")
        return self._state

    def _pixels(self, rect: Rect) -> NDArray[np.uint8]:
        return self._picture[(place := self._device.rect(rect)).rows, place.columns]

    def _request(self, state: ViewState, rects: Mapping[PaneName, Rect]) -> RenderRequest | None:
        if not shows_3d(state.shown, state.layers[0].rendering):
            return None
        # Slices are drawn before a volume's transfer functions and OpenGL are so much as read.
        from viewer3d.render.volume.request import render_request  # noqa: PLC0415 (what finds a couch is not for slices)

        size = self._device.rect(rects["3d"]).size if "3d" in rects else (1, 1)
        return render_request(self._volumes[0], state, size, self.layers[1:], self.regions)

    def _begin(self, state: ViewState) -> None:
        if state.shown != self._view:
            fill_with(self._picture, BORDER)
            self._drawn.clear()
            self._view = state.shown
        self._state, self._member = state, state.layers[0].member

    def _draw_slice(self, state: ViewState, name: PlaneName, rect: Rect) -> bool:
        pane = pane_geometry(self.volume.geometry, state, name, rect.size)
        layers = self._stack.slice_layers(state)
        marks = self._stack.slice_marks(state, name, pane)
        notes = self._stack.notes.of_slice(state, pane)
        key = (pane, state.slab, layers, marks, notes)
        if self._drawn.get(name) == key:
            return False
        text = self._device.length(pane_metrics(state, rect.size).size)
        compose(layers, PanePixels(self._device.pane(pane, rect), state.slab, text=text), out=self._pixels(rect))
        self._finish(name, rect, key, marks, notes)
        return True

    def _wanted_3d(self, state: ViewState, request: RenderRequest | None, wished: Quality) -> Drawn3D | None:
        # What is to be drawn; None when that is there already.
        if request is None:
            return None
        drawn = self._drawn.get("3d")
        # In interactive quality it stays with the volume it has: another one takes longer than a step may.
        member = self._member if wished == "still" or drawn is None else self._pane_3d.member
        slices = self._stack.slice_layers(state.with_look(0, member=member)) if request.cuts else None
        wanted = Drawn3D(member, request, slices, self._pane_3d.pane.quality(wished))
        # What is there in a better quality is not drawn again worse.
        better = get_args(Quality)[: get_args(Quality).index(wanted.quality) + 1]
        return None if drawn in [replace(wanted, quality=one) for one in better] else wanted

    def _finish(self, name: PaneName, rect: Rect, key: object, marks: DisplayList, notes: PaneNotes) -> None:
        state = self._applied()
        page = pane_metrics(state, rect.size)
        if name == state.panes[0] and (lines := identity_lines(self.layers, state)):
            marks = (*marks, *identity_marks(page, lines, marks))
        self._signs[name] = signs = place_notes(page, notes, marks)
        ground = key.request.look.ground if isinstance(key, Drawn3D) else EMPTY
        marks = (*marks, *on_ground(signs.marks, ground))
        self._raster.draw(self._pixels(rect), self._device.marks(marks))
        self._marks[name], self._drawn[name] = marks, key


def waits_for_3d(scene: Scene, state: ViewState) -> bool:
    """Return whether a state has a 3D pane in which nothing is drawn yet, as after a resize."""
    return "3d" in state.panes and (state.shown != scene._view or "3d" not in scene._drawn)


def apply_slices(scene: Scene, state: ViewState) -> tuple[PaneName, ...]:
    """Draw the slices of a state and, in a 3D pane that waits, its last picture or that it is being drawn."""
    scene.check(state)
    scene._begin(state)
    rects = scene.rects().items()
    changed: list[PaneName] = [n for n, rect in rects if n != "3d" and scene._draw_slice(state, n, rect)]
    if waits_for_3d(scene, state):
        rect = scene.rects()["3d"]
        marks = scene._pane_3d.draw_waiting(scene._pixels(rect), state, pane_metrics(state, rect.size))
        scene._finish("3d", rect, None, marks, PaneNotes())
        del scene._drawn["3d"]
        changed.append("3d")
    return tuple(changed)


def refine_still(scene: Scene) -> bool:
    """Draw a strip of the still picture of a scene's 3D pane, where that takes long.

    For the window's presenter, between events.

    Returns
    -------
    bool
        Whether :meth:`Scene.apply` need not wait for it any more.
    """
    request = scene._request(scene._applied(), scene.rects()) if "3d" in scene.rects() else None
    return request is None or scene._pane_3d.take(scene._member).refine(request)


def drawn_of(scene: Scene, name: PaneName) -> tuple[SliceLayers, DisplayList]:
    """Return what slices of the applied state are composed of, and the marks over a pane of it."""
    return scene._stack.slice_layers(scene._applied()), scene._marks[name]


def signs_of(scene: Scene) -> Mapping[PaneName, PlacedNotes]:
    """Return the notes of each pane that was drawn, with where their signs stand."""
    return scene._signs


def prepare_interactive(scene: Scene) -> None:
    """Prepare the first interactive picture of a scene's 3D pane while nothing else is to be done."""
    scene._pane_3d.pane.prepare_interactive()


def labels_of(scene: Scene, state: ViewState, name: PlaneName) -> tuple[tuple[int, PlacedLabel], ...]:
    """Return where labels stand in a slice pane of a state, each with the index of its measurement."""
    rect = layout(state.shown, scene.size)[name]
    pane = pane_geometry(scene.volume.geometry, state, name, rect.size)
    return scene._stack.placed_labels(state, name, pane)
