"""Draw a volume into a 3D pane, in full or interactive quality, or say why it cannot be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.volume import Volume
from viewer3d.render.display.device_pixels import DevicePixels
from viewer3d.render.marks.annotations import message_marks
from viewer3d.render.marks.display_list import EMPTY, LIGHT, Color, DisplayList
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.pane_notes import COARSE_TEXT
from viewer3d.render.planes3d.cut_picture import draw_cuts, draw_cuts_interactive
from viewer3d.render.planes3d.visible_cuts import cut_lines, seen_cuts
from viewer3d.render.slices.compose import SliceLayers

if TYPE_CHECKING:
    from viewer3d.render.gl import OpenGL
    from viewer3d.render.volume.interactive import InteractiveRenderer, StillPicture
    from viewer3d.render.volume.renderer import OffscreenRenderer
    from viewer3d.render.volume.request import RenderRequest
    from viewer3d.render.volume.transfer import TransferFunction
    from viewer3d.render.volume.volume_look import VolumeLook

Quality = Literal["still", "sharper", "interactive"]
"""Full quality, what is fast enough while the camera moves, or between them when it pauses: the best first."""

SEEN: Final = 12
"""Levels of 255 between a pixel and what is behind it from which on it is seen: on a dim screen about the least."""

HARDLY: Final = 1e-3
"""Share of a pane's pixels: where fewer are seen the pane is black to the eye, and says why."""

ROW_SHARE: Final = 0.02
"""Share of the middle row that tells at once that there is something."""

_DONE = object()


@dataclass(frozen=True)
class Drawn3D:
    """All that decides the pixels of a 3D pane.

    Attributes
    ----------
    member : int
        Of the volumes.
    request : RenderRequest
    slices : sequence of SliceLayer or None
        The look of slices counts where some stand in it.
    quality : {"still", "sharper", "interactive"}
    """

    member: int
    request: RenderRequest
    slices: SliceLayers | None
    quality: Quality

    @property
    def ground(self) -> Color:
        """Red, green and blue, 0 to 255, of what is behind."""
        return self.request.look.ground

    def titles(self, volume: Volume) -> tuple[str, ...]:
        """Return what the pane says of what it shows."""
        look, quality = self.request.look, self.quality
        coarse = [COARSE_TEXT] if quality != "still" else []
        titles = look.title(volume), look.hidden_text(volume), *coarse, *self.request.titles(quality)
        return tuple(title for title in titles if title)


