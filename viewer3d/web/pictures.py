"""Make the frames that browsers are sent: what each lacks, encoded once for all of them."""

from __future__ import annotations

import time
from dataclasses import replace
from io import BytesIO
from threading import Lock
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer3d.render.panes import Rect
from viewer3d.web.damage import BLOCK, ChangingPicture, blocks_in

PictureKind = Literal["jpeg", "webp"]

JPEG_QUALITY: Final = 90
"""In motion: with all pixels of colour (4:4:4), for coloured lines and letters are smeared without."""

LOSSLESS_SECONDS: Final = 0.15
"""So long after the last change what was sent with loss is sent without: before that another step may come."""

BUSY_LOSSLESS_SECONDS: Final = 2.5
"""The same while the viewer still draws, in strips, what is to be seen at rest: else a pane is sent twice."""

UNTOUCHED_SECONDS: Final = 0.4
"""So long after the last event a change is sent without loss at once: a 3D pane of full quality, no coarse one."""

STALL_SECONDS: Final = 3.0
"""A browser that has shown nothing for so long sleeps, or is cut off: it is no longer waited for."""

ON_THEIR_WAY: Final = 2
"""Frames that are sent before the first of them is shown: one is decoded while the next is drawn."""

PIXELS_AT_REST: Final = 300_000
"""Pixels that are sent without loss at once: a pane, which takes some 5 ms, so that events need not wait longer."""


