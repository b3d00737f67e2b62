"""What a viewer remembers of its state: the history, by series and layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from viewer3d.app.opening import original_data
from viewer3d.app.sessions.history import History, recorded, renumbered
from viewer3d.core.layers import AnyPlaced, PlacedLayers
from viewer3d.core.view.state import ViewState


class Keeping:
    """Remembers what the state of a viewer went through.

    Attributes
    ----------
    history : History
    """

    def __init__(self) -> None:
        self.history, self._is_paused = History(), False

    def record(self, before: ViewState, after: ViewState, gesture: int | None, name: str = "") -> None:
        """Add a change of the state to the history.

        Parameters
        ----------
        before, after : ViewState
        gesture : int, optional
            See :class:`viewer3d.app.sessions.history.HistoryStep`.
        name : str
            What to call it; empty where what has changed says it.
        """
        if self._is_paused:
            return
        self.history = recorded(self.history, before, after, gesture=gesture, at=monotonic(), name=name)

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """Take no change of the state for a step, while it is undone or a series begins."""
        was_paused, self._is_paused = self._is_paused, True
        try:
            yield
        finally:
            self._is_paused = was_paused

    @contextmanager
    def beginning(self) -> Iterator[None]:
        """Begin with another series: its first state is no step, and nothing is left to undo."""
        self.history = History()
        with self.pausing():
            yield

    @contextmanager
    def restacking(self, before: PlacedLayers, after: PlacedLayers) -> Iterator[None]:
        """Go on with other overlays: what was changed of those that stay can still be undone.

        Parameters
        ----------
        before, after : PlacedLayers
        """
        self.history = renumbered(self.history, layer_numbers(before, after))
        with self.pausing():
            yield


def layer_numbers(before: PlacedLayers, after: PlacedLayers) -> dict[str, dict[int, int]]:
    """Return the numbers of layers and regions now, by those that the same data had before."""
    pairs: dict[str, tuple[Sequence[AnyPlaced], Sequence[AnyPlaced]]]
    pairs = {"layers": (before.layers, after.layers), "regions": (before.regions, after.regions)}
    return {
        name: {
            number: now
            for number, one in enumerate(ones)
            for now, other in enumerate(others)
            if original_data(one) is original_data(other)
        }
        for name, (ones, others) in pairs.items()
    }
