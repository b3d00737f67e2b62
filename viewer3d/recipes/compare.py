"""The visible difference between two pictures, as one number and where it is largest.

Drawn by another processor the same picture differs in scattered pixels, by a few grey levels and rarely more: the shape
of nothing changes. What matters (a moved slice, another window, a letter) differs by a lot in one small place, which a
mean over the whole picture hides: one letter moves that of a page by less than 0.1. So the difference is averaged over
windows of 8 x 8 pixels, and the window that differs most is what counts. Local windows of that size are those of Wang
and Bovik (A universal image quality index, IEEE Signal Processing Letters 9, 2002); the index itself, and SSIM (Wang et
al., 2004), divide by the local contrast, so that one grey level of noise on black weighs as much as a missing letter.

Measured on pictures of four series: llvmpipe with SSE2 instead of AVX2 0.4 at most, where single pixels differ by up to
28; noise of up to 4 levels in every pixel 3.8; a slice moved by a quarter of a voxel, a window changed by 1 % (its
digits change), another letter 22 and more.

In smooth data a slice that moved changes little anywhere (PET in a small pane without numbers: 0.3 to 3.2 a step), but
it changes many pixels that lie together, and neighbours alike. Rounding and noise come by chance: neither where they
are nor how large they are depends on the neighbours. So that is looked at as well. Measured with a slice moved by one
step: 0.65 % to 16 % of the pixels differ; whether one does correlates with whether its neighbour does by 0.3 to 0.7;
and where both do, they differ from each other by 0.1 to 0.55 of what any two do. Another processor: 0.26 % of the
pixels at most, another Mesa (25 instead of 22) 0.45 %; noise in every pixel correlates by 0.0 to 0.2, at 0.85 and more.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.errors import ViewError

BLOCK_SIZE: Final = 8
"""Pixels along each side of the windows."""

SAME_TOLERANCE: Final = 4.0
"""Grey levels: pictures that differ by no more are the same, drawn elsewhere."""

MOST_SCATTERED: Final = 0.005
"""Part of a picture's pixels that another processor may draw otherwise."""

MOST_IN_TILE: Final = 0.03
"""The same of a tile: what it draws otherwise is denser in places."""

_TILE: Final = 128
"""Pixels along each side of a tile: on a page of many panes one of them may have changed alone."""

SMOOTH_BELOW: Final = 0.65
"""How unlike neighbouring differences are, of how unlike any two are: what is less is no noise."""

TOGETHER_ABOVE: Final = 0.28
"""Correlation of whether neighbours differ: what is more did not come by chance."""

FEW_PAIRS: Final = 16
"""Neighbours that differ, side by side and one above the other: fewer say nothing."""

MOST_COUNTED: Final = 30
"""Sum over the channels: larger differences count as this, so that a few of them do not decide."""


@dataclass(frozen=True)
class Comparison:
    """The difference between two pictures.

    Attributes
    ----------
    difference : float
        Mean over the window that differs most of each pixel's largest difference in a channel, in grey levels of 255.
    place : tuple of int
        Column and row of that window's middle.
    pixels : int
        How many pixels differ at all.
    hangs_together : bool
        Whether many pixels differ that lie together or differ alike: a little in many places, as where a slice of
        smooth data moved.
    """

    difference: float
    place: tuple[int, int]
    pixels: int
    hangs_together: bool = False

    def is_within(self, tolerance: float) -> bool:
        """Return whether two pictures look the same.

        Parameters
        ----------
        tolerance : float
            Grey levels, for :attr:`difference`. Differences that hang together are more than rounding, however small:
            only a tolerance above :data:`SAME_TOLERANCE` forgives them too.
        """
        return self.difference <= tolerance and (tolerance > SAME_TOLERANCE or not self.hangs_together)

    def __str__(self) -> str:
        if not self.pixels:
            return "no pixel differs"
        window = f"{BLOCK_SIZE} x {BLOCK_SIZE} pixels around column {self.place[0]}, row {self.place[1]}"
        shape = ", together: something moved or changed" if self.hangs_together else ""
        return (
            f"{self.difference:.2f} grey levels on average over the {window}; {self.pixels} pixels differ at all{shape}"
        )


