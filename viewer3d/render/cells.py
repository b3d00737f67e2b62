"""Where the cells of series side by side lie in one picture, and how large their panes show."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.link import LinkedVolume
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.render.panes import Rect, layout, pane_geometry

CELL_FRAME: Final = 2
"""Pixels around each cell: the frame of the active one is drawn there, so that it covers nothing."""

GROUND: Final = (16, 17, 19)
"""Red, green and blue of where no cell is."""


def cell_columns(count: int, size: tuple[int, int]) -> int:
    """Return how many cells stand in a row so that the shorter side of a cell is as long as it can be.

    Parameters
    ----------
    count : int
        Of the cells.
    size : tuple of int
        Width and height of the picture in pixels.
    """

    def sides(columns: int) -> tuple[float, float]:
        width, height = size[0] / columns, size[1] / -(-count // columns)
        return min(width, height), max(width, height)

    return max(range(count, 0, -1), key=sides)  # of two that are as good the one with fewer rows


def cell_rects(count: int, columns: int, size: tuple[int, int]) -> list[Rect]:
    """Return where the pictures of cells lie, in reading order, with room for a frame around each.

    Parameters
    ----------
    count : int
        Of the cells.
    columns : int
        How many stand in a row; the last row may have fewer.
    size : tuple of int
        Width and height of the picture in pixels.
    """
    rows = -(-count // columns)
    rects = []
    for number in range(count):
        row, column = divmod(number, columns)
        left, right = (size[0] * one // columns for one in (column, column + 1))
        top, bottom = (size[1] * one // rows for one in (row, row + 1))
        width, height = max(right - left - 2 * CELL_FRAME, 1), max(bottom - top - 2 * CELL_FRAME, 1)
        rects.append(Rect(left + CELL_FRAME, top + CELL_FRAME, width, height))
    return rects


def framed_rect(rect: Rect) -> Rect:
    """Return a cell with the frame around it."""
    return Rect(
        rect.left - CELL_FRAME, rect.top - CELL_FRAME, rect.width + 2 * CELL_FRAME, rect.height + 2 * CELL_FRAME
    )


def paste(picture: NDArray[np.uint8], rect: Rect, cell: NDArray[np.uint8], part: Rect) -> Rect:
    """Copy a part of the picture of a cell into a picture, as far as it lies in its rectangle.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        Changed in place.
    rect : Rect
        Where the cell lies in it.
    cell : ndarray of uint8, shape (height, width, 3)
    part : Rect
        Of the cell's picture.

    Returns
    -------
    Rect
        What was changed.
    """
    width = max(min(part.width, rect.width - part.left, picture.shape[1] - rect.left - part.left), 0)
    height = max(min(part.height, rect.height - part.top, picture.shape[0] - rect.top - part.top), 0)
    there = Rect(rect.left + part.left, rect.top + part.top, width, height)
    here = Rect(part.left, part.top, width, height)
    picture[there.rows, there.columns] = cell[here.rows, here.columns]
    return there


def linked_volume(geometry: Geometry, size: tuple[int, int], members: int = 1) -> LinkedVolume:
    """Return what linking asks of a volume that is shown in a cell.

    Parameters
    ----------
    geometry : Geometry
    size : tuple of int
        Width and height of the cell in pixels.
    members : int
        How many times the volume has.
    """

    def fitted_scale(state: ViewState, plane: PlaneName) -> float:
        pane = pane_geometry(geometry, state, plane, layout(state.shown, size)[plane].size)
        return pane.mm_per_pixel * state.slice_pane(plane).zoom

    return LinkedVolume(geometry, fitted_scale, members)
