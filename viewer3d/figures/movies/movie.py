"""A movie: its states, the call that made it, its pictures, and the file they go to."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from html import escape
from pathlib import Path
from typing import Any, Final, ParamSpec

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.inputs import as_volume, as_volume_set
from viewer3d.core.layers import AnyPlaced, place_layers, volumes_of
from viewer3d.core.members import as_members
from viewer3d.core.notes.note import Note, not_shown
from viewer3d.core.progress import Progress
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.calls import bind_call, full_signature, own_names_in_full, to_plain, volume_names, without_later
from viewer3d.figures.movies.files import check_movie, write_movie
from viewer3d.figures.movies.picture_stream import PictureStream
from viewer3d.figures.movies.webp import write_preview
from viewer3d.recipes.make import names_in, recipe_of
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.words.with_words import WithWords
from viewer3d.render.panes import check_size
from viewer3d.render.scene import Scene
from viewer3d.render.shot import check_opengl

_P = ParamSpec("_P")


_RATES: Final = (0.5, 50.0)
"""Frames per second: slower is no movie, and browsers slow down a GIF that is faster."""


@dataclass(frozen=True, eq=False)
class Movie(WithWords):
    """A movie: states that are drawn one after another and shown in a loop.

    Attributes
    ----------
    name : str
        Of the function in :mod:`viewer3d.figures` that made it.
    arguments : dict
        All arguments of that call but volumes and overlays, as JSON has them; :func:`viewer3d.figures.by_name.make`
        makes the movie again from them.
    volumes : tuple of Volume
        What it shows; of a 4-D set each state's ``member`` says which.
    states : tuple of ViewState
        One a picture.
    size : tuple of int
        Width and height in pixels.
    rate : float
        Frames per second.
    overlays : tuple of PlacedLayer or PlacedRegions
        What lies over the volumes, from the lowest to the highest.

    Raises
    ------
    ViewError
        When there are less than two states, or the size or rate is none a movie can have.
    """

    name: str
    arguments: dict[str, Any]
    volumes: tuple[Volume, ...]
    states: tuple[ViewState, ...]
    size: tuple[int, int]
    rate: float
    overlays: tuple[AnyPlaced, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", check_size(self.size))
        low, high = _RATES
        if not low <= self.rate <= high:
            raise ViewError(f"rate of {self.rate:g} frames a second: give one from {low:g} to {high:g}")
        if len(self.states) < 2:
            raise ViewError(f"{self.name} of one frame: a movie takes two or more, viewer3d.screenshot draws one")

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Draw the pictures, each as :func:`viewer3d.screenshot` draws its state.

        Yields
        ------
        ndarray of uint8, shape (height, width, 3)

        Raises
        ------
        RenderError
            When the view is 3D alone and no OpenGL works here.
        """
        if "3d" in {state.shown for state in self.states}:
            check_opengl()
        with Scene(self.volumes, self.size, overlays=self.overlays) as scene:
            for state in self.states:
                scene.apply(state)
                yield scene.screenshot()

    @property
    def recipe(self) -> Recipe:
        """The recipe that makes it again."""
        in_3d = any("3d" in state.panes for state in self.states)
        first = self.states[0]
        names = names_in((*self.volumes, *volumes_of(self.overlays)), first)
        how: dict[str, Any] = {"arguments": self.arguments, "state": first, "in_3d": in_3d, "texts": names}
        how |= {"overlays": self.overlays, "not_shown": self.not_shown}
        return recipe_of(self.name, self.volumes, self.size, **how)

    @property
    def not_shown(self) -> tuple[Note, ...]:
        """What of its data none of its pictures shows; see docs/notes.md."""
        return not_shown(place_layers(self.volumes, self.overlays).notes)

    def save(self, path: str | os.PathLike[str], progress: Progress | None = None) -> Path:
        """Write the movie, whole or not at all; it plays in a loop.

        Parameters
        ----------
        path : path-like
            Its suffix decides the format: ``.webp`` and ``.png`` (APNG) keep every pixel; ``.gif`` has 256 colours,
            the same ones in all frames; ``.mp4`` (``pip install 'viewer3d[movie]'``) is small and not exact.
        progress : callable, optional
            Called with ("frames", how many are drawn, how many there are).

        Raises
        ------
        OutputError
            When it cannot be written there; no part of a file is left.
        RenderError
            When the view is 3D alone and no OpenGL works here.
        """
        target = check_movie(path, self.size)
        return write_movie(self._stream(self.texts, progress), target)

    def _stream(self, texts: Mapping[str, str], progress: Progress | None = None) -> PictureStream:
        return PictureStream(self._counted(progress), len(self.states), self.size, self.rate, texts)

    def _counted(self, progress: Progress | None) -> Iterator[NDArray[np.uint8]]:
        for number, picture in enumerate(self.frames(), 1):
            yield picture
            if progress is not None:
                progress("frames", number, len(self.states))

    def _repr_html_(self) -> str:
        return self._preview

    @cached_property
    def _preview(self) -> str:
        file = io.BytesIO()
        write_preview(file, self._stream({}))
        content = base64.b64encode(file.getvalue()).decode()
        return f'<img alt="{escape(self.alt_text())}" src="data:image/webp;base64,{content}">'

    def __repr__(self) -> str:
        width, height = self.size
        return f"Movie({self.name}, {len(self.states)} frames of {width} x {height} pixels, {self.rate:g} a second)"


def movie(list_states: Callable[_P, Sequence[ViewState]]) -> Callable[_P, Movie]:
    """Turn a function that lists states into one that returns a movie.

    Parameters
    ----------
    list_states : callable
        Its first parameter is ``volume``, or ``volumes`` for a 4-D set; it has a size, a rate and ``overlays``, which
        it gets placed. Callers may give a path for either, see :mod:`viewer3d.core.inputs`.
    """

    @wraps(list_states)
    def make(*args: _P.args, **kwargs: _P.kwargs) -> Movie:
        bound = bind_call(make, args, kwargs)
        given = dict(bound.arguments)
        (shown,) = volume_names(make)
        what = given.pop(shown)
        is_set = shown == "volumes"
        volumes = as_members(as_volume_set(what) if is_set else as_volume(what))
        overlays = place_layers(volumes, given.pop("overlays")).overlays
        given = own_names_in_full(given, volumes)
        bound.arguments.update(given)
        bound.arguments.update({shown: volumes if is_set else volumes[0], "overlays": overlays})
        states = tuple(list_states(*bound.args, **bound.kwargs))
        return Movie(
            list_states.__name__,
            to_plain(without_later(given)),
            volumes,
            states,
            given["size"],
            given["rate"],
            overlays,
        )

    make.__signature__ = full_signature(list_states, "Movie")  # type: ignore[attr-defined]
    return make
