"""How much two pictures differ to the eye, as one number with a place.

Drawn by another processor the same picture differs in scattered pixels, by a few grey levels and rarely more: the shape
of nothing changes. What matters (a moved slice, another window, a letter) differs by a lot in one small place, which a
mean over the whole picture hides: one letter moves that of a page by less than 0.1. So the difference is averaged over
windows of 8 x 8 pixels, and the window that differs most is what counts. Local windows of that size are those of Wang
and Bovik (A universal image quality index, IEEE Signal Processing Letters 9, 2002); the index itself, and SSIM (Wang et
al., 2004), divide by the local contrast, so that one grey level of noise on black weighs as much as a missing letter.

Measured on pictures of four series: llvmpipe with SSE2 instead of AVX2 0.4 at most, where single pixels differ by up to
28; noise of up to 4 levels in every pixel 3.8; a slice moved by a quarter of a voxel, a window changed by 1 % (its
digits change), another letter 22 and more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.errors import ViewError

WINDOW: Final = 8
"""Pixels along each side of the windows."""

TOLERANCE: Final = 4.0
"""Grey levels: pictures that differ by no more are the same, drawn elsewhere."""


@dataclass(frozen=True)
class Comparison:
    """How much two pictures differ.

    Attributes
    ----------
    difference : float
        Mean over the window that differs most of each pixel's largest difference in a channel, in grey levels of 255.
    place : tuple of int
        Column and row of that window's middle.
    pixels : int
        How many pixels differ at all.
    """

    difference: float
    place: tuple[int, int]
    pixels: int

    def __str__(self) -> str:
        if not self.pixels:
            return "no pixel differs"
        window = f"{WINDOW} x {WINDOW} pixels around column {self.place[0]}, row {self.place[1]}"
        return f"{self.difference:.2f} grey levels on average over the {window}; {self.pixels} pixels differ at all"


def compare(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Comparison:
    """Measure how much two pictures differ to the eye.

    Parameters
    ----------
    one, other : ndarray of uint8, shape (height, width, channels)

    Raises
    ------
    ViewError
        When they are not pictures of the same shape.
    """
    if one.shape != other.shape or one.ndim != 3 or one.dtype != np.uint8 or other.dtype != np.uint8:
        sizes = [f"{' x '.join(str(n) for n in picture.shape[1::-1])} pixels" for picture in (one, other)]
        raise ViewError(f"one picture has {sizes[0]}, the other {sizes[1]}: give two of one size, uint8 and in colour")
    apart = differences(one, other)
    sums: NDArray[Any] = apart.astype(np.uint16)  # 64 times 255 fits
    step = 1
    while step < WINDOW:  # sums of 2, 4, then 8 neighbours
        sums = sums[: -step or None] + sums[step:] if sums.shape[0] > step else sums
        sums = sums[:, : -step or None] + sums[:, step:] if sums.shape[1] > step else sums
        step *= 2
    row, column = (int(n) for n in np.unravel_index(int(sums.argmax()), sums.shape))
    place = (column + WINDOW // 2, row + WINDOW // 2)
    return Comparison(float(sums.max()) / WINDOW**2, place, int(np.count_nonzero(apart)))


def differences(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return each pixel's largest difference in a channel, shape (height, width)."""
    apart: NDArray[np.uint8] = np.maximum(one, other) - np.minimum(one, other)
    largest: NDArray[np.uint8] = apart.max(axis=2)
    return largest


def compare_files(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> Comparison:
    """Measure how much two pictures in files differ to the eye; of moving ones, where their frames differ most.

    Raises
    ------
    ViewError
        When one of them is no picture of pixels, or their sizes or numbers of frames differ.
    """
    frames = [read_frames(path) for path in (one, other)]
    if len(frames[0]) != len(frames[1]):
        raise ViewError(f"{one} has {len(frames[0])} frames, {other} {len(frames[1])}: they cannot be compared")
    found = [compare(a, b) for a, b in zip(*frames, strict=True)]
    return max(found, key=lambda comparison: (comparison.difference, comparison.pixels))


def read_frames(path: str | os.PathLike[str]) -> list[NDArray[np.uint8]]:
    """Read a picture, or the frames of a moving one.

    Returns
    -------
    list of ndarray of uint8, shape (height, width, 4)
        Red, green and blue, weighted by how opaque a pixel is, and its opacity.

    Raises
    ------
    ViewError
        When it is no picture of pixels.
    """
    from PIL import Image, ImageSequence  # noqa: PLC0415 (only for pictures in files)

    try:
        with Image.open(path) as picture:
            return [_weighted(np.array(frame.convert("RGBA"))) for frame in ImageSequence.Iterator(picture)]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):  # what Pillow raises at broken pictures
        raise ViewError(f"{path}: not a picture of pixels that can be read: give PNG, TIFF, WebP or JPEG") from None


def _weighted(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    alpha = picture[..., 3:].astype(np.uint16)
    if (alpha < 255).any():  # what cannot be seen makes no difference
        picture[..., :3] = (picture[..., :3] * alpha + 127) // 255
    return picture
