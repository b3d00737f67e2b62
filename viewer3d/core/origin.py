"""Which series a view was made on, and what is said where it is opened on another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume

OTHER_SERIES: Final = (
    "the view was saved with another series: its place means the same here only in one frame of reference, and its "
    "window and measurements were chosen there"
)


def series_of(volumes: Sequence[Volume]) -> tuple[str, ...]:
    """Return the digests of the series that volumes were loaded from, in the order of the volumes.

    Returns
    -------
    tuple of str
        SHA-256 as :attr:`viewer3d.core.provenance.Provenance.series`; none for a volume that was never in files.
    """
    found = (volume.provenance.series for volume in volumes if volume.provenance is not None)
    return tuple(dict.fromkeys(found))


def other_series_note(volumes: Sequence[Volume], state: ViewState) -> str:
    """Say that a view was saved with another series than that of the volumes it is to be opened on.

    The same view of another phase is a common wish, so it is said and not refused.

    Returns
    -------
    str
        Empty where they share a series, or where it is not known of one of them.
    """
    here = series_of(volumes)
    return OTHER_SERIES if here and state.series and not set(here) & set(state.series) else ""
