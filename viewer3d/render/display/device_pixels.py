"""Draw on screens of high density: layouts are in points, each one or more pixels wide.

A point is what a pixel is on a screen of ordinary density, where :attr:`DevicePixels.scale` is 1 and nothing changes.
Texts, lines and distances are chosen in points, so that they are as large to the eye on every screen; slices, volumes
and letters are drawn in device pixels. Whole numbers are the centres of points and of pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import floor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.vectors import vector
from viewer3d.render.marks.display_list import DisplayList, Line, Mark, Path, Ramp, Text
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import PaneGeometry, Rect


@dataclass(frozen=True)
class DevicePixels:
    """Converts places and marks from points to device pixels.

    Attributes
    ----------
    scale : float
        Device pixels along one point: 1, 1.25, 1.5, 2, ...
    """

    scale: float = 1.0

    def length(self, points: float) -> int:
        """Return a length in whole device pixels."""
        return floor(points * self.scale + 0.5)  # halves go up, as in Qt

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return a width and height in device pixels."""
        return self.length(size[0]), self.length(size[1])

    def points(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return a width and height of device pixels in whole points."""
        return round(size[0] / self.scale), round(size[1] / self.scale)

    def rect(self, rect: Rect) -> Rect:
        """Return a rectangle in device pixels; those that touch in points touch in pixels."""
        if self.scale == 1:
            return rect
        left, top = self.length(rect.left), self.length(rect.top)
        right, bottom = self.length(rect.left + rect.width), self.length(rect.top + rect.height)
        return Rect(left, top, right - left, bottom - top)

    def pane(self, pane: PaneGeometry, rect: Rect) -> PaneGeometry:
        """Return where the device pixels of a slice pane lie in the patient.

        Parameters
        ----------
        pane : PaneGeometry
            In points.
        rect : Rect
            Where it lies in the picture, in points.
        """
        if self.scale == 1:
            return pane
        device = self.rect(rect)
        # The points, counted from the pane's first, at which its first pixel is centred.
        first = [
            (pixel + 0.5) / self.scale - 0.5 - point
            for pixel, point in ((device.left, rect.left), (device.top, rect.top))
        ]
        origin = vector(pane.to_world(first))
        return PaneGeometry(pane.plane, origin, pane.mm_per_pixel / self.scale, device.size)

    def marks(self, marks: DisplayList) -> DisplayList:
        """Return marks of points in device pixels."""
        return marks if self.scale == 1 else tuple(map(self._mark, marks))

    def enlarged(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a picture of points, shape (height, width, 3), in device pixels."""
        if self.scale == 1:
            return picture
        rows, columns = (
            np.minimum(((np.arange(self.length(side)) + 0.5) / self.scale).astype(int), side - 1)
            for side in picture.shape[:2]
        )
        return np.ascontiguousarray(picture[rows[:, None], columns])

    def lines_of(self, pixels: tuple[Line, ...]) -> tuple[Line, ...]:
        """Return lines of device pixels in points, as wide as they were."""
        if self.scale == 1:
            return pixels

        def point(pixel: float) -> float:
            return (pixel + 0.5) / self.scale - 0.5

        return tuple(
            replace(one, x0=point(one.x0), y0=point(one.y0), x1=point(one.x1), y1=point(one.y1)) for one in pixels
        )

    def _place(self, place: float) -> float:
        return (place + 0.5) * self.scale - 0.5

    def _width(self, width: int) -> int:
        return max(1, self.length(width))

    def _mark(self, mark: Mark) -> Mark:
        place = self._place
        if isinstance(mark, Text):
            return replace(mark, x=place(mark.x), y=place(mark.y), size=self._width(mark.size))
        if isinstance(mark, Line):
            ends = {"x0": place(mark.x0), "y0": place(mark.y0), "x1": place(mark.x1), "y1": place(mark.y1)}
            return Line(**ends, width=self._width(mark.width), color=mark.color, opacity=mark.opacity)
        if isinstance(mark, Ramp):
            rect = self.rect(Rect(mark.left, mark.top, mark.width, mark.height))
            return replace(mark, left=rect.left, top=rect.top, width=rect.width, height=rect.height)
        points = tuple((place(x), place(y)) for x, y in mark.points)
        if isinstance(mark, Path):
            return replace(mark, points=points, width=self._width(mark.width))
        return replace(mark, points=points)


ORDINARY = DevicePixels()
"""A pixel a point, as in all pictures."""


class Resizable(Protocol):
    """What is drawn in points, as a :class:`viewer3d.Scene`."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in points."""

    @property
    def device(self) -> DevicePixels:
        """How points become pixels."""

    def resize(self, size: tuple[int, int], scale: float = 1.0) -> None:
        """Take another size in points, with so many pixels along each."""


@contextmanager
def as_picture(scene: Resizable) -> Iterator[None]:
    """Draw a scene as pictures are, a pixel a point, with as many pixels as it has on its screen."""
    size, device = scene.size, scene.device
    if device.scale == 1:
        yield
        return
    scene.resize(device.size(size))
    try:
        yield
    finally:
        scene.resize(size, device.scale)


@dataclass(frozen=True)
class _Drawn:
    # Marks, and the part of the picture that they were drawn over.
    top: int
    left: int
    height: int
    width: int
    marks: DisplayList = ()
    image: NDArray[np.uint8] | None = None
    side: int = 0  # of the square that the image is drawn into


def paste_image(box: NDArray[np.uint8], image: NDArray[np.uint8], side: int) -> None:
    """Draw a grey picture, (rows, columns) uint8, into the middle of a square, as large as fits.

    Parameters
    ----------
    box : ndarray of uint8, shape (height, width, 3)
        The square, or as much of its top as is seen.
    image : ndarray of uint8, shape (rows, columns)
    side : int
        Of the square in pixels.
    """
    from PIL import Image  # noqa: PLC0415 (most pictures have none)

    if side < 2 or not box.size:
        return
    scale = side / max(image.shape)
    width, height = (max(1, round(n * scale)) for n in (image.shape[1], image.shape[0]))
    small = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))
    top, left = (side - height) // 2, (side - width) // 2
    seen = box[top : top + height, left : left + width]
    seen[...] = small[: seen.shape[0], : seen.shape[1], None]


