"""The figure ``beside``: two to four views side by side, as the window shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final, Unpack

import numpy as np

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import AnyPlaced, Overlays, place_layers
from viewer3d.core.members import as_members
from viewer3d.core.origin import series_of
from viewer3d.core.placing.worlds import first_plane, placed_in_world, world_numbers
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.figure import figure
from viewer3d.figures.pages.page import Page, PagePanel
from viewer3d.figures.style import Style, StyleOptions
from viewer3d.render.cells import GROUND, cell_columns, cell_rects, linked_volume
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.marks.note_marks import NO_NOTES
from viewer3d.render.panes import Rect
from viewer3d.render.scene import Scene, signs_of

_OF_PAGE: Final = ("size", "width", "dpi")
"""Options of the style that this figure has: all else is in its states."""


@figure
def beside(
    volume: AnyVolume,
    second: AnyVolume,
    third: AnyVolume | None = None,
    fourth: AnyVolume | None = None,
    *,
    overlays: Overlays = (),
    over: Sequence[int] | None = None,
    state: SideBySide | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, SideBySide]:
    """Show two to four volumes side by side, each as its own state says, as the window shows them.

    Where they are linked, their panes show as many mm to a pixel, and where they share a frame of reference, the same
    place in the middle.

    Parameters
    ----------
    volume, second, third, fourth : Volume, or what :func:`viewer3d.load` takes
        One for each state, in reading order; two times of one 4-D set are two volumes.
    overlays : sequence of Layer or data
        What is drawn over them, from the lowest to the highest.
    over : sequence of int, optional
        Over which of them each of the overlays lies, counted from 0; without it all lie over the first.
    state : SideBySide, optional
        What the window saved; without it each is shown in the plane in which the first was acquired, linked by place.
    **options : StyleOptions
        The size, the width and the dpi of :class:`viewer3d.figures.Style`: all else is in the states.

    Raises
    ------
    ViewError
        When there are not as many volumes as states, an overlay cannot be placed, or another option was given.

    Examples
    --------
    >>> saved = SideBySide.from_json(Path("viewer3d-0001.json").read_text())     # doctest: +SKIP
    >>> figures.beside(ct, pet, state=saved).save("both.png")                    # doctest: +SKIP
    """
    style = _page_style(options)
    given = [as_volume(one) for one in (volume, second, third, fourth) if one is not None]
    cells = _cells(given, overlays, over, state)
    size = _page_size(style, len(given), state)
    columns = cell_columns(len(given), size) if state is None else state.columns
    rects = cell_rects(len(given), columns, size)
    value = _first_value(cells, rects, columns) if state is None else state
    if len(value.cells) != len(given):
        raise ViewError(f"{len(value.cells)} views were saved side by side, and {len(given)} volumes are given")
    shown = _shown(given, cells, value, rects)
    ground = PagePanel(Rect(0, 0, *size), np.full((size[1], size[0], 3), GROUND, np.uint8))
    panels = [_panel(*one, rect) for one, rect in zip(shown, rects, strict=True)]
    return Page(size, style.dpi, "black", (ground, *panels)), value


_Cell = tuple[tuple[Volume, ...], tuple[AnyPlaced, ...]]
"""What one cell shows: the volumes of a set, of which its state says the one, and what lies over them."""


def _page_style(options: StyleOptions) -> Style:
    style, plain = Style(**options), Style()
    names = [f.name for f in fields(Style) if f.name not in _OF_PAGE]
    if given := [name for name in names if getattr(style, name) != getattr(plain, name)]:
        raise ViewError(f"beside has no {', '.join(given)}: each of its states says how it looks; put it there")
    return style


def _page_size(style: Style, count: int, state: SideBySide | None) -> tuple[int, int]:
    """Return the size of the page; without one cells are square."""
    if style.size is not None:
        return style.size
    width = style.page_width
    columns = (2 if count == 4 else count) if state is None else state.columns
    return width, round(width * -(-count // columns) / columns)


def _cells(
    given: Sequence[Volume], overlays: Overlays, over: Sequence[int] | None, state: SideBySide | None
) -> list[_Cell]:
    """Return what each cell shows, placed in its world."""
    listed: list[Any] = list(overlays)  # type: ignore[arg-type]  # the decorator placed them
    numbers = [0] * len(listed) if over is None else list(over)
    transforms = (None,) * len(given) if state is None or not state.transforms else state.transforms
    cells: list[_Cell] = []
    for number, (volume, transform) in enumerate(zip(given, transforms, strict=False)):
        own = tuple(one for one, cell in zip(listed, numbers, strict=True) if cell == number)
        if transform is not None and own:
            raise ViewError(f"volume {number + 1} was placed by a transform: nothing can be drawn over it here")
        members = _set_of(volume, given)
        cells.append((members if transform is None else placed_in_world(given[:1], members, transform), own))
    return cells


def _set_of(volume: Volume, given: Sequence[Volume]) -> tuple[Volume, ...]:
    """Return the volumes given that are of one 4-D set with a volume: their panes say which they are."""
    series = set(series_of([volume]))
    found = [one for one in given if one is volume or series & set(series_of([one]))]
    try:
        return as_members(found)
    except ViewError:  # two stacks of one series
        return (volume,)


def _first_value(cells: Sequence[_Cell], rects: Sequence[Rect], columns: int) -> SideBySide:
    first = cells[0][0][0]
    states = []
    for members, over in cells:
        plain = first_state(members[0], first_plane(first))
        states.append(with_first_looks(plain, place_layers(members[:1], over)))
    worlds = world_numbers([members for members, _ in cells], [False] * len(cells))
    value = SideBySide(tuple(states), columns=columns, worlds=worlds)
    return value.aligned(_linked(cells, rects))


def _linked(cells: Sequence[_Cell], rects: Sequence[Rect]) -> list[Any]:
    pairs = zip(cells, rects, strict=True)
    return [linked_volume(members[0].geometry, rect.size, len(members)) for (members, _), rect in pairs]


def _shown(
    given: Sequence[Volume], cells: Sequence[_Cell], value: SideBySide, rects: Sequence[Rect]
) -> list[tuple[tuple[Volume, ...], tuple[AnyPlaced, ...], Any]]:
    """Return what each cell shows with its state, at one scale where they are linked."""
    aligned = value.aligned(_linked(cells, rects))
    shown = []
    for number, ((members, over), state) in enumerate(zip(cells, aligned.cells, strict=True)):
        member = next((n for n, one in enumerate(members) if one.voxels is given[number].voxels), 0)
        shown.append((members, over, state.with_look(0, member=member)))
    return shown


def _panel(members: tuple[Volume, ...], over: tuple[AnyPlaced, ...], state: Any, rect: Rect) -> PagePanel:
    with Scene(members, rect.size, overlays=over) as scene:
        scene.apply(replace(state, pointer=None))
        notes = NO_NOTES
        for signs in signs_of(scene).values():
            notes = notes.joined(signs.notes)
        return PagePanel(rect, scene.screenshot(), in_3d="3d" in state.panes, notes=notes)