def compare_pictures(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Comparison:
    """Measure the visible difference between two pictures.

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
    apart = pixel_differences(one, other)
    sums: NDArray[Any] = apart.astype(np.uint16)  # 64 times 255 fits
    step = 1
    while step < BLOCK_SIZE:  # sums of 2, 4, then 8 neighbours
        sums = sums[: -step or None] + sums[step:] if sums.shape[0] > step else sums
        sums = sums[:, : -step or None] + sums[:, step:] if sums.shape[1] > step else sums
        step *= 2
    row, column = (int(n) for n in np.unravel_index(int(sums.argmax()), sums.shape))
    place = (column + BLOCK_SIZE // 2, row + BLOCK_SIZE // 2)
    changes = np.clip(one.sum(2, dtype=np.int16) - other.sum(2, dtype=np.int16), -MOST_COUNTED, MOST_COUNTED)
    return Comparison(float(sums.max()) / BLOCK_SIZE**2, place, int(np.count_nonzero(apart)), _hang_together(changes))


def _hang_together(changes: NDArray[np.int16]) -> bool:
    # In the whole picture, or in a tile of it.
    if _is_no_chance(changes, MOST_SCATTERED):
        return True
    height, width = changes.shape
    return any(
        _is_no_chance(changes[top : top + _TILE, left : left + _TILE], MOST_IN_TILE)
        for top in range(0, max(height - _TILE // 2, 1), _TILE)
        for left in range(0, max(width - _TILE // 2, 1), _TILE)
    )


def _is_no_chance(changes: NDArray[np.int16], most: float) -> bool:
    share = np.count_nonzero(changes) / changes.size
    if share <= most:
        return False
    sides = [(changes[1:], changes[:-1]), (changes[:, 1:], changes[:, :-1])]
    both = [(here != 0) & (there != 0) for here, there in sides]
    if min(np.count_nonzero(one) for one in both) < FEW_PAIRS:
        return False
    # Of two neighbours in a picture where a share differs, by chance both do in share * share of all places.
    together = sum(np.count_nonzero(one) for one in both) / sum(one.size for one in both)
    if together - share**2 > TOGETHER_ABOVE * share * (1 - share):
        return True
    unlike = _unlike(changes)
    pairs = [np.abs(here[one] - there[one]).mean() for (here, there), one in zip(sides, both, strict=True)]
    return bool(max(pairs) <= SMOOTH_BELOW * unlike)


def _unlike(changes: NDArray[np.int16]) -> float:
    # How far apart the changes of any two pixels are, on average, of those that differ.
    counts = np.bincount(changes[changes != 0] + MOST_COUNTED, minlength=2 * MOST_COUNTED + 1).astype(np.float64)
    values = np.arange(counts.size)
    return float(counts @ np.abs(values[:, None] - values) @ counts) / float(counts.sum()) ** 2


def pixel_differences(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return each pixel's largest difference in a channel, shape (height, width)."""
    apart: NDArray[np.uint8] = np.maximum(one, other) - np.minimum(one, other)
    largest: NDArray[np.uint8] = apart.max(axis=2)
    return largest


def compare_files(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> Comparison:
    """Measure the visible difference between two picture files; of movies, the largest of any pair.

    Raises
    ------
    ViewError
        When one of them is no picture of pixels, or their sizes or numbers of frames differ.
    """
    return compare_frames(read_pictures(one), read_pictures(other))


def compare_frames(one: Sequence[NDArray[np.uint8]], other: Sequence[NDArray[np.uint8]]) -> Comparison:
    """Measure the visible difference between the pictures of two movies, the largest of any pair.

    Raises
    ------
    ViewError
        When their sizes or numbers of frames differ.
    """
    if len(one) != len(other):
        raise ViewError(f"one has {len(one)} frames, the other {len(other)}: they cannot be compared")
    found = [compare_pictures(a, b) for a, b in zip(one, other, strict=True)]
    worst = max(found, key=lambda comparison: (comparison.difference, comparison.pixels))
    return replace(worst, hangs_together=any(comparison.hangs_together for comparison in found))


def read_pictures(path: str | os.PathLike[str]) -> list[NDArray[np.uint8]]:
    """Read the picture in a file, or the pictures of a movie.

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