class DelayedRasterizer(Rasterizer):
    """Draws over a picture of points what is sharp only in device pixels, when the picture is enlarged.

    Areas of the picture may be filled at once. With a pixel a point all is drawn at once, as of a :class:`Rasterizer`.

    Attributes
    ----------
    device : DevicePixels
    """

    def __init__(self) -> None:
        self.device = ORDINARY
        self._drawn: list[_Drawn] = []

    def draw(self, picture: NDArray[np.uint8], marks: DisplayList) -> None:
        """Draw marks over a picture of points, or over a part of it that is a view of it."""
        if self.device.scale == 1:
            super().draw(picture, marks)
        elif marks and picture.size:
            self._drawn.append(replace(_place_in_base(picture), marks=marks))

    def paste(self, box: NDArray[np.uint8], image: NDArray[np.uint8], side: int) -> None:
        """Draw a grey picture, (rows, columns) uint8, into a square of a picture of points, or its top."""
        if self.device.scale == 1:
            paste_image(box, image, side)
        elif box.size:
            self._drawn.append(replace(_place_in_base(box), image=image, side=side))

    def take(self) -> tuple[_Drawn, ...]:
        """Return what waits to be drawn, and forget it."""
        drawn, self._drawn = tuple(self._drawn), []
        return drawn

    def finish(self, picture: NDArray[np.uint8], drawn: tuple[_Drawn, ...]) -> NDArray[np.uint8]:
        """Return a picture of points, (height, width, 3) uint8, in device pixels, with what waited over it."""
        pixels = self.device.enlarged(picture)
        for one in drawn:
            place = self.device.rect(Rect(one.left, one.top, one.width, one.height))
            part = pixels[place.rows, place.columns]
            if one.image is not None:
                paste_image(part, one.image, self.device.length(one.side))
            super().draw(part, self.device.marks(one.marks))
        return pixels


def _place_in_base(picture: NDArray[np.uint8]) -> _Drawn:
    base = picture if picture.base is None else picture.base
    byte = picture.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    row, rest = divmod(byte, base.strides[0])
    height, width = picture.shape[:2]
    return _Drawn(row, rest // base.strides[1], height, width)
