"""Draw a volume in 3D into a pane: in full quality at rest, fast in motion, or why it cannot be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.annotations import message_marks
from viewer3d.render.marks.display_list import EMPTY, LIGHT, Color, DisplayList
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.planes3d.cut_picture import draw_cuts, draw_cuts_interactive
from viewer3d.render.planes3d.visible_cuts import cut_lines, seen_cuts
from viewer3d.render.slices.compose import SliceLook, SliceSource

if TYPE_CHECKING:
    from viewer3d.render.gl import OpenGL
    from viewer3d.render.volume.interactive import InteractiveRenderer, StillPicture
    from viewer3d.render.volume.renderer import OffscreenRenderer
    from viewer3d.render.volume.request import RenderRequest
    from viewer3d.render.volume.transfer import TransferFunction

Quality = Literal["still", "interactive"]

_DONE = object()


class VolumePane:
    """Draws one volume into panes; OpenGL is looked for when the first is drawn.

    Parameters
    ----------
    source : SliceSource
        The volume, and what samples the slices that stand in it.
    """

    def __init__(self, source: SliceSource) -> None:
        self._source, self._volume = source, source.volume
        self._opengl: OpenGL | None = None
        self._window: OffscreenRenderer | None = None
        self._moving: InteractiveRenderer | None = None
        self._still: StillPicture | None = None
        self._growing: tuple[StillPicture, Iterator[None]] | None = None

    @property
    def has_opengl(self) -> bool:
        """Whether there is an OpenGL to draw with."""
        return self._found().works

    def quality(self, wished: Quality) -> Quality:
        """Return the quality that is drawn: a graphics card draws all in full."""
        return "interactive" if wished == "interactive" and self.has_opengl and self._found().is_software else "still"

    def draw(
        self,
        pixels: NDArray[np.uint8],
        request: RenderRequest,
        slices: SliceLook | None,
        quality: Quality,
        ground: Color = EMPTY,
    ) -> DisplayList:
        """Draw the volume, and the slices that stand in it.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width, 3)
            The pane.
        request : RenderRequest
        slices : SliceLook or None
            Of the slices; None where the request has no cuts.
        quality : {"still", "interactive"}
        ground : tuple of int
            Red, green and blue, 0 to 255, of what is behind.

        Returns
        -------
        tuple of Line and Text
            The outlines of cuts, and why nothing is to be seen, if so.
        """
        pixels[...] = ground
        if slices is not None:
            (draw_cuts if quality == "still" else draw_cuts_interactive)(pixels, self._source, request, slices)
        if not self.has_opengl:
            from viewer3d.render import gl  # noqa: PLC0415 (see _found)

            return message_marks(request.size, ("No 3D here: no OpenGL works on this machine.", "To mend it:", gl.MEND))
        if quality == "interactive":
            motion = self._motion()
            motion.prepare(request.look, self._still)
            layer = motion.draw(request)
        else:
            if self._still is None or self._still.request != request:
                from viewer3d.render.volume.interactive import StillPicture  # noqa: PLC0415 (see refine)

                self._growing = None  # its strips were drawn in the same window
                self._still = StillPicture(request, self._still_window().draw(request))
            layer = self._still.layer
        if min(ground) >= LIGHT and _is_bright_on_dark(request.look.transfer(self._volume)):
            layer = layer.copy()  # as an X-ray film: else the highest values, white, would be lost on white
            layer[..., :3] = layer[..., 3:] - np.minimum(layer[..., :3], layer[..., 3:])
        _lay_over(pixels, layer)
        if (pixels == ground).all():
            return message_marks(request.size, (f"Nothing is visible here with {request.look.title(self._volume)}.",))
        return cut_lines(
            seen_cuts(request.cuts, request.camera, request.size), layer[..., 3], MarkMetrics(*request.size).line
        )

    def refine(self, request: RenderRequest) -> bool:
        """Draw a strip of the still, where the whole takes long; returns whether :meth:`draw` need not wait for it."""
        from viewer3d.render.volume.interactive import StillPicture  # noqa: PLC0415 (only where OpenGL works and is needed)

        if self.quality("interactive") == "still" or self._has_still(request):
            return True
        if self._growing is None or self._growing[0].request != request:
            still = StillPicture(request, np.empty((request.size[1], request.size[0], 4), np.uint8))
            self._growing = still, self._still_window().strips(request, still.layer)
        still, strips = self._growing
        if next(strips, _DONE) is not _DONE:
            return False
        self._still, self._growing = still, None
        return True

    def prepare_interactive(self) -> None:
        """Do now what the first picture in motion would wait for; nothing where there is no still or no need."""
        if self._still is not None and self.quality("interactive") == "interactive":
            self._motion().prepare(self._still.request.look, self._still)

    def close(self) -> None:
        """Free the OpenGL windows, if there are any; the pane can be used again all the same."""
        for window in (self._window, self._moving):
            if window is not None:
                window.close()
        self._window = self._moving = self._growing = None

    def _found(self) -> OpenGL:
        if self._opengl is None:
            from viewer3d.render import gl  # noqa: PLC0415 (slices are drawn before OpenGL is so much as read)

            self._opengl = gl.find_opengl()
        return self._opengl

    def _has_still(self, request: RenderRequest) -> bool:
        return self._still is not None and self._still.request == request

    def _still_window(self) -> OffscreenRenderer:
        from viewer3d.render.volume.actor import STILL  # noqa: PLC0415 (as above)
        from viewer3d.render.volume.renderer import OffscreenRenderer  # noqa: PLC0415 (as above)

        if self._window is None:
            self._window = OffscreenRenderer(self._found(), self._volume, STILL)
        return self._window

    def _motion(self) -> InteractiveRenderer:
        from viewer3d.render.volume.interactive import InteractiveRenderer  # noqa: PLC0415 (as above)

        if self._moving is None:
            self._moving = InteractiveRenderer(self._found(), self._volume)
        return self._moving


def _is_bright_on_dark(transfer: TransferFunction) -> bool:
    # A projection whose higher values are brighter; matter in light is seen on any ground.
    first, last = (sum(transfer.colors[n]) * transfer.opacities[n] for n in (0, -1))
    return transfer.preset.blend == "maximum" and last > first


def _lay_over(pane: NDArray[np.uint8], layer: NDArray[np.uint8]) -> None:
    # The layer's colours are times its opacity already; its brightest may go beyond white, for motion adds light.
    rows, columns = (np.flatnonzero(layer[..., 3].any(axis)) for axis in (1, 0))
    if rows.size:
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        clear = 255 - layer[part][..., 3:].astype(np.uint16)
        pane[part] = np.minimum((clear * pane[part] + 127) // 255 + layer[part][..., :3], 255)
