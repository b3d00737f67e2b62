"""The list of measurements that is shown over the picture."""

from __future__ import annotations

from viewer3d.app.window.row_list import RowList, list_layout, row_list_marks
from viewer3d.core.view.measurement import Measurement
from viewer3d.measurements.cache import MeasurementCache
from viewer3d.render.marks.display_list import DisplayList
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.measurements import COLOR
from viewer3d.render.marks.typesetting import shortened

NOTHING = "nothing is measured yet: press d, n, e, w, p, E, Q or X in a slice"

_HELP = "click, arrows + Return go there   F2 names   Delete deletes   Ctrl + c copies   Ctrl + e saves   M closes"

_COLUMNS = (2.5, 7.5, 11)
"""Widths of the columns of number, kind and name, in text sizes."""


def list_marks(
    size: tuple[int, int],
    measurements: tuple[Measurement, ...],
    results: MeasurementCache,
    first: int | None = None,
    chosen: int | None = None,
) -> DisplayList:
    """List the marks of a list of measurements, with kinds, names and numbers, at the bottom.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    measurements : tuple of Measurement
    results : Results
        Those of the volume that was measured.
    first : int, optional
        As of :func:`viewer3d.app.window.row_list.list_layout`.
    chosen : int, optional
        The measurement whose row is chosen, from 0.
    """

    def cells(number: int, width: float) -> tuple[str, ...]:
        one, text = measurements[number], list_layout(size, len(measurements)).text
        room = int(width / (LETTER_WIDE * text))
        return str(number + 1), one.kind, _cut(one.name, _COLUMNS[2]), _fitted(results.texts(one), room)

    listed = RowList("Measurements", _COLUMNS, len(measurements), cells, COLOR, _HELP, NOTHING)
    return row_list_marks(size, listed, first, chosen)


def _cut(name: str, wide: float) -> str:
    return shortened(name, int(wide / LETTER_WIDE) - 1)


def _fitted(texts: tuple[str, ...], room: int) -> str:
    # As many as there is room for, the first in any case.
    joined = texts[0] if texts else ""
    for text in texts[1:]:
        longer = f"{joined}   {text}"
        if len(longer) > room:
            break
        joined = longer
    return joined
