"""What a viewer remembers: its history, and how each series was seen, in and beside the window."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from viewer3d.app.opening import checked_state, original_data
from viewer3d.app.sessions.history import History, recorded, renumbered
from viewer3d.core.layers import AnyPlaced, PlacedLayers
from viewer3d.core.view.state import ViewState
from viewer3d.errors import SettingsError, Viewer3DError

if TYPE_CHECKING:
    from viewer3d.app.sessions.kept_view import KeptView, SeriesKey
    from viewer3d.app.sessions.store import BackgroundWriter
    from viewer3d.render.scene import Scene

KeepChoice = Literal["keep", "resume", "forget"]
"""What becomes of what is kept of a series: it is offered and kept on, taken at once, or deleted and kept no more."""

SAVE_SECONDS: Final = 3.0
"""Between a change and its being written, at most, while nothing is being drawn: so much a killed window loses."""

_PASSING_FIELDS: Final = ("pointer", "version", "series")
_KEPT_FIELDS: Final = tuple(name for name in ViewState.__dataclass_fields__ if name not in _PASSING_FIELDS)


@dataclass(frozen=True)
class SeriesMemory:
    """How a series was seen in this window, for when it is chosen again.

    Attributes
    ----------
    view : KeptView
    history : History
    taken, offered : tuple of KeptView
        What was kept of it before: what is in the view, and what is not.
    """

    view: KeptView
    history: History
    taken: tuple[KeptView, ...]
    offered: tuple[KeptView, ...]


class Keeping:
    """Remembers what the state of a viewer went through, and keeps it beside the window.

    Parameters
    ----------
    choice : {"keep", "resume", "forget"}, optional
        Of a viewer in a window, see :data:`KeepChoice`; None off screen, where there is the history alone.

    Attributes
    ----------
    history : History
    """

    def __init__(self, choice: KeepChoice | None = None) -> None:
        self.history, self._is_paused = History(), False
        self._choice = choice
        is_wanted = choice is not None and choice != "forget" and _is_wanted()
        self._reads, self._writes = is_wanted or choice == "resume", is_wanted
        self._window = os.urandom(8).hex()
        self._memories: dict[SeriesKey, SeriesMemory] = {}
        self._writer: BackgroundWriter | None = None
        self._shown: tuple[PlacedLayers, ViewState] | None = None  # of what, and how it was seen first
        self._key: SeriesKey | None = None
        self._taken: dict[str, KeptView] = {}  # by the name of the step
        self._untaken: dict[str, KeptView] = {}
        self._offered: tuple[KeptView, ...] = ()
        self._changed_at: float | None = None  # None: all is written

    @property
    def choice(self) -> KeepChoice:
        """What was chosen for what is kept; off screen it decides nothing."""
        return self._choice or "keep"

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
        if self._changed_at is None and any(getattr(before, one) != getattr(after, one) for one in _KEPT_FIELDS):
            self._changed_at = monotonic()
        if not self._is_paused:
            self.history = recorded(self.history, before, after, gesture=gesture, at=monotonic(), name=name)

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """Take no change of the state for a step, while it is undone."""
        was_paused, self._is_paused = self._is_paused, True
        try:
            yield
        finally:
            self._is_paused = was_paused

    @contextmanager
    def beginning(self) -> Iterator[None]:
        """Take the first state of another series for no step, and for nothing that is to be kept."""
        with self.pausing():
            yield
        self._changed_at = None

    @contextmanager
    def restacking(self, before: PlacedLayers, after: PlacedLayers, first: ViewState) -> Iterator[None]:
        """Go on with other overlays: what was changed of those that stay can still be undone.

        Parameters
        ----------
        before, after : PlacedLayers
        first : ViewState
            How they are seen first.
        """
        self.history = renumbered(self.history, layer_numbers(before, after))
        self._shown = after, first
        with self.pausing():
            yield

    def enter(self, scene: Scene, first: ViewState, state: ViewState) -> tuple[ViewState, str]:
        """Begin with a series, and return its state and what is said of what was kept.

        Parameters
        ----------
        scene : Scene
        first : ViewState
            How it is seen first.
        state : ViewState
            What to begin with where it was not seen in this window, and nothing is taken.
        """
        self.history, self._changed_at, self._shown = History(), None, (scene.placed, first)
        self._taken, self._untaken, self._offered, self._key = {}, {}, (), None
        if self._choice is None:
            return state, ""
        from viewer3d.app.sessions.kept_view import key_of  # noqa: PLC0415 (off screen nothing is kept)

        self._key = key_of(scene.placed)
        if self._key is None:
            return state, "nothing is kept of what was never in files" if self._choice == "resume" else ""
        if (memory := self._memories.get(self._key)) is not None:
            return self._remembered(memory, scene.placed, first), ""
        try:
            return self._begun(scene, state, self._key)
        except (Viewer3DError, OSError) as error:
            return state, str(error)

    def leave(self, state: ViewState) -> None:
        """Keep how the series was seen that is shown no more, in the window and beside it."""
        if self._key is None or self._shown is None:
            return
        from viewer3d.app.sessions.kept_view import view_of  # noqa: PLC0415 (as above)

        placed, first = self._shown
        view = view_of(state, first, placed, window=self._window)
        taken = tuple(self._taken.values())
        self._memories[self._key] = SeriesMemory(view, self.history, taken, self._offered)
        self._save(state)

    def tick(self, state: ViewState, *, is_drawing: bool = False) -> str:
        """Keep what has changed some seconds ago, in the background, and return what is said of it.

        Parameters
        ----------
        state : ViewState
        is_drawing : bool
            Whether a measurement in it is not complete.
        """
        if self._changed_at is not None and not is_drawing and monotonic() >= self._changed_at + SAVE_SECONDS:
            self._save(state)
        return "" if self._writer is None else self._writer.take_problem()

    def close(self, state: ViewState) -> str:
        """Keep what is not kept yet, wait for that, and return what is said of it."""
        self._save(state)
        if self._writer is None:
            return ""
        self._writer.finish()
        return self._writer.take_problem()

    def take(self, scene: Scene, state: ViewState) -> tuple[ViewState, str, str]:
        """Take what was kept, the next at each call, with the measurements that are there already.

        Parameters
        ----------
        scene : Scene
        state : ViewState

        Returns
        -------
        state : ViewState
        note : str
        name : str
            What to call the step; empty where nothing is taken.
        """
        if self._shown is None or self._key is None or not self._offered:
            return state, self._nothing_words(), ""
        from viewer3d.app.sessions.kept_view import state_of, when_words  # noqa: PLC0415 (as above)

        view, *rest = self._offered
        self._offered = tuple(rest)
        try:
            kept = checked_state(scene, state_of(view, *self._shown))
        except Viewer3DError as error:
            return state, f"what was kept {when_words(view)} cannot be taken: {error}", ""
        more = tuple(one for one in state.measurements if one not in kept.measurements)
        try:
            kept = replace(kept, measurements=(*kept.measurements, *more))
        except Viewer3DError as error:
            return state, str(error), ""
        name = f"view kept {when_words(view)} taken"
        while name in self._taken or name in self._untaken:
            name += ", again"
        self._taken[name] = view
        again = f"; Ctrl+r again takes what was kept {when_words(rest[0])}" if rest else ""
        return kept, f"{name}: {_measured_words(view)}{again}", name

    def follow_step(self, name: str, *, is_undone: bool) -> None:
        """Offer again what was taken in a step that was undone, and no more when it is done again."""
        source, target = (self._taken, self._untaken) if is_undone else (self._untaken, self._taken)
        if (view := source.pop(name, None)) is not None:
            target[name] = view
            others = tuple(one for one in self._offered if one is not view)
            self._offered = (view, *others) if is_undone else others

    def _remembered(self, memory: SeriesMemory, placed: PlacedLayers, first: ViewState) -> ViewState:
        from viewer3d.app.sessions.kept_view import overlay_digests, overlay_numbers, state_of  # noqa: PLC0415

        then = memory.view.layers, memory.view.regions
        self.history = renumbered(memory.history, overlay_numbers(then, overlay_digests(placed)))
        self._taken, self._offered = {one.name: one for one in memory.taken}, memory.offered
        return state_of(memory.view, placed, first)

    def _begun(self, scene: Scene, state: ViewState, key: SeriesKey) -> tuple[ViewState, str]:
        from viewer3d.app.sessions.kept_view import offer_words, offered_views  # noqa: PLC0415 (as above)
        from viewer3d.app.sessions.store import forget_series, read_views  # noqa: PLC0415 (as above)

        if self._choice == "forget":
            return state, "forgot what was kept of this series" if forget_series(key.series) else ""
        if not self._reads:
            return state, ""
        found = read_views(key.series)
        self._offered = offered_views(found.views, key.grid)
        if self._choice == "resume":
            taken, said, _ = self.take(scene, state)
            return taken, found.problem or said
        return state, found.problem or (offer_words(self._offered[0]) if self._offered else "")

    def _save(self, state: ViewState) -> None:
        if self._changed_at is None or self._key is None or self._shown is None:
            return
        self._changed_at = None
        if not self._writes:
            return
        from viewer3d.app.sessions.kept_view import view_of  # noqa: PLC0415 (as above)
        from viewer3d.app.sessions.store import BackgroundWriter  # noqa: PLC0415 (as above)

        if self._writer is None:
            self._writer = BackgroundWriter()
        (placed, first), window = self._shown, self._window
        follows = tuple(one.name for one in self._taken.values())
        self._writer.write(self._key.series, lambda: view_of(state, first, placed, window=window, follows=follows))

    def _nothing_words(self) -> str:
        if self._key is None:
            return "nothing is kept of what was never in files"
        if not self._reads:
            return "nothing is kept: it is switched off"
        return "nothing more was kept of this series" if self._taken else "nothing was kept of this series"


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


def _measured_words(view: KeptView) -> str:
    if view.measured == 1:
        return "a measurement"
    return f"{view.measured:,} measurements" if view.measured else "no measurements"


def _is_wanted() -> bool:
    """Return whether the person's file lets anything be kept; where it cannot be read it may say no."""
    from viewer3d.settings.read import settings  # noqa: PLC0415 (off screen nothing is kept)

    try:
        return settings().session.keep
    except SettingsError:
        return False