class VolumePane:
    """Draws one volume into panes; OpenGL is looked for when the first is drawn.

    Parameters
    ----------
    volume : Volume
    """

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._opengl: OpenGL | None = None
        self._renderer: OffscreenRenderer | None = None
        self._several: OffscreenRenderer | None = None
        self._others: tuple[Volume, ...] = ()
        self._interactive: InteractiveRenderer | None = None
        self._still: StillPicture | None = None
        self._in_progress: tuple[StillPicture, Iterator[None]] | None = None
        self._shown: NDArray[np.uint8] | None = None

    @property
    def shown(self) -> NDArray[np.uint8] | None:
        """What was rendered last, shape (height, width, 4), before it was composited; None where nothing was."""
        return self._shown

    @property
    def has_opengl(self) -> bool:
        """Whether there is an OpenGL to draw with."""
        return self._find_opengl().works

    def quality(self, wished: Quality) -> Quality:
        """Return the quality that is drawn: a graphics card draws all in full."""
        is_slow = wished != "still" and self.has_opengl and self._find_opengl().is_software
        return wished if is_slow else "still"

    def draw(
        self,
        pixels: NDArray[np.uint8],
        request: RenderRequest,
        slices: SliceLayers | None,
        quality: Quality,
        ground: Color = EMPTY,
        *,
        page: MarkMetrics | None = None,
    ) -> DisplayList:
        """Draw the volume, and the slices that stand in it.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width, 3)
            The pane.
        request : RenderRequest
        slices : sequence of SliceLayer or None
            What the slices are composed of; None where the request has no cuts.
        quality : {"still", "sharper", "interactive"}
        ground : tuple of int
            Red, green and blue, 0 to 255, of what is behind.
        page : MarkMetrics, optional
            Of the pane, where it is not one beside others, or in points (:mod:`viewer3d.render.display.device_pixels`).

        Returns
        -------
        tuple of Line and Text
            The outlines of cuts, and why nothing is to be seen, if so; in the pixels of the page.
        """
        page = page or MarkMetrics(*request.size)
        _fill(pixels, ground)
        if slices is not None:
            (draw_cuts if quality == "still" else draw_cuts_interactive)(pixels, slices, request)
        if not self.has_opengl:
            from viewer3d.render import gl  # noqa: PLC0415 (see _find_opengl)

            return message_marks(
                request.size, ("No 3D here: no OpenGL works on this machine.", "To mend it:", gl.MEND), page
            )
        if quality != "still":
            interactive = self._interactive_renderer()
            interactive.prepare(request.look, self._measured_still(request.look))
            rgba = interactive.draw(request.in_motion, is_sharper=quality == "sharper")
        else:
            if self._still is None or self._still.request != request:
                from viewer3d.render.volume.interactive import StillPicture  # noqa: PLC0415 (see refine)

                self._in_progress = None  # the same renderer draws its strips
                self._still = StillPicture(request, self._still_renderer(request).draw(request))
            rgba = self._still.pixels
        self._shown = rgba
        if rgba.shape[:2] != pixels.shape[:2] and slices is not None:
            from viewer3d.render.volume.interactive import enlarged  # noqa: PLC0415 (see refine)

            rgba = enlarged(rgba, request.size)
        if min(ground) >= LIGHT and _is_bright_on_dark(request.look.transfer(self._volume)):
            rgba = rgba.copy()  # as an X-ray film: else the highest values, white, would be lost on white
            rgba[..., :3] = rgba[..., 3:] - np.minimum(rgba[..., :3], rgba[..., 3:])
        if rgba.shape[:2] == pixels.shape[:2]:
            _composite_over(pixels, rgba)
        else:
            pixels[...] = _on_ground(rgba, ground, request.size)
        words = () if _is_seen(pixels, ground) else (why_dark(self._volume, request, is_empty=_is_all(pixels, ground)),)
        cuts = seen_cuts(request.cuts, request.camera, request.size)
        lines = DevicePixels(request.size[0] / page.width).lines_of(cut_lines(cuts, rgba[..., 3], page.line))
        return (*lines, *(message_marks(request.size, words, page) if words else ()))

    def draw_fitted(self, pixels: NDArray[np.uint8], rgba: NDArray[np.uint8], ground: Color) -> None:
        """Draw what was rendered for a pane of another size, as large as a camera shows it in this one.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width, 3)
            The pane, filled with the ground.
        rgba : ndarray of uint8, shape (height, width, 4)
            See :attr:`shown`.
        ground : tuple of int
        """
        share = min(pixels.shape[:2]) / min(rgba.shape[:2])  # the angle of a camera is along the shorter side
        height, width = (max(1, round(side * share)) for side in rgba.shape[:2])
        fitted = _on_ground(rgba, ground, (width, height))
        (to_rows, rows), (to_columns, columns) = map(_middle, pixels.shape[:2], (height, width))
        pixels[to_rows, to_columns] = fitted[rows, columns]

    def refine(self, request: RenderRequest) -> bool:
        """Draw a strip of the still picture, where the whole takes long.

        Returns
        -------
        bool
            Whether :meth:`draw` need not wait for it any more.
        """
        from viewer3d.render.volume.interactive import StillPicture  # noqa: PLC0415 (only where OpenGL works)

        if self.quality("interactive") == "still" or (self._still is not None and self._still.request == request):
            return True
        if self._in_progress is None or self._in_progress[0].request != request:
            still = StillPicture(request, np.empty((request.size[1], request.size[0], 4), np.uint8))
            self._in_progress = still, self._still_renderer(request).draw_progressively(request, still.pixels)
        still, strips = self._in_progress
        if next(strips, _DONE) is not _DONE:
            return False
        self._still, self._in_progress = still, None
        return True

    def prepare_interactive(self) -> None:
        """Prepare the first interactive picture; nothing is done where there is no still or no need."""
        if self._still is not None and self.quality("interactive") == "interactive":
            look = self._still.request.look
            self._interactive_renderer().prepare(look, self._measured_still(look))

    def close(self) -> None:
        """Free what is held on the graphics card; the pane can be used again all the same."""
        for renderer in (self._renderer, self._several, self._interactive):
            if renderer is not None:
                renderer.close()
        self._renderer = self._several = self._interactive = self._in_progress = None

    def _find_opengl(self) -> OpenGL:
        if self._opengl is None:
            from viewer3d.render import gl  # noqa: PLC0415 (slices are drawn before OpenGL is so much as read)

            self._opengl = gl.find_opengl()
        return self._opengl

    def _still_renderer(self, request: RenderRequest) -> OffscreenRenderer:
        from viewer3d.render.volume.actor import STILL  # noqa: PLC0415 (as above)
        from viewer3d.render.volume.renderer import OffscreenRenderer  # noqa: PLC0415 (as above)

        if request.others:
            others = tuple(other.volume for other in request.others)
            if self._several is None or self._others != others:
                if self._several is not None:
                    self._several.close()
                self._several = OffscreenRenderer(self._find_opengl(), self._volume, STILL, others)
                self._others = others
            return self._several
        if self._renderer is None:
            self._renderer = OffscreenRenderer(self._find_opengl(), self._volume, STILL)
        return self._renderer

    def _measured_still(self, look: VolumeLook) -> StillPicture | None:
        # What interactive pictures are made as bright as: it shows the volume alone, without what is not as that is.
        still, interactive = self._still, self._interactive_renderer()
        if still is None or not (still.request.surfaces or still.request.others):
            return still
        if not interactive.is_to_measure(look, still.request):
            return still
        from viewer3d.render.volume.interactive import FIRST_SCALE, StillPicture, scaled  # noqa: PLC0415 (as above)

        self._in_progress = None  # the same renderer draws its strips
        alone = scaled(still.request.alone, FIRST_SCALE)
        return StillPicture(still.request.alone, self._still_renderer(alone).draw(alone))

    def _interactive_renderer(self) -> InteractiveRenderer:
        from viewer3d.render.volume.interactive import InteractiveRenderer  # noqa: PLC0415 (as above)

        if self._interactive is None:
            self._interactive = InteractiveRenderer(self._find_opengl(), self._volume)
        return self._interactive


