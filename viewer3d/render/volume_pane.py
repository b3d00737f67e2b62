"""The 3D pane of a picture: at rest in full quality, in motion as fast as the machine demands, or why it is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.camera import Camera
from viewer3d.render.annotations import message_marks, volume_marks
from viewer3d.render.marks import EMPTY, DisplayList
from viewer3d.volume import Volume

if TYPE_CHECKING:
    from viewer3d.render.gl import OpenGL
    from viewer3d.render.moving import MovingWindow, Still
    from viewer3d.render.rendering import Rendering
    from viewer3d.render.volumes import VolumeWindow

Quality = Literal["still", "moving"]


class VolumePane:
    """Draws one volume into panes; OpenGL is looked for when the first is drawn.

    Parameters
    ----------
    volume : Volume
    """

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._opengl: OpenGL | None = None
        self._window: VolumeWindow | None = None
        self._moving: MovingWindow | None = None
        self._still: Still | None = None

    def quality(self, wished: Quality) -> Quality:
        """Return the quality that is drawn: a graphics card draws all in full."""
        return "moving" if wished == "moving" and self._found().works and self._found().is_software else "still"

    def draw(self, pane: NDArray[np.uint8], camera: Camera, rendering: Rendering, quality: Quality) -> DisplayList:
        """Draw the volume.

        Parameters
        ----------
        pane : ndarray of uint8, shape (height, width, 3)
            Filled with the picture.
        camera : Camera
        rendering : Rendering
        quality : {"still", "moving"}

        Returns
        -------
        tuple of Text and Line
            What is to be written over it.
        """
        size = pane.shape[1], pane.shape[0]
        opengl = self._found()
        if not opengl.works:
            from viewer3d.render import gl  # noqa: PLC0415 (see _found)

            pane[...] = EMPTY
            return message_marks(size, ("No 3D here: no OpenGL works on this machine.", "To mend it:", gl.MEND))
        if quality == "still":
            pane[...] = self._full(opengl, camera, rendering, size)
        else:
            pane[...] = self._motion(opengl).draw(camera, rendering, size, self._still)
        title = rendering.title(self._volume)
        marks = volume_marks(camera, size, title)
        if (pane == EMPTY).all():
            marks += message_marks(size, (f"Nothing is visible here with {title}.",))
        return marks

    def prepare_motion(self) -> None:
        """Do now what the first picture in motion would wait for; nothing where there is no still or no need."""
        if self._still is not None and self.quality("moving") == "moving":
            self._motion(self._found()).prepare(self._still.rendering, self._still)

    def close(self) -> None:
        """Free the OpenGL windows, if there are any; the pane can be used again all the same."""
        for window in (self._window, self._moving):
            if window is not None:
                window.close()
        self._window = self._moving = None

    def _found(self) -> OpenGL:
        if self._opengl is None:
            from viewer3d.render import gl  # noqa: PLC0415 (slices are drawn before OpenGL is so much as read)

            self._opengl = gl.find_opengl()
        return self._opengl

    def _full(self, opengl: OpenGL, camera: Camera, rendering: Rendering, size: tuple[int, int]) -> NDArray[np.uint8]:
        from viewer3d.render.moving import Still  # noqa: PLC0415 (only where OpenGL works and is needed)
        from viewer3d.render.volumes import STILL, VolumeWindow  # noqa: PLC0415

        still = self._still
        if still is None or (still.camera, still.rendering, still.size) != (camera, rendering, size):
            if self._window is None:
                self._window = VolumeWindow(opengl, self._volume, STILL)
            self._still = still = Still(camera, rendering, size, self._window.draw(camera, rendering, size))
        return still.pixels

    def _motion(self, opengl: OpenGL) -> MovingWindow:
        from viewer3d.render.moving import MovingWindow  # noqa: PLC0415 (as above)

        if self._moving is None:
            self._moving = MovingWindow(opengl, self._volume)
        return self._moving
