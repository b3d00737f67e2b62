"""The 3D pane of a set: one of its volumes at a time, over the slices that stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.view import ViewState
from viewer3d.core.volume import Volume
from viewer3d.render.marks.annotations import volume_marks
from viewer3d.render.marks.display_list import DisplayList, on_ground
from viewer3d.render.planes3d.cut_picture import draw_cuts, draw_cuts_moving, painter
from viewer3d.render.slices.pane_values import PaneValues
from viewer3d.render.volume.pane import Quality, VolumePane

if TYPE_CHECKING:
    from viewer3d.render.volume.look import Look


class VolumePanes:
    """Draws the volumes of a set; what one takes on the graphics card is freed when another is drawn.

    Parameters
    ----------
    volumes : sequence of Volume
    values : PaneValues
        Of the same volumes.
    """

    def __init__(self, volumes: Sequence[Volume], values: PaneValues) -> None:
        self._volumes, self._values = volumes, values
        self._member = 0
        self._pane = VolumePane(volumes[0])

    @property
    def member(self) -> int:
        """The volume that was drawn last, or the first."""
        return self._member

    def quality(self, wished: Quality) -> Quality:
        """Return the quality that is drawn, see :meth:`VolumePane.quality`."""
        return self._pane.quality(wished)

    def draw(self, pane: NDArray[np.uint8], member: int, state: ViewState, look: Look, quality: Quality) -> DisplayList:
        """Draw a volume of the set, and a state's slices where they stand.

        Parameters
        ----------
        pane : ndarray of uint8, shape (height, width, 3)
            Filled with the picture.
        member : int
        state : ViewState
            Its window, colours and interpolation are those of the slices.
        look : Look
        quality : {"still", "moving"}

        Returns
        -------
        tuple of Mark
            What is to be drawn over it.
        """
        self._take(member)
        volume = self._volumes[member]
        pane[...] = ground = look.rendering.ground
        if look.cuts:
            draw = draw_cuts if quality == "still" else draw_cuts_moving
            paint = painter(state, inverted=volume.inverted != state.inverted)
            draw(pane, self._values.sampler(member, state.interpolation), look, paint)
        marks = self._pane.draw(pane, look, quality, ground)
        if not self._pane.works:
            return on_ground(marks, ground)
        title, hidden = look.rendering.title(volume), look.rendering.couch_text(volume)
        return on_ground((*marks, *volume_marks(look.camera, look.size, title, hidden)), ground)

    def refine(self, member: int, look: Look) -> bool:
        """Draw a strip of a still, see :meth:`VolumePane.refine`."""
        self._take(member)
        return self._pane.refine(look)

    def prepare_motion(self) -> None:
        """Do now what the first picture in motion would wait for."""
        self._pane.prepare_motion()

    def close(self) -> None:
        """Free what is held on the graphics card."""
        self._pane.close()

    def _take(self, member: int) -> None:
        if member != self._member:
            self._pane.close()
            self._pane, self._member = VolumePane(self._volumes[member]), member
