"""Two to four views beside one another: the state of each, which is active, and how they are linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.vectors import Vector, is_near, vector
from viewer3d.core.view.link import Link, LinkedVolume, Passage, aligned, followed
from viewer3d.core.view.state import ViewState
from viewer3d.core.view.versions import version_of
from viewer3d.errors import ViewError

SIDE_BY_SIDE_VERSION: Final = 1

MOST_CELLS: Final = 4
"""Of series side by side: with more, a slice of a 1200 x 900 window is under 400 pixels wide."""

_Row = tuple[float, float, float, float]
Matrix = tuple[_Row, _Row, _Row, _Row]
"""A transform as plain numbers: four rows of four."""


@dataclass(frozen=True)
class SideBySide:
    """Series side by side: the state of each cell, which is active, and what links them.

    Attributes
    ----------
    cells : tuple of ViewState
        Of two to :data:`MOST_CELLS` views, in reading order.
    active : int
        The cell that keys and the panel are meant for.
    columns : int
        How many cells stand in a row; there are as many rows as they need.
    link : Link
        What goes over to the other cells when one was changed.
    is_linked : bool
        Whether anything does: a link that is taken off for a while is kept.
    worlds : tuple of int
        A number for the world of each cell: those with the same number are in one frame of reference, and a place of
        one is the same place in the other. Without any, each cell is in a world of its own.
    transforms : tuple of 4 x 4 numbers or None
        What placed the data of each cell in that world (LPS, mm), as a registration says it; None where they lie as
        their files say. Without any, all do.
    offsets : tuple of tuple of float, optional
        Links by offset: how far the place of each cell lies from that of the first in LPS mm, whatever their worlds;
        that stays while one scrolls. None links by place.
    version : int
        Of this record's form.

    Examples
    --------
    >>> import numpy as np
    >>> from viewer3d import Volume, first_state
    >>> prior, current = (first_state(Volume.from_array(np.zeros((4, 4, n)), np.eye(4))) for n in (6, 8))
    >>> both = SideBySide((prior, current))
    >>> SideBySide.from_json(both.to_json()) == both
    True
    """

    cells: tuple[ViewState, ...]
    active: int = 0
    columns: int = 2
    link: Link = field(default_factory=Link)
    is_linked: bool = True
    worlds: tuple[int, ...] = ()
    transforms: tuple[Matrix | None, ...] = ()
    offsets: tuple[Vector, ...] | None = None
    version: int = SIDE_BY_SIDE_VERSION

    def __post_init__(self) -> None:
        count = len(self.cells)
        if not 2 <= count <= MOST_CELLS:
            raise ViewError(f"{count} views side by side: give 2 to {MOST_CELLS}")
        if not 0 <= self.active < count or not 1 <= self.columns <= count:
            raise ViewError(
                f"view {self.active} active and {self.columns} in a row, of {count} side by side: give an active one "
                f"from 0 to {count - 1}, and 1 to {count} in a row"
            )
        for name, values in (("worlds", self.worlds), ("transforms", self.transforms)):
            if values and len(values) != count:
                raise ViewError(f"{len(values)} {name} for {count} views: give one each, or none")
        for one in self.transforms:
            _check_matrix(one)
        if self.offsets is not None and (len(self.offsets) != count or not is_near(self.offsets)):
            raise ViewError(f"offsets {self.offsets} of {count} views: give finite LPS mm for each, or none")

    @property
    def rows(self) -> int:
        """How many rows the cells stand in."""
        return -(-len(self.cells) // self.columns)

    @property
    def state(self) -> ViewState:
        """The state of the active cell."""
        return self.cells[self.active]

    def shift(self, number: int, other: int) -> Vector | None:
        """Return what leads from a place of one cell to that of another, as they are linked now.

        Returns
        -------
        tuple of float or None
            LPS mm to be added to a world point of the one; None where nothing leads there.
        """
        if self.offsets is not None:
            return vector(np.subtract(self.offsets[other], self.offsets[number]))
        is_one = number == other or bool(self.worlds and self.worlds[number] == self.worlds[other])
        return (0.0, 0.0, 0.0) if is_one else None

    def passage(self, number: int, other: int, volumes: Sequence[LinkedVolume]) -> Passage:
        """Return the way from one cell to another, see :func:`viewer3d.core.view.link.followed`."""
        return Passage(volumes[number], volumes[other], self.shift(number, other))

    def with_cell(self, number: int, state: ViewState, volumes: Sequence[LinkedVolume]) -> SideBySide:
        """Return the cells after the state of one was changed: those that are linked follow it.

        Parameters
        ----------
        number : int
            Of the cell, from 0.
        state : ViewState
        volumes : sequence of LinkedVolume
            What linking asks of the base of each cell.
        """
        self._check(number)
        before, cells = self.cells[number], list(self.cells)
        cells[number] = state
        for other in range(len(cells)) if self.is_linked else ():
            if other != number:
                way = self.passage(number, other, volumes)
                cells[other] = followed(cells[other], before, state, self.link, passage=way)
        if self.is_linked and before.shown != state.shown:
            cells[number] = self._scaled_as_others(number, cells, volumes)
        return replace(self, cells=tuple(cells))

    def _scaled_as_others(self, number: int, cells: Sequence[ViewState], volumes: Sequence[LinkedVolume]) -> ViewState:
        """Return the state of a cell that shows other panes, as large as those that show the same planes."""
        state, scale_alone = cells[number], replace(self.link, place=False)
        for other in range(len(cells)):
            if other != number:
                way = self.passage(other, number, volumes)
                state = aligned(state, cells[other], scale_alone, way)
        return state

    def aligned(self, volumes: Sequence[LinkedVolume]) -> SideBySide:
        """Return the cells with all others where the active one is, as far as they are linked."""
        if not self.is_linked:
            return self
        cells = list(self.cells)
        for other in range(len(cells)):
            if other != self.active:
                way = self.passage(self.active, other, volumes)
                cells[other] = aligned(cells[other], self.state, self.link, way)
        return replace(self, cells=tuple(cells))

    def linked(self, volumes: Sequence[LinkedVolume], *, is_linked: bool) -> SideBySide:
        """Return the cells linked, all where the active one is, or each by itself."""
        return replace(self, is_linked=is_linked).aligned(volumes)

    def linked_by_offset(self, volumes: Sequence[LinkedVolume]) -> SideBySide:
        """Return the cells linked so that the differences of their places stay as they are now."""
        offsets = tuple(vector(np.subtract(cell.cursor, self.cells[0].cursor)) for cell in self.cells)
        return replace(self, is_linked=True, offsets=offsets).aligned(volumes)

    def linked_by_place(self, volumes: Sequence[LinkedVolume]) -> SideBySide:
        """Return the cells linked by place, where they are in one world, without offsets."""
        return replace(self, is_linked=True, offsets=None).aligned(volumes)

    def outside(self, number: int, volumes: Sequence[LinkedVolume]) -> float:
        """Return how far beyond a cell's volume the place of the active one lies, in mm; 0 where not linked."""
        self._check(number)
        if number == self.active or not (self.is_linked and self.link.place):
            return 0.0
        way = self.passage(self.active, number, volumes)
        if way.shift is None:
            return 0.0
        low, high = volumes[number].geometry.bounds
        place = way.place(self.state.cursor)
        return float(np.linalg.norm(place - np.clip(place, low, high)))

    def to_json(self) -> str:
        """Write it as JSON; every float comes back the same to the bit."""
        plain: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "cells"}
        plain["link"] = msgspec.to_builtins(self.link)
        cells = [msgspec.json.decode(cell.to_json()) for cell in self.cells]
        return msgspec.json.format(msgspec.json.encode({"cells": cells, **plain}), indent=2).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> SideBySide:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ViewError
            When the text is not JSON, not such a record, or of a later version; the message says where.
        """
        try:
            version = version_of(text)
            if version > SIDE_BY_SIDE_VERSION:
                raise ViewError(
                    f"views side by side have version {version}, this viewer3d reads up to {SIDE_BY_SIDE_VERSION}: "
                    "update it"
                )
            plain = msgspec.json.decode(text)
            if unknown := sorted(set(plain) - {f.name for f in fields(cls)}):
                raise ViewError(f"views side by side have unknown fields {', '.join(unknown)}: they were changed")
            states = msgspec.convert(plain.pop("cells", None), list[dict[str, Any]])
            cells = [ViewState.from_json(msgspec.json.encode(one)) for one in states]
            record = msgspec.convert(plain, _Record)
            rest = {name: getattr(record, name) for name in _Record.__struct_fields__}
            return cls(tuple(cells), **rest | {"link": replace(record.link)})  # all fields set, see ViewState
        except (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError) as error:
            raise ViewError(f"not views side by side: {error}; give JSON as SideBySide.to_json writes it") from error

    def _check(self, number: int) -> None:
        if not 0 <= number < len(self.cells):
            raise ViewError(f"there is no view {number}: {len(self.cells)} are side by side, counted from 0")


class _Record(msgspec.Struct):
    # All but the cells, which have versions of their own.
    active: int = 0
    columns: int = 2
    link: Link = msgspec.field(default_factory=Link)
    is_linked: bool = True
    worlds: tuple[int, ...] = ()
    transforms: tuple[Matrix | None, ...] = ()
    offsets: tuple[Vector, ...] | None = None
    version: int = SIDE_BY_SIDE_VERSION


def plain_matrix(transform: ArrayLike | None) -> Matrix | None:
    """Return a transform as plain numbers, as :class:`SideBySide` holds it."""
    if transform is None:
        return None
    a, b, c, d = np.asarray(transform, np.float64).tolist()
    return tuple(a), tuple(b), tuple(c), tuple(d)


def _check_matrix(given: Matrix | None) -> None:
    if given is None:
        return
    from viewer3d.core.placing.frames import check_transform  # noqa: PLC0415 (few views have one)

    check_transform(given)
