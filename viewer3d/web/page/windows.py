"""Choose the windows that a page offers: those asked for, or the files' own and ones that fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from viewer3d.core.images.image2d import flat_of
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window, find_row, is_pair, window_rows
from viewer3d.errors import ViewError, WindowError
from viewer3d.figures.default_windows import SUV_WINDOWS
from viewer3d.render.window_choice import choose_window

MOST_IN_PAGE: Final = 12
"""Of a page: each multiplies its pictures."""

_FEW: Final = 4
"""Windows that a page has where none is asked for."""

_AERATED: Final = (-950.0, -600.0)
"""HU of lung: air and tissue in one voxel (Kalender et al., 1990, take -950 to -500)."""

_LEAST_AERATED: Final = 0.03
"""Part of the voxels from which on a lung window fits: edges of a body in air have less."""

_SAMPLED: Final = 500_000
"""Voxels that are looked at, at most."""


@dataclass(frozen=True)
class PageWindow:
    """A window that a page offers.

    Attributes
    ----------
    name : str
        What it is called; empty where its numbers are all that there is.
    window : Window
    """

    name: str
    window: Window


def page_windows(
    volume: Volume, first: Window, asked: Sequence[AnyWindow] | AnyWindow | None, *, is_saved: bool = False
) -> tuple[PageWindow, ...]:
    """Return the windows of a page, the one that is seen first first.

    Parameters
    ----------
    volume : Volume
    first : Window
        Of the view that the page begins with.
    asked : sequence of Window or str, or one of them, optional
        As of :func:`viewer3d.screenshot`; without it the first one and up to three that fit.
    is_saved : bool
        Whether the first is that of a saved view, and need be none that has a name.

    Raises
    ------
    WindowError
        When there is no such window, it is for values of another kind, or none is in the list.
    ViewError
        When there are too many.
    """
    if (flat := flat_of(volume)) is not None and flat.channels:
        return (PageWindow("", first),)  # colours have no window
    if asked is None:
        return _fitting(volume, first, is_saved=is_saved)
    listed: list[AnyWindow] = [asked] if isinstance(asked, Window | str) or is_pair(asked) else list(asked)  # type: ignore[list-item, arg-type]
    if not listed:
        raise WindowError("no windows were given: give one or more, or leave them out")
    if len(listed) > MOST_IN_PAGE:
        raise ViewError(f"{len(listed)} windows: a page has {MOST_IN_PAGE} at most, each has pictures of its own")
    return _distinct([PageWindow(_name(one), choose_window(volume, one)) for one in listed])


def _name(window: AnyWindow) -> str:
    """Return what a window is called that was asked for; a person's own name for one is in no file."""
    if not isinstance(window, str):
        return ""
    row = find_row(window)
    if row is not None:
        return row.name if row.name in window_rows() else ""
    return window if window.startswith(("file", "auto")) else ""


def _fitting(volume: Volume, first: Window, *, is_saved: bool) -> tuple[PageWindow, ...]:
    own = [(f"file:{n}" if n > 1 else "file", one) for n, one in enumerate(volume.windows[:2], 1)]
    if volume.is_in_suv:
        named = list(SUV_WINDOWS)
    elif volume.is_like_hu:
        named = ["soft-tissue", *(["lung"] if _is_aerated(volume) else []), "bone"]
    else:
        named = ["auto"]
    offered = [*own, *((name, choose_window(volume, name)) for name in named)]
    usual = [*offered[len(own) :], *own, ("auto", volume.auto_window)]  # its usual name says more than whose it is
    alike = [name for name, window in usual if _is_like(window, first)]
    known = next(iter(alike), "saved" if is_saved else "")
    rest = [one for one in offered if not _is_flat(one[1])]
    return _distinct([PageWindow(name, window) for name, window in ((known, first), *rest)])[:_FEW]


def _is_flat(window: Window) -> bool:
    """Return whether a window is black and white alone, as a file may have one that says nothing."""
    return window.width <= 1 and not window.table


def _is_aerated(volume: Volume) -> bool:
    step = max(1, round((volume.voxels.size / _SAMPLED) ** (1 / 3)))
    values = volume.voxels[::step, ::step, ::step]
    low, high = _AERATED
    return float(np.mean((values > low) & (values < high))) >= _LEAST_AERATED


def _distinct(windows: Sequence[PageWindow]) -> tuple[PageWindow, ...]:
    kept: list[PageWindow] = []
    for one in windows:
        if not any(_is_like(one.window, other.window) for other in kept):
            kept.append(one)
    return tuple(kept)


def _is_like(one: Window, other: Window) -> bool:
    """Return whether two windows look alike: a button for each would make nobody wiser."""
    if one.table or other.table:
        return one == other
    near = 0.02 * max(one.width, other.width)
    return abs(one.center - other.center) <= near and abs(one.width - other.width) <= near