def encode(part: NDArray[np.uint8], *, is_lossless: bool) -> tuple[PictureKind, bytes]:
    """Encode a part of a picture.

    Parameters
    ----------
    part : ndarray of uint8, shape (height, width, 3)
    is_lossless : bool
        As WebP without loss; else as JPEG of quality 90.

    Returns
    -------
    kind : {"jpeg", "webp"}
    data : bytes
    """
    image, data = Image.fromarray(np.ascontiguousarray(part)), BytesIO()
    if is_lossless:
        image.save(data, "WEBP", lossless=True, method=0, quality=0)
        return "webp", data.getvalue()
    image.save(data, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return "jpeg", data.getvalue()


class Sending:
    """What one browser has been sent, and what it has shown of that.

    Attributes
    ----------
    sent, shown : int
        Numbers of the last frame that was sent, and that it has acknowledged.
    shown_points : tuple of int
        Width and height in points of what it showed when it sent the events that are handled now; (0, 0) before the
        first picture.
    seen : int
        The serial of the picture that it was sent last.
    size : tuple of int
        Width and height of that in pixels.
    is_asked : bool
        Whether it is to be sent a frame all the same where nothing has changed.
    lossy : ndarray of bool, shape (rows, columns) of blocks
        What it has with loss.
    """

    def __init__(self) -> None:
        self.sent = self.shown = 0
        self.seen = -1
        self.size = (0, 0)
        self.shown_points = self._shown_points = (0, 0)
        self._points: dict[int, tuple[int, int]] = {}  # of frames on their way
        self.is_asked = False
        self.lossy = np.zeros((0, 0), bool)
        self._lock = Lock()  # frames are acknowledged in any thread
        self._shown_at = time.monotonic()

    def acknowledge(self, number: int) -> tuple[int, int] | None:
        """Record that a frame, and all before it, is shown; one that was never sent counts nothing.

        Returns
        -------
        tuple of int or None
            Width and height in points of what is shown from now on, where they are others than before.
        """
        with self._lock:
            if not self.shown < number <= self.sent:
                return None
            self.shown, self._shown_at = number, time.monotonic()
            before, self._shown_points = self._shown_points, self._points[number]
            self._points = {n: points for n, points in self._points.items() if n > number}
            return self._shown_points if self._shown_points != before else None

    @property
    def has_room(self) -> bool:
        """Whether another frame may be sent."""
        return self.sent - self.shown < ON_THEIR_WAY

    @property
    def is_stalled(self) -> bool:
        """Whether it is waited for no longer."""
        return not self.has_room and time.monotonic() - self._shown_at > STALL_SECONDS

    def answers(self) -> bool:
        """Return whether it shows what it is sent, and have it asked by a frame, if only an empty one."""
        self.is_asked = True
        return not self.is_stalled

    def begin(self, points: tuple[int, int]) -> int:
        """Return the number of the next frame, of so many points."""
        with self._lock:
            if self.sent == self.shown:
                self._shown_at = time.monotonic()
            self.sent += 1
            self.is_asked = False
            self._points[self.sent] = points
            return self.sent


class FrameMaker:
    """Makes frames of a picture for browsers, each part encoded once for all that lack the same.

    Parameters
    ----------
    picture : ChangingPicture
    """

    def __init__(self, picture: ChangingPicture) -> None:
        self._picture = picture
        self._changed_at = self._event_at = time.monotonic()
        self._has_moved = self._is_calm = False
        self._encoded: dict[tuple[Rect, bool], tuple[PictureKind, bytes]] = {}
        self._encoded_at = -1

    def note_change(self) -> None:
        """Record that the picture has changed now."""
        now = time.monotonic()
        is_still = now - self._event_at >= UNTOUCHED_SECONDS and now - self._changed_at >= LOSSLESS_SECONDS
        self._is_calm = is_still and not self._has_moved
        self._changed_at, self._has_moved = now, False

    def note_event(self) -> None:
        """Record that a hand has done something: what changes next is motion, however long it takes to draw."""
        self._has_moved, self._event_at = True, time.monotonic()

    def next_frame(
        self, to: Sending, points: tuple[int, int], *, is_busy: bool = False
    ) -> tuple[dict[str, Any], list[bytes]] | None:
        """Return header and buffers of what a browser is to be sent now; None where there is nothing.

        Parameters
        ----------
        to : Sending
            Of the browser; it is changed.
        points : tuple of int
            Width and height of the picture in points.
        is_busy : bool
            Whether the viewer goes on drawing.
        """
        picture = self._picture
        if not to.has_room:
            return None
        if to.size != picture.size:
            to.size, to.seen, to.lossy = picture.size, -1, np.zeros(picture.changed.shape, bool)
        if to.seen != picture.serial:
            rects = picture.rects(picture.changed > to.seen)
            to.seen = picture.serial
            blocks = blocks_in(to.lossy.shape, rects)
            # What changes while nothing moves is sent once, as the 3D pane that is drawn in full quality.
            is_lossless = self._is_calm and sum(one.width * one.height for one in rects) <= PIXELS_AT_REST
            to.lossy = to.lossy & ~blocks if is_lossless else to.lossy | blocks
            return self._frame(to, rects, points, is_lossless=is_lossless)
        rest = BUSY_LOSSLESS_SECONDS if is_busy else LOSSLESS_SECONDS
        if to.lossy.any() and time.monotonic() - self._changed_at >= rest:
            rects = _first_of(picture.rects(to.lossy))
            to.lossy &= ~blocks_in(to.lossy.shape, rects)
            return self._frame(to, rects, points, is_lossless=True)
        if to.is_asked:
            return self._frame(to, [], points, is_lossless=True)
        return None

    def _frame(
        self, to: Sending, rects: list[Rect], points: tuple[int, int], *, is_lossless: bool
    ) -> tuple[dict[str, Any], list[bytes]]:
        found = [self._encode(one, is_lossless=is_lossless) for one in rects]
        header = {
            "t": "frame",
            "n": to.begin(points),
            "size": list(to.size),
            "points": list(points),
            "still": not to.lossy.any(),
            "rects": [[r.left, r.top, r.width, r.height, kind] for r, (kind, _) in zip(rects, found, strict=True)],
        }
        return header, [data for _, data in found]

    def _encode(self, rect: Rect, *, is_lossless: bool) -> tuple[PictureKind, bytes]:
        if self._encoded_at != self._picture.serial:
            self._encoded, self._encoded_at = {}, self._picture.serial
        key = rect, is_lossless
        if key not in self._encoded:
            self._encoded[key] = encode(self._part(rect), is_lossless=is_lossless)
        return self._encoded[key]

    def _part(self, rect: Rect) -> NDArray[np.uint8]:
        return self._picture.pixels[rect.rows, rect.columns]


def _first_of(rects: list[Rect]) -> list[Rect]:
    """Return the first of rectangles, or the top of the first, that are not too much at once."""
    first = rects[0]
    parts = -(-first.width * first.height // PIXELS_AT_REST)
    rows = -(-first.height // parts // BLOCK) * BLOCK
    if rows < first.height:
        return [replace(first, height=rows)]
    taken, pixels = [first], first.width * first.height
    for one in rects[1:]:
        pixels += one.width * one.height
        if pixels > PIXELS_AT_REST:
            break
        taken.append(one)
    return taken
