"""How a series was seen, as it is kept: a view, what its layers were, when; as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import msgspec
import numpy as np

from viewer3d.app.sessions.history import find_changes
from viewer3d.core.layers import PlacedLayers
from viewer3d.core.origin import series_of
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.state import ViewState
from viewer3d.errors import ViewError

FORM: Final = 1
"""Of the file; a later one is left as it is."""

MOST_VIEWS: Final = 8
"""Of one series: each window that was open on it keeps one."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SeriesKey(msgspec.Struct, frozen=True):
    """Which series is seen, and on which grid.

    Attributes
    ----------
    series : str
        SHA-256 of the digests of the series, see :func:`viewer3d.core.origin.series_of`; it names the file.
    grid : str
        SHA-256 of shape, affine and number of volumes: a view of another grid does not fit.
    """

    series: str
    grid: str


class KeptView(msgspec.Struct, frozen=True):
    """One view of a series, as one window saw it last.

    Attributes
    ----------
    window : str
        Random, of the window that kept it.
    at : str
        When, in UTC, as ISO 8601.
    grid : str
        See :class:`SeriesKey`.
    measured : int
        How many measurements it has.
    edited : bool
        Whether more than the place was changed.
    layers, regions : tuple of str
        Digests of the series of the overlays, in the order of their looks; empty where they have none.
    follows : tuple of str
        The views that were taken in that window, as :attr:`name` has them: they are in it.
    state : msgspec.Raw
        The :class:`viewer3d.ViewState`, as JSON.
    """

    window: str
    at: str
    grid: str
    state: msgspec.Raw
    measured: int = 0
    edited: bool = False
    layers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What tells it from every other: a window that went on has another one."""
        return f"{self.window}@{self.at}"

    @property
    def weight(self) -> tuple[bool, bool, str]:
        """What it is worth: measurements first, then what else was changed, then how new it is."""
        return self.measured > 0, self.edited, self.at


class KeptFile(msgspec.Struct, frozen=True):
    """What is kept of one series.

    Attributes
    ----------
    form : int
        :data:`FORM`.
    views : tuple of KeptView
    """

    form: int
    views: tuple[KeptView, ...] = ()


def key_of(placed: PlacedLayers) -> SeriesKey | None:
    """Return which series is seen; None of volumes that were never in files."""
    base = placed.layers[0]
    digests = series_of(base.data)
    if not digests:
        return None
    affine = np.round(base.volume.geometry.affine, 3) + 0.0  # no -0
    grid = f"{base.volume.shape} {affine.tolist()} {len(base.data)}"
    return SeriesKey(_hash("\n".join(sorted(digests))), _hash(grid))


def overlay_digests(placed: PlacedLayers) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the digests of layers and of regions over a base; empty ones for what was never in files."""
    layers = tuple("+".join(series_of(one.data)) for one in placed.layers[1:])
    known = (one.given.provenance for one in placed.regions)
    return layers, tuple("" if one is None else one.series for one in known)


def view_of(
    state: ViewState, first: ViewState, placed: PlacedLayers, *, window: str, follows: Iterable[str] = ()
) -> KeptView:
    """Return a state as a view to be kept.

    Parameters
    ----------
    state, first : ViewState
        What is seen, and what was seen first.
    placed : PlacedLayers
        Of what.
    window : str
        Random, of the window.
    follows : iterable of str
        See :class:`KeptView`.
    """
    key = key_of(placed)
    layers, regions = overlay_digests(placed)
    return KeptView(
        window,
        datetime.now(UTC).isoformat(timespec="microseconds"),
        "" if key is None else key.grid,
        msgspec.Raw(msgspec.json.format(replace(state, pointer=None).to_json().encode(), indent=-1)),
        measured=len(state.measurements),
        edited=any(change.is_edit for change in find_changes(first, state)),
        layers=layers,
        regions=regions,
        follows=tuple(follows),
    )


