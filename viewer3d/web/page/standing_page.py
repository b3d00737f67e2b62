"""A page that stands by itself: what it shows, its recipe, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from viewer3d.core.layers import PlacedLayers
from viewer3d.core.notes.note import Note
from viewer3d.core.progress import Progress
from viewer3d.core.view.planes import PaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.calls import to_plain
from viewer3d.recipes.make import PAGE, names_in, recipe_of
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.words.with_words import WithWords
from viewer3d.render.scene import Scene
from viewer3d.web.page.panes import SlicePaneOfPage, slice_pane
from viewer3d.web.page.pictures import TURN_QUALITY, drawn, encoded, few_of, text_size
from viewer3d.web.page.plan import Detail, PaneSlices, details
from viewer3d.web.page.windows import PageWindow

MEGABYTE: Final = 1_000_000

_BESIDE_PICTURES: Final = 150_000
"""Bytes of a page that are no pictures: style, script, recipe, words."""

PanePictures = Mapping[PaneName, Sequence[Sequence[bytes]]]
"""Of each pane and window the pictures, encoded; of the turntable of one window."""


@dataclass(frozen=True, eq=False)
class StandingPage(WithWords):
    """What a page shows.

    Attributes
    ----------
    placed : PlacedLayers
        The volume or 4-D set, and what lies over it.
    state : ViewState
        What it shows first; its panes are those of the page.
    size : tuple of int
        Width and height of a picture in pixels.
    windows : tuple of PageWindow
        That can be chosen; the first is that of the state.
    frames : int
        Of the turntable.
    megabytes : float
        How large the file may be, in 1,000,000 bytes.
    detail : Detail, optional
        Which slices there are, and how they are encoded; None before that was decided.
    """

    placed: PlacedLayers
    state: ViewState
    size: tuple[int, int]
    windows: tuple[PageWindow, ...]
    frames: int
    megabytes: float
    detail: Detail | None = None
    not_shown: tuple[Note, ...] = field(default=())

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The volume or 4-D set."""
        return self.placed.layers[0].members

    @property
    def volume(self) -> Volume:
        """The volume that is seen."""
        return self.volumes[self.state.layers[0].member]

    @cached_property
    def panes(self) -> tuple[SlicePaneOfPage, ...]:
        """The panes of slices, in reading order."""
        names = [name for name in self.state.panes if name != "3d"]
        return tuple(slice_pane(self.volume, self.state, name, self.size) for name in names)

    @property
    def turns(self) -> bool:
        """Whether there is a turntable."""
        return "3d" in self.state.panes

    @property
    def recipe(self) -> Recipe:
        """The recipe that makes it again."""
        detail = self.detail or Detail()
        arguments = {
            "windows": [to_plain(one.window) for one in self.windows],
            "names": [one.name for one in self.windows],
            "frames": self.frames,
            "megabytes": self.megabytes,
            "step": detail.step,
            "quality": detail.quality,
        }
        overlays = self.placed.overlays
        volumes = [one for layer in self.placed.layers for one in layer.members]
        how: dict[str, Any] = {"arguments": arguments, "state": self.state, "overlays": overlays}
        how |= {"in_3d": self.turns, "texts": names_in(volumes, self.state), "not_shown": self.not_shown}
        return recipe_of(PAGE, self.volumes, self.size, **how)

    def turn_states(self) -> list[ViewState]:
        """Return the states of the turntable, the first as the state has it."""
        first = self.state.with_view("3d")
        return [first.with_camera(first.camera.around(360 * n / self.frames)) for n in range(self.frames)]

    def kept(self, pane: SlicePaneOfPage) -> range:
        """Return the numbers of the slices that a pane has, counted from 0."""
        return pane.slices.kept(self.detail or Detail())

    def in_windows(self, state: ViewState) -> list[ViewState]:
        """Return a state in every window of the page."""
        return [state.with_look(0, window=one.window) for one in self.windows]

    def draw(self, progress: Progress | None = None) -> tuple[StandingPage, PanePictures]:
        """Draw all pictures, with as many slices and as well encoded as the megabytes allow.

        Returns
        -------
        page : StandingPage
            With what was decided.
        pictures : mapping

        Raises
        ------
        ViewError
            When the least that a page can have takes more than it may.
        """
        with Scene(self.volumes, self.size, overlays=self.placed.overlays) as scene:
            turning = self._turning(scene, progress)
            page = replace(self, not_shown=self._not_shown(scene))
            if self.detail is not None:  # as it was decided before
                return page, {**page._sliced(scene, progress), **turning}
            room = self.megabytes * MEGABYTE - _BESIDE_PICTURES - _size_of(turning)
            sizes = _Sizes(self, scene)
            for detail in details([one.slices for one in self.panes], sizes.mean, room):
                decided = replace(page, detail=detail)
                pictures = decided._sliced(scene, progress)
                if _size_of(pictures) <= room:
                    return decided, {**pictures, **turning}
        raise ViewError(
            f"a page of {len(self.windows)} windows, {self.size[0]} x {self.size[1]} pixels each picture, does not fit "
            f"into {self.megabytes:g} MB: allow more (megabytes), or ask for fewer windows or smaller pictures"
        )

    def _turning(self, scene: Scene, progress: Progress | None) -> dict[PaneName, list[list[bytes]]]:
        if not self.turns:
            return {}
        found = drawn(scene, self.turn_states(), TURN_QUALITY)
        return {"3d": [_counted(found, "turning", self.frames, progress)]}

    def _not_shown(self, scene: Scene) -> tuple[Note, ...]:
        found: list[Note] = []
        first = [one.state_at(one.slices.first) for one in self.panes]
        for state in [*first, *([self.state.with_view("3d")] if self.turns else [])]:
            scene.apply(state)
            found += scene.not_shown
        return tuple(dict.fromkeys(found))

    def _sliced(self, scene: Scene, progress: Progress | None) -> dict[PaneName, list[list[bytes]]]:
        detail, count = self.detail or Detail(), len(self.windows)
        total = count * sum(len(self.kept(one)) for one in self.panes)
        done, found = 0, {}
        for pane in self.panes:
            # A slice in one window after the other: its values are sampled once.
            states = (state for number in self.kept(pane) for state in self.in_windows(pane.state_at(number)))
            pictures = _counted(drawn(scene, states, detail.quality), "drawing slices", total, progress, done)
            done += len(pictures)
            found[pane.name] = [pictures[number::count] for number in range(count)]
        return found  # type: ignore[return-value]  # names of planes are names of panes


