"""Show one of the volumes of a scene in its 3D pane, and what is seen there until it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.members import timed_member_text
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.look import ImageLook
from viewer3d.core.view.state import Box, ViewState
from viewer3d.core.volume import Volume
from viewer3d.render.colors import fill_with
from viewer3d.render.marks.annotations import member_marks, message_marks, volume_marks
from viewer3d.render.marks.display_list import EMPTY, Color, DisplayList, on_ground
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.panes3d.volume_pane import Drawn3D, VolumePane

WAITING: Final = "Drawing in 3D ..."
"""What a pane says that has no picture yet."""

_Seen = tuple[Camera, Box | None, tuple[ImageLook, ...]]


@dataclass(frozen=True, eq=False)
class _Last:
    # The picture of the volume that was drawn last, before it was composited, and what it is of.
    seen: _Seen
    rgba: NDArray[np.uint8]
    ground: Color


class ScenePane3D:
    """Draws the volumes of a scene into its 3D pane, one at a time.

    Parameters
    ----------
    volumes : tuple of Volume
        Those that belong together.

    Attributes
    ----------
    member : int
        Which of them it holds.
    """

    def __init__(self, volumes: tuple[Volume, ...]) -> None:
        self._volumes = volumes
        self.member, self._pane = 0, VolumePane(volumes[0])
        self._last: _Last | None = None

    @property
    def pane(self) -> VolumePane:
        """What draws the volume that it holds."""
        return self._pane

    def take(self, member: int) -> VolumePane:
        """Hold another volume: what one takes on the graphics card is freed before another is drawn."""
        if member != self.member:
            self._pane.close()
            self._pane, self.member = VolumePane(self._volumes[member]), member
        return self._pane

    def finish(self, state: ViewState, drawn: Drawn3D, marks: DisplayList, page: MarkMetrics) -> DisplayList:
        """Keep what was just drawn, to show it at another size, and return the marks over it.

        Parameters
        ----------
        state : ViewState
        drawn : Drawn3D
        marks : tuple of Mark
            As :meth:`VolumePane.draw` has returned them.
        page : MarkMetrics
            Of the pane.
        """
        shown = self._pane.shown if drawn.slices is None else None  # slices are not in it
        self._last = None if shown is None else _Last(_seen(state), shown, drawn.ground)
        if self._pane.has_opengl:
            titles = drawn.titles(self._volumes[drawn.member])
            marks = (*marks, *volume_marks(drawn.request.camera, (page.width, page.height), *titles, page=page))
        marks = on_ground(marks, drawn.ground)
        return (*marks, *member_marks(page, timed_member_text(self._volumes, drawn.member)))

    def draw_waiting(self, pixels: NDArray[np.uint8], state: ViewState, page: MarkMetrics) -> DisplayList:
        """Draw the last picture at the size of a pane, or nothing where it is of something else.

        Returns
        -------
        tuple of Mark
            That it is being drawn, where nothing is shown.
        """
        last = self._last
        if last is None or last.seen != _seen(state):
            fill_with(pixels, EMPTY)
            return message_marks((page.width, page.height), (WAITING,), page)
        fill_with(pixels, last.ground)
        self._pane.draw_fitted(pixels, last.rgba, last.ground)
        return ()

    def close(self) -> None:
        """Free what is held on the graphics card; the pane can be used again all the same."""
        self._pane.close()


def _seen(state: ViewState) -> _Seen:
    return state.camera, state.crop, state.layers
