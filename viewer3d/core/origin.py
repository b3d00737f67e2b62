"""Which series a view was made on, and what is said where it is opened on another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from viewer3d.core.layers import PlacedLayer
    from viewer3d.core.provenance import Provenance
    from viewer3d.core.view.state import ViewState
    from viewer3d.core.volume import Volume

OTHER_SERIES: Final = (
    "the view was saved with another series: its place means the same here only in one frame of reference, and its "
    "window and measurements were chosen there"
)

OTHER_OVERLAY: Final = "the view was saved without the series of {}: how it looks here was not chosen for it"


def series_of(volumes: Sequence[Volume]) -> tuple[str, ...]:
    """Return the digests of the series that volumes were loaded from, in the order of the volumes.

    A view of layers has those of the base, then those of its overlays: ``series_of([one for layer in layers for one in
    layer.data])``.

    Returns
    -------
    tuple of str
        SHA-256 as :attr:`viewer3d.core.provenance.Provenance.series`; none for a volume that was never in files.
    """
    return series_of_records(volume.provenance for volume in volumes)


def series_of_records(known: Iterable[Provenance | None]) -> tuple[str, ...]:
    """Return the digests of series from what is known of the files of volumes, each once."""
    return tuple(dict.fromkeys(one.series for one in known if one is not None))


def other_series_note(volumes: Sequence[Volume], state: ViewState, overlays: Sequence[PlacedLayer] = ()) -> str:
    """Say that a view was saved with another series than those of the data it is to be opened on.

    The same view of another phase is a common wish, so it is said and not refused.

    Parameters
    ----------
    volumes : sequence of Volume
        The base: a volume, or all of a 4-D set.
    state : ViewState
    overlays : sequence of PlacedLayer
        What lies over it.

    Returns
    -------
    str
        Empty where base and overlays each share a series with the view, the base before the overlays, or where it is
        not known of one of them.
    """
    here, over = series_of(volumes), [series_of(layer.data) for layer in overlays]
    if not (here and state.series):
        return ""
    first = [min(_places(digests, state.series), default=len(state.series)) for digests in (here, *over)]
    if not set(here) & set(state.series) or first[0] > min(first):
        return OTHER_SERIES
    others = [
        layer.name
        for layer, digests in zip(overlays, over, strict=True)
        if digests and not set(digests) & set(state.series)
    ]
    return OTHER_OVERLAY.format(" and ".join(others)) if others else ""


def _places(digests: Sequence[str], among: Sequence[str]) -> list[int]:
    return [place for place, one in enumerate(among) if one in digests]