class _Sizes:
    """How many bytes slices take, by a few of them."""

    def __init__(self, page: StandingPage, scene: Scene) -> None:
        self._pictures = {one.slices: self._drawn(page, one, scene) for one in page.panes}
        self._known: dict[tuple[PaneSlices, int], float] = {}

    @staticmethod
    def _drawn(page: StandingPage, pane: SlicePaneOfPage, scene: Scene) -> list[list[Any]]:
        pictures: list[list[Any]] = []
        for number in few_of(range(pane.slices.count)):
            pictures.append([])
            for state in page.in_windows(pane.state_at(number)):
                scene.apply(state)
                pictures[-1].append(scene.screenshot())
        return pictures

    def mean(self, pane: PaneSlices, quality: int) -> float:
        """Return the bytes that a slice takes in all windows together, on average."""
        if (pane, quality) not in self._known:
            pictures = self._pictures[pane]
            sizes = [text_size(encoded(one, quality)) for slices in pictures for one in slices]
            self._known[pane, quality] = sum(sizes) / len(pictures)
        return self._known[pane, quality]


def _counted(pictures: Iterator[bytes], what: str, total: int, progress: Progress | None, done: int = 0) -> list[bytes]:
    found = []
    with closing(pictures):  # type: ignore[type-var]  # a generator
        for picture in pictures:
            found.append(picture)
            if progress is not None:
                progress(what, done + len(found), total)
    return found


def _size_of(pictures: PanePictures) -> int:
    return sum(text_size(one) for windows in pictures.values() for window in windows for one in window)
