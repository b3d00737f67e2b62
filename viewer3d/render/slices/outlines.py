"""Find the outlines of labels in a picture, and blend the colours of labels into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.display_list import Color
from viewer3d.render.slices.tiles import ROWS, PanePart

_REACH: Final = 0.25
"""Pixels that an outline reaches further than it is wide: so it is about as wide along a diagonal as along rows."""

_PARTS: Final = 8
"""Binary places of opacities of fills: of 8-bit channels they change none by more than one level."""


def inner_edges(labels: NDArray[Any], width: int) -> NDArray[np.bool_]:
    """Find the pixels of labels that are near to another label.

    Parameters
    ----------
    labels : ndarray of whole numbers, shape (height, width)
        What lies beyond it counts as the same label.
    width : int
        Of the edge in pixels, 1 at least: a pixel is in it if the centre of a pixel of another label is no further than
        this and :data:`_REACH`.

    Returns
    -------
    ndarray of bool, shape (height, width)
    """
    reach = width + _REACH
    spans = [int(np.sqrt(reach**2 - away**2)) for away in range(width + 1)]
    columns = labels.shape[1]
    changes = np.zeros((len(labels), columns + 1), np.bool_)  # from the column before to each
    np.not_equal(labels[:, 1:], labels[:, :-1], out=changes[:, 1:-1])
    near = np.zeros(labels.shape, np.bool_)
    in_row: dict[int, NDArray[np.bool_]] = {}  # by span, whether another label is so near in the same row
    for span in range(1, min(max(spans), columns) + 1):
        near[:, span - 1 :] |= changes[:, : columns - span + 1]
        near[:, : columns - span + 1] |= changes[:, span:]
        if span in spans:
            in_row[span] = near.copy()
    last = near
    edges = in_row.get(spans[0], last).copy()
    for away, span in list(enumerate(spans))[1 : len(labels)]:
        differ = labels[away:] != labels[:-away]
        beside = in_row.get(span, last) if span else np.zeros_like(near)
        edges[:-away] |= differ | beside[away:]
        edges[away:] |= differ | beside[:-away]
    return edges


@dataclass(frozen=True, eq=False)
class LabelColors:
    """The colour of each label that is seen, as tables.

    Attributes
    ----------
    colors : ndarray of uint8, shape (labels, 3)
    is_seen : ndarray of bool, shape (labels,)
    """

    colors: NDArray[np.uint8]
    is_seen: NDArray[np.bool_]

    @classmethod
    def of(cls, colors: Mapping[int, Color], dtype: np.dtype[Any]) -> LabelColors:
        """Make the tables of some labels, for all that a dtype (uint8 or int16) has."""
        count = int(np.iinfo(dtype).max) + 1
        table, is_seen = np.zeros((count, 3), np.uint8), np.zeros(count, np.bool_)
        numbers = list(colors)
        if numbers:
            table[numbers], is_seen[numbers] = list(colors.values()), True
        return cls(table, is_seen)


def blend_labels(
    picture: NDArray[np.uint8], labels: NDArray[Any], part: PanePart, colors: LabelColors, opacity: float
) -> None:
    """Blend the colours of labels into a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    labels : ndarray of uint8 or int16, shape (height, width)
    part : tuple of slice
        Rows and columns; beyond them nothing is drawn.
    colors : LabelColors
    opacity : float
        0 to 1.
    """
    whole = 1 << _PARTS
    rest = np.where(colors.is_seen, round(whole * (1 - opacity)), whole).astype(np.uint16)
    half = whole // 2  # of a level, to round
    added = colors.colors * (whole - rest)[:, None] + np.uint16(half)
    rows, columns = part
    for first in range(rows.start, rows.stop, ROWS):  # what is worked on stays in a processor's cache
        band = slice(first, min(first + ROWS, rows.stop)), columns
        found = labels[band]
        kept = np.take(rest, found, mode="clip")
        for channel in range(3):
            plane = picture[*band, channel]
            level = plane * kept
            level += np.take(added[:, channel], found, mode="clip")
            level >>= _PARTS
            plane[...] = level