def state_of(view: KeptView, placed: PlacedLayers, first: ViewState) -> ViewState:
    """Return the state of a view that was kept, for what lies over its series now.

    Parameters
    ----------
    view : KeptView
    placed : PlacedLayers
    first : ViewState
        Of these layers: how overlays look that were not there then.

    Raises
    ------
    ViewError
        When the state is damaged, or of a later version.
    """
    kept = ViewState.from_json(bytes(view.state))
    numbers = overlay_numbers((view.layers, view.regions), overlay_digests(placed))
    image_looks: list[ImageLook] = list(first.layers)
    region_looks: list[RegionLook] = list(first.regions)
    try:
        for then, now in numbers["layers"].items():
            image_looks[now] = kept.layers[then]
        for then, now in numbers["regions"].items():
            region_looks[now] = kept.regions[then]
    except IndexError:
        raise ViewError("a view that was kept has fewer looks than layers: it is damaged") from None
    if first.layers[0].face_hidden:  # it was asked for in this window, and stays
        image_looks[0] = replace(image_looks[0], face_hidden=True)
    active = numbers["layers"].get(kept.active, 0)
    return replace(
        kept, layers=tuple(image_looks), regions=tuple(region_looks), active=active, pointer=None, series=first.series
    )


def overlay_numbers(
    then: tuple[tuple[str, ...], tuple[str, ...]], now: tuple[tuple[str, ...], tuple[str, ...]]
) -> dict[str, dict[int, int]]:
    """Return the numbers of layers and regions now by those of then, both as :func:`overlay_digests`."""
    (layers, regions), (layers_now, regions_now) = then, now
    return {
        "layers": {0: 0, **{one + 1: other + 1 for one, other in _pairs(layers, layers_now).items()}},
        "regions": _pairs(regions, regions_now),
    }


def with_view(views: Iterable[KeptView], view: KeptView) -> tuple[KeptView, ...]:
    """Return what is kept of a series with a view more, the newest first.

    On its grid it replaces the earlier one of its window, and those in which nothing but the place was changed. Where
    there are too many then, those go first that are in another one, then those of the least weight.
    """
    others = [
        one for one in views if one.grid != view.grid or (one.window != view.window and (one.edited or one.measured))
    ]
    followed = {name for one in (view, *others) for name in one.follows}
    others.sort(key=lambda one: (one.name not in followed, one.weight), reverse=True)
    return (view, *sorted(others[: MOST_VIEWS - 1], key=lambda one: one.at, reverse=True))


def offered_views(views: Sequence[KeptView], grid: str) -> tuple[KeptView, ...]:
    """Return the views of a grid that are in no other one, those of the most weight first."""
    followed = {name for one in views for name in one.follows}
    fitting = (one for one in views if one.grid == grid and one.name not in followed)
    return tuple(sorted(fitting, key=lambda one: one.weight, reverse=True))


def offer_words(view: KeptView) -> str:
    """Return what the window says of a view that was kept and can be taken."""
    if not view.measured:
        return f"a view was kept {when_words(view)}: Ctrl+r takes it"
    measured = "a measurement" if view.measured == 1 else f"{view.measured:,} measurements"
    return f"{measured} and a view were kept {when_words(view)}: Ctrl+r takes them"


def when_words(view: KeptView, now: datetime | None = None) -> str:
    """Return when a view was kept, in the time of this place: ``"on 26 Nov"``, ``"today at 14:05"``."""
    try:
        at = datetime.fromisoformat(view.at).astimezone()
    except (ValueError, OverflowError, OSError):
        return "at some time"
    now = datetime.now(UTC).astimezone() if now is None else now.astimezone()
    if at.date() == now.date():
        return f"today at {at:%H:%M}"
    year = "" if at.year == now.year else f" {at.year}"
    return f"on {at.day} {_MONTHS[at.month - 1]}{year}"


def _pairs(then: Sequence[str], now: Sequence[str]) -> dict[int, int]:
    # Of two of one series the first is the first.
    found: dict[int, int] = {}
    for number, digest in enumerate(then):
        free = (one for one, other in enumerate(now) if digest and other == digest and one not in found.values())
        place = next(free, None)
        if place is not None:
            found[number] = place
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