def _middle(room: int, length: int) -> tuple[slice, slice]:
    # Where a length lies in the middle of a room, and which part of it is seen there.
    first = (room - length) // 2
    return slice(max(first, 0), max(first, 0) + min(room, length)), slice(
        max(-first, 0), max(-first, 0) + min(room, length)
    )


def _is_bright_on_dark(transfer: TransferFunction) -> bool:
    # A projection whose higher values are brighter; shaded surfaces are seen on any ground.
    first, last = (sum(transfer.colors[n]) * transfer.opacities[n] for n in (0, -1))
    return transfer.preset.blend == "maximum" and last > first


def _fill(pane: NDArray[np.uint8], color: Color) -> None:
    # Numpy repeats a whole row an eighth as fast as three values.
    row = np.empty(pane.shape[1:], np.uint8)
    row[...] = color
    pane[...] = row


def why_dark(volume: Volume, request: RenderRequest, *, is_empty: bool) -> str:
    """Return why a 3D pane shows nothing or hardly anything, in a sentence.

    Parameters
    ----------
    volume : Volume
    request : RenderRequest
    is_empty : bool
        Whether it shows nothing at all.
    """
    corners, camera = volume.geometry.corners, request.camera
    if is_empty and not (camera.depth(corners) > 0).any():
        return "The volume lies behind the eye."
    if is_empty and (camera.depth(corners) > 0).all():
        ends = np.stack([camera.to_pixel(corners, request.size).min(0), camera.to_pixel(corners, request.size).max(0)])
        if (ends[1] < 0).any() or (ends[0] >= request.size).any():
            return "The volume lies beside what this pane shows."
    where = "in the crop box" if request.look.crop is not None else "here"
    what = "Nothing" if is_empty else "Hardly anything"
    return f"{what} is visible {where} with {request.look.title(volume)}."


def _is_seen(pane: NDArray[np.uint8], ground: Color) -> bool:
    # The middle is looked at first: there most pictures have something.
    middle = pane.shape[0] // 2
    for part, share in ((pane[middle : middle + 1], ROW_SHARE), (pane[::2], HARDLY)):
        away = np.abs(np.subtract(part, ground, dtype=np.int16)).max(-1)
        if (away > SEEN).mean() > share:
            return True
    return False


def _is_all(pane: NDArray[np.uint8], color: Color) -> bool:
    # The middle is seen first: there most pictures have something.
    middle = pane.shape[0] // 2
    return bool((pane[middle] == color).all() and (pane == color).all())


def _on_ground(rgba: NDArray[np.uint8], ground: Color, size: tuple[int, int]) -> NDArray[np.uint8]:
    # Composited before it is enlarged, which is the same for a ground of one colour, and takes a tenth of the time.
    from viewer3d.render.volume.interactive import enlarged  # noqa: PLC0415 (only where OpenGL works)

    pixels = np.empty((*rgba.shape[:2], 3), np.uint8)
    _fill(pixels, ground)
    _composite_over(pixels, rgba)
    return enlarged(pixels, size)


def _composite_over(pane: NDArray[np.uint8], rgba: NDArray[np.uint8]) -> None:
    # The colours are times their opacity already (Porter and Duff's "over"). The brightest may exceed white, for
    # interactive quality adds light.
    rows, columns = (np.flatnonzero(rgba[..., 3].any(axis)) for axis in (1, 0))
    if rows.size:
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        clear = 255 - rgba[part][..., 3:].astype(np.uint16)
        pane[part] = np.minimum((clear * pane[part] + 127) // 255 + rgba[part][..., :3], 255)
