"""The viewers of series side by side in one desktop window: which is active, and what links them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from viewer3d.app.beside.handler import CellHandler
from viewer3d.app.beside.relations import fitting_state, link_note, offset_text, outside_note, plane_alone, put_note
from viewer3d.app.beside.screens import CellScreen, SharedArea
from viewer3d.app.window.controls import WARNING_SECONDS
from viewer3d.app.window.screen import EventHandler, PictureArea, drawable
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.layers import Overlays
from viewer3d.core.placing.frames import loaded_transform
from viewer3d.core.placing.worlds import placed_in_world, world_numbers
from viewer3d.core.view.link import Link, LinkedVolume
from viewer3d.core.view.planes import View
from viewer3d.core.view.side_by_side import MOST_CELLS, Matrix, SideBySide, plain_matrix
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.cells import linked_volume

if TYPE_CHECKING:
    from viewer3d.app.viewer import Viewer

STAYS: Final = 1e9
"""Seconds: a note that is true until the place is another one stays until then."""


class CellsOwner(Protocol):
    """The window that has the cells, which knows what can be put beside what is shown."""

    def put_beside(self, entry: int | None = None) -> None:
        """Put a row of the catalog beside what is shown, without one what was chosen."""

    def cell_was_activated(self) -> None:
        """Take notice that another cell is active."""

    def cell_was_added(self) -> None:
        """Take notice that one more cell is the last."""

    def cell_was_closed(self, number: int) -> None:
        """Take notice that a cell was taken away."""

    def keeps_cell(self, number: int) -> bool:
        """Return whether a cell stays as long as the window does."""


class ViewerCells:
    """Series side by side in the area of a window: one viewer each, on a part of the area.

    Parameters
    ----------
    area : PictureArea
    owner : CellsOwner

    Attributes
    ----------
    viewers : list of Viewer
        In reading order.
    link : Link
    is_linked : bool
    offsets : tuple of tuple of float, optional
        See :class:`viewer3d.core.view.side_by_side.SideBySide`.
    """

    def __init__(self, area: PictureArea, owner: CellsOwner) -> None:
        self.viewers: list[Viewer] = []
        self.link, self.is_linked = Link(), True
        self.offsets: tuple[tuple[float, float, float], ...] | None = None
        self._owner, self._shared = owner, SharedArea(area, self)
        self._active = 0
        self._transforms: list[tuple[Volume, Matrix | None]] = []  # and the volume that it placed
        self._given: list[tuple[Volume, ...]] = []  # as they were before a transform placed them
        self._worlds: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        self._states: list[ViewState] = []
        self._is_following = False
        self._sizes: object = None
        self._view_alone: View | None = None
        self._outside: dict[int, str] = {}
        self._handler = CellHandler(self._shared, self)

    def add_screen(self) -> CellScreen:
        """Return the screen of one more viewer; :meth:`begin` takes the viewer."""
        return self._shared.add()

    def begin(self, viewer: Viewer, transform: Matrix | None = None, given: Sequence[Volume] = ()) -> None:
        """Take the viewer of the screen that was added last, and the volumes that a transform placed for it."""
        self._given.append(tuple(given))
        self._transforms.append((viewer.volumes[0], transform))
        self.viewers.append(viewer)
        self._states.append(viewer.state)
        viewer.on_state(partial(self._follow, viewer))

    @property
    def owner(self) -> CellsOwner:
        """The window that has the cells."""
        return self._owner

    @property
    def count(self) -> int:
        """How many cells there are."""
        return len(self.viewers)

    @property
    def active(self) -> int:
        """The number of the cell that the panel is meant for."""
        return self._active

    @property
    def viewer(self) -> Viewer:
        """The viewer of the active cell."""
        return self.viewers[self._active]

    @property
    def handler(self) -> EventHandler:
        """What handles the events of the area: the one viewer, or those of the cells by place."""
        return self.viewers[0].interactor if self.count == 1 else self._handler

    @property
    def side_by_side(self) -> SideBySide | None:
        """All states, without pointers, and what links them; None of a cell alone."""
        if self.count < 2:
            return None
        value = self._value()
        return replace(value, cells=tuple(replace(cell, pointer=None) for cell in value.cells))

    @property
    def shown_volumes(self) -> tuple[Volume, ...]:
        """The volume of each cell, of a 4-D set that which its state says, as it was given."""
        shown = []
        for viewer, given in zip(self.viewers, self._given, strict=True):
            members = given or viewer.volumes
            shown.append(members[viewer.state.layers[0].member])
        return tuple(shown)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of all cells together, in pixels."""
        return drawable(self._shared.area.size)

    def activate(self, number: int) -> None:
        """Make another cell the one that the panel is meant for."""
        if number == self._active:
            return
        self._active = number
        self._shared.activate(self._shared.screens[number])
        self._owner.cell_was_activated()

    def put(self, volumes: Sequence[Volume], overlays: Overlays = (), *, transform: Any = None) -> Viewer:
        """Show one more series beside the others, the same plane of it.

        Parameters
        ----------
        volumes : sequence of Volume
            Voxels are shared with other cells that show the same.
        overlays : sequence of Layer or data
            What lies over it.
        transform : array_like of shape (4, 4), or path, optional
            What places it in the world of the first: as of a :class:`viewer3d.Layer`.

        Raises
        ------
        ViewError
            When there is no room for another, or it cannot be shown.
        """
        from viewer3d.app.viewer import Viewer  # noqa: PLC0415 (its window is drawn by what holds these cells)

        if self.count >= MOST_CELLS:
            raise ViewError(f"{MOST_CELLS} series stand side by side: close one (palette: close this cell)")
        matrix, given = None, tuple(volumes)
        if transform is not None:
            base = self.viewers[0].volumes
            way, _ = loaded_transform(base[0], volumes[0], transform)
            assert way is not None
            volumes, matrix = placed_in_world(base, volumes, way), plain_matrix(way)
        if self.count == 1:
            self._view_alone = self.viewer.state.view
            self.viewer.state = plane_alone(self.viewer.state, self.viewer.volume)
        (plane,) = plane_alone(self.viewer.state, self.viewer.volume).panes
        screen = self.add_screen()
        try:
            size = drawable(screen.size)
            keep = self.viewers[0].steering.keeping.choice
            viewer = Viewer(volumes, plane, size, screen=screen, overlays=overlays, keep=keep)
            viewer._shown_by = self.viewers[0]._shown_by
        except BaseException:
            self._shared.remove(screen)
            if self.count == 1:
                self._show_alone()
            raise
        if flat_of(viewer.volume) is None:  # what was kept may be of another layout
            viewer.state = viewer.state.with_view(plane)
        self.begin(viewer, matrix, given)
        self._owner.cell_was_added()
        if self.offsets is not None:
            self.offsets = (*self.offsets, (0.0, 0.0, 0.0))
            self.link_by_offset()
        self._shared.activate(self._shared.screens[self._active])
        self._align()
        viewer.steering.presenter.controls.show_note(
            put_note(self._value(), self.count - 1, self._shown_now()), WARNING_SECONDS
        )
        return viewer

    def put_again(self, number: int) -> Viewer:
        """Put what a cell shows beside it once more, of a 4-D set the next time.

        Raises
        ------
        ViewError
            As :meth:`put`.
        """
        shown, (_, transform) = self.viewers[number], self._transforms[number]
        viewer = self.put(self._given[number] or shown.volumes, shown.placed.overlays, transform=transform)
        if len(shown.volumes) > 1:
            viewer.state = viewer.state.with_look(0, member=(shown.state.layers[0].member + 1) % len(shown.volumes))
        return viewer

    def close_cell(self, number: int) -> None:
        """Take a cell away and free what its viewer holds; the last one stays.

        Raises
        ------
        ViewError
            When it is the only one, or the one whose window this is.
        """
        if self.count == 1:
            raise ViewError("it is the only series that is shown: q closes the window")
        if self._owner.keeps_cell(number):
            raise ViewError("this window is that series' own: q closes the window, and any other cell can be closed")
        viewer = self.viewers.pop(number)
        self._outside.pop(id(viewer), None)
        del self._transforms[number], self._states[number], self._given[number]
        if self.offsets is not None:
            self.offsets = (*self.offsets[:number], *self.offsets[number + 1 :])
        self._shared.remove(self._shared.screens[number])
        self._handler.forget()
        viewer.close()
        self._owner.cell_was_closed(number)
        self._active = min(self._active - (number < self._active), self.count - 1)
        if self.count == 1:
            self.offsets, self.is_linked = None, True
            self._show_alone()
        self._note_outside(None)
        self._shared.activate(self._shared.screens[self._active])
        self._shared.show_title()
        self._owner.cell_was_activated()

    def process_events(self, first: int = 0) -> bool:
        """Process the events of all viewers from one on, and return whether there was anything to do."""
        self._follow_sizes()
        worked = [viewer.process_events() for viewer in tuple(self.viewers[first:])]
        return any(worked)

    def close_others(self) -> None:
        """Free what all viewers but the first hold; their states can still be read."""
        for viewer in tuple(self.viewers[1:]):
            viewer.close()

    def close(self) -> None:
        """Free what all viewers hold."""
        for viewer in tuple(self.viewers):
            viewer.close()

    def toggle_link(self) -> str:
        """Link the cells, all where the active one is, or unlink them; return a note."""
        if self.count < 2:
            return "one series is shown: Ctrl + b puts another beside it"
        self._take(self._value().linked(self._volumes(), is_linked=not self.is_linked))
        return link_note(self._value()) if self.is_linked else "unlinked: each scrolls by itself"

    def link_by_offset(self) -> str:
        """Link the cells so that the present differences stay, or by place again; return a note."""
        if self.count < 2:
            return "one series is shown: Ctrl + b puts another beside it"
        value, volumes = self._value(), self._volumes()
        if self.offsets is not None and self.is_linked:
            self._take(value.linked_by_place(volumes))
            return link_note(self._value())
        self._take(value.linked_by_offset(volumes))
        return f"linked by offset: {offset_text(self._value(), self._shown_now())}"

    def take(self, value: SideBySide) -> None:
        """Show states that were saved, in as many cells.

        Raises
        ------
        ViewError
            When there are more or fewer cells.
        """
        if len(value.cells) != self.count:
            raise ViewError(f"{len(value.cells)} views were saved side by side, and {self.count} series are shown")
        cells = tuple(map(fitting_state, value.cells, self.viewers))
        self.link = value.link
        self._take(replace(value, cells=cells))
        self.activate(value.active)

    def _value(self) -> SideBySide:
        transforms = tuple(matrix for _, matrix in self._transforms)
        return SideBySide(
            tuple(self._states),
            self._active,
            min(self._shared.columns, self.count),
            self.link,
            self.is_linked,
            self._world_numbers(),
            transforms if any(transforms) else (),
            self.offsets,
        )

    def _volumes(self) -> list[LinkedVolume]:
        screens = self._shared.screens
        return [
            linked_volume(viewer.volumes[0].geometry, drawable(screen.size), len(viewer.volumes))
            for viewer, screen in zip(self.viewers, screens, strict=True)
        ]

    def _follow(self, viewer: Viewer, state: ViewState) -> None:
        # The state of a viewer has changed, by hand, by its cine or by a program.
        if viewer not in self.viewers:
            return
        number = self.viewers.index(viewer)
        if self._is_following or self.count == 1:
            self._states[number] = state
            return
        if viewer.volumes[0] is not self._transforms[number][0]:
            self._begin_again(number, state)
            return
        volumes = self._volumes()
        value = self._value().with_cell(number, state, volumes)
        self._states[number] = state
        self._take(value)
        if self._states[number].cursor == state.cursor:
            self._note_outside(replace(value, active=number), volumes)

    def _begin_again(self, number: int, state: ViewState) -> None:
        # Another series was opened in a cell: it goes where the others are, and not they where it begins.
        self._transforms[number], self._given[number] = (self.viewers[number].volumes[0], None), ()
        self._states[number] = state
        active, value = self._active, self._value()
        other = next(n for n in range(self.count) if n != number)
        aligned = replace(value, active=other).aligned(self._volumes())
        cells = tuple(aligned.cells[n] if n == number else cell for n, cell in enumerate(value.cells))
        self._take(replace(aligned, cells=cells, active=active))

    def _take(self, value: SideBySide) -> None:
        self.is_linked, self.offsets = value.is_linked, value.offsets
        self._is_following = True
        try:
            for viewer, before, state in zip(self.viewers, tuple(self._states), value.cells, strict=True):
                if state is not before:
                    viewer.steering.show_linked(state)
        finally:
            self._is_following = False

    def _align(self) -> None:
        if self.count > 1:
            self._take(self._value().aligned(self._volumes()))

    def _follow_sizes(self) -> None:
        # Panes of other sizes show other mm a pixel: they are made alike again.
        sizes = [screen.size for screen in self._shared.screens] if self.count > 1 else None
        if sizes != self._sizes:
            self._sizes = sizes
            self._align()

    def _note_outside(self, value: SideBySide | None, volumes: Sequence[LinkedVolume] = ()) -> None:
        for number, viewer in enumerate(self.viewers):
            mm = 0.0 if value is None or number == value.active else value.outside(number, volumes)
            note = outside_note(mm)
            if note != self._outside.get(id(viewer), ""):
                controls = viewer.steering.presenter.controls
                controls.show_note(note, STAYS if note else 0.0)
                self._outside[id(viewer)] = note

    def _world_numbers(self) -> tuple[int, ...]:
        key = tuple(id(viewer.volumes[0]) for viewer in self.viewers)
        if self._worlds[0] != key:
            series = [viewer.volumes for viewer in self.viewers]
            pairs = zip(self._transforms, series, strict=True)
            placed = [matrix is not None and volume is volumes[0] for (volume, matrix), volumes in pairs]
            self._worlds = key, world_numbers(series, placed)
        return self._worlds[1]

    def _shown_now(self) -> list[Volume]:
        return [viewer.volume for viewer in self.viewers]

    def _show_alone(self) -> None:
        view, self._view_alone = self._view_alone, None
        if view is not None and flat_of(self.viewers[0].volume) is None:  # an image has its one pane
            self.viewers[0].state = self.viewers[0].state.with_view(view)
