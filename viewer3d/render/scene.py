"""A volume and a state to pixels: the scene that redraws what changed, and the picture made in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.camera import front_camera
from viewer3d.core.members import as_members, check_member, member_text
from viewer3d.core.origin import series_of
from viewer3d.core.planes import PANES, PaneName, PlaneName, View
from viewer3d.core.view import ViewState, initial_state
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.errors import ViewError
from viewer3d.measurements.results import Results
from viewer3d.render.colors import GREY
from viewer3d.render.marks.annotations import identity_marks, member_marks, readout_texts, slice_marks
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.marks.measurements import measurement_marks
from viewer3d.render.marks.raster import Ink
from viewer3d.render.marks.text_size import Lettering
from viewer3d.render.panes import PaneFrame, Rect, check_size, layout, slice_frame
from viewer3d.render.slices.pane_values import PaneValues
from viewer3d.render.slices.sample import pane_colors, pane_grey
from viewer3d.render.slices.slab import is_inside
from viewer3d.render.volume.member_pane import VolumePanes
from viewer3d.render.volume.pane import Quality
from viewer3d.render.volume.transfer import AUTO, choose_preset
from viewer3d.render.window_choice import choose_window, is_inverted_first

if TYPE_CHECKING:
    from viewer3d.render.volume.look import Look

FRAME = (38, 40, 44)
"""Red, green and blue of the line between panes: it parts black from black and no more."""


class Scene:
    """Draws states of one volume, or of a 4-D set; each pane again only when something in it changed.

    Parameters
    ----------
    volume : Volume or sequence of Volume
        Several belong together: times, echoes or b-values on one grid.
    size : tuple of int
        Width and height of the picture in pixels.

    Raises
    ------
    ViewError
        When the size is not one a picture can have, or volumes do not belong together.

    Examples
    --------
    >>> with Scene(volume) as scene:                       # doctest: +SKIP
    ...     scene.apply(first_state(volume))
    ...     pixels = scene.screenshot()
    """

    def __init__(self, volume: Volume | Sequence[Volume], size: tuple[int, int] = (1200, 900)) -> None:
        self._volumes = as_members(volume)
        self._member = 0
        self._size = check_size(size)
        self._picture = np.empty((self._size[1], self._size[0], 3), np.uint8)
        self._view: View | None = None
        self._state: ViewState | None = None
        self._values = PaneValues(self._volumes)
        self._drawn: dict[PaneName, object] = {}
        self._volume_panes = VolumePanes(self._volumes, self._values)
        self._results = [Results(volume) for volume in self._volumes]
        self._ink = Ink()

    @property
    def volume(self) -> Volume:
        """What is drawn: of a set the member of the applied state, or the first."""
        return self._volumes[self._member]

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """All that can be drawn."""
        return self._volumes

    @property
    def results(self) -> Results:
        """What measurements come to on what is drawn; what was drawn is not measured again."""
        return self._results[self._member]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels."""
        return self._size

    @property
    def state(self) -> ViewState | None:
        """The state that was applied last."""
        return self._state

    def rects(self) -> dict[PaneName, Rect]:
        """Where the panes of the applied state lie in the picture."""
        return layout(self._applied().shown, self._size)

    def frame(self, name: PlaneName) -> PaneFrame:
        """Where the pixels of a slice pane of the applied state lie in the patient."""
        return slice_frame(self.volume.geometry, self._applied(), name, self.rects()[name].size)

    def seen(self, state: ViewState, name: PlaneName) -> NDArray[Any]:
        """Return the values that a slice pane of a state shows, without what lies outside of the volume."""
        frame = slice_frame(self.volume.geometry, state, name, layout(state.shown, self._size)[name].size)
        member = check_member(self._volumes, state.member)
        values = self._values.of(member, frame, state.slab, state.interpolation)
        inside: NDArray[Any] = values[is_inside(values)]
        return inside

    def resize(self, size: tuple[int, int]) -> None:
        """Take another size; the next state is drawn anew.

        Raises
        ------
        ViewError
            When the size is not one a picture can have.
        """
        self._size = check_size(size)
        self._picture = np.empty((self._size[1], self._size[0], 3), np.uint8)
        self._view = None

    def prepare_motion(self) -> None:
        """Do now, when nothing else is to be done, what the first picture of the 3D pane in motion would wait for."""
        self._volume_panes.prepare_motion()

    def apply(self, state: ViewState, quality: Quality = "still") -> tuple[PaneName, ...]:
        """Draw a state.

        Parameters
        ----------
        state : ViewState
        quality : {"still", "moving"}
            Of the 3D pane: ``"moving"`` draws it fast where there is no graphics card; not what a screenshot is.

        Returns
        -------
        tuple of str
            The panes that had to be drawn again, in reading order.

        Raises
        ------
        ViewError
            When the 3D pane cannot show what the state asks for, see
            :func:`viewer3d.render.volume.rendering.rendering_of`, or the set has no such member.
        """
        member = check_member(self._volumes, state.member)
        rects = layout(state.shown, self._size)
        # Slices are drawn before a volume's transfer functions and OpenGL are so much as read.
        look = _look(self._volumes[0], state, rects.get("3d")) if _shows_3d(state.shown, state.rendering) else None
        if state.shown != self._view:
            self._picture[...] = FRAME
            self._drawn.clear()
            self._view = state.shown
        self._state, self._member = state, member
        changed: list[PaneName] = []
        for name, rect in rects.items():
            if name == "3d":
                redrawn = look is not None and self._draw_volume(state, look, rect, quality)
            else:
                redrawn = self._draw_slice(state, name, rect)
            if redrawn:
                changed.append(name)
        return tuple(changed)

    def refine(self) -> bool:
        """Draw a little of the 3D pane's still, where it takes long; returns whether :meth:`apply` need not wait."""
        rect = self.rects().get("3d")
        return rect is None or self._volume_panes.refine(self._member, _look(self._volumes[0], self._applied(), rect))

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture of the applied state itself, shape (height, width, 3): look at it, do not change it."""
        view = self._picture.view()
        view.flags.writeable = False
        return view

    def screenshot(self) -> NDArray[np.uint8]:
        """Return the picture of the applied state, or of the first state of the volume when none was.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
            A copy of its own.
        """
        if self._state is None:
            self.apply(first_state(self._volumes[0]))
        return self._picture.copy()

    def close(self) -> None:
        """Free the OpenGL window, if there is one; the scene can be used again all the same."""
        self._volume_panes.close()

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

    def _draw_slice(self, state: ViewState, name: PlaneName, rect: Rect) -> bool:
        frame = slice_frame(self.volume.geometry, state, name, rect.size)
        inverted = self.volume.inverted != state.inverted
        marks = (
            *slice_marks(state, frame, self.volume.unit, self._readout(state, name), inverted=inverted),
            *member_marks(rect.size, self._told(self._member)),
            *measurement_marks(self.volume.geometry, state, frame, self.results),
        )
        key = (self._member, frame, state.slab, state.interpolation, state.window, state.colors, inverted, marks)
        if self._drawn.get(name) == key:
            return False
        pane = self._picture[rect.rows, rect.columns]
        pane[...] = 0
        covered = self._values.sampler(self._member).covered(frame)
        values = self._values.of(self._member, frame, state.slab, state.interpolation)[covered]
        if state.colors == GREY:
            grey = pane_grey(values, state.window, inverted=inverted)
            for channel in range(3):  # three strided writes take a third of the time of one broadcast
                pane[covered][..., channel] = grey
        else:
            pane[covered] = pane_colors(values, state.window, state.colors, inverted=inverted)
        self._finish(name, pane, key, marks)
        return True

    def _readout(self, state: ViewState, name: PlaneName) -> tuple[str, str, str] | None:
        pointer = state.pointer
        if pointer is None or pointer.pane != name:
            return None
        index = np.rint(self.volume.geometry.world_to_index(pointer.world))
        return readout_texts(pointer.world, index, self.volume.value_at(pointer.world), self.volume.unit)

    def _told(self, member: int) -> str:
        return member_text([volume.which for volume in self._volumes], member)

    def _draw_volume(self, state: ViewState, look: Look, rect: Rect, wished: Quality) -> bool:
        drawn, panes = self._drawn.get("3d"), self._volume_panes
        # In motion it stays with the volume it has: another one takes longer than a step may.
        member = self._member if wished == "still" or drawn is None else panes.member
        drawn_cuts = (state.window, state.colors, state.inverted, state.interpolation) if look.cuts else None
        key = (member, look, drawn_cuts)
        # What is there in full quality is not drawn again worse.
        if drawn in ((key, "still"), (key, panes.quality(wished))):
            return False
        quality = panes.quality(wished)
        pane = self._picture[rect.rows, rect.columns]
        marks = panes.draw(pane, member, state, look, quality)
        self._finish("3d", pane, (key, quality), (*marks, *member_marks(rect.size, self._told(member))))
        return True

    def _finish(self, name: PaneName, pane: NDArray[np.uint8], key: object, marks: DisplayList) -> None:
        if self.volume.identity and name == self._applied().panes[0]:
            marks = (*marks, *identity_marks(Lettering(pane.shape[1], pane.shape[0]), self.volume.identity, marks))
        self._ink.draw(pane, marks)
        self._drawn[name] = key


def first_state(
    volume: Volume,
    view: View = "quad",
    window: AnyWindow | None = None,
    rendering: str = AUTO,
    *,
    couch_hidden: bool | None = None,
) -> ViewState:
    """Begin in the middle of a volume, with slices fitted and the 3D pane filled by what its transfer function shows.

    Parameters
    ----------
    volume : Volume
    view : str
        The layout.
    window : Window or str, optional
        See :func:`screenshot`.
    rendering : str
        Any name of a transfer function, or ``"auto"``; the state has the preset's own.
    couch_hidden : bool, optional
        Whether the 3D pane leaves out couch and head-holder. Without it, a view with a 3D pane does in a CT
        where what is found is plainly one, see :func:`viewer3d.render.couch.removal.begins_hidden`; True takes values
        in HU.

    Raises
    ------
    ViewError, WindowError
        When there is no such view, transfer function or window, or couch and body cannot be told apart.
    """
    if rendering != AUTO:
        rendering = choose_preset(volume, rendering).name
    state = initial_state(volume.geometry, choose_window(volume, window), view, rendering)
    state = replace(state, inverted=is_inverted_first(volume), series=series_of([volume]))
    if not (couch_hidden or _shows_3d(view, rendering)):
        return state
    if couch_hidden is None:
        from viewer3d.render.couch.removal import begins_hidden  # noqa: PLC0415 (as in _look)

        couch_hidden = begins_hidden(volume)
    state = replace(state, couch_hidden=couch_hidden)
    return state.with_camera(front_camera(_look(volume, state, None).rendering.points(volume)))


def _shows_3d(view: View, rendering: str) -> bool:
    # A transfer function that was named is looked up in any view: a wrong name is told, not passed over.
    return "3d" in PANES[view] or rendering != AUTO


def _look(volume: Volume, state: ViewState, rect: Rect | None) -> Look:
    from viewer3d.render.volume.look import look_of  # noqa: PLC0415 (what finds a couch is not for slices)

    return look_of(volume, state, (1, 1) if rect is None else rect.size)
