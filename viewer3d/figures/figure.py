"""A figure: its page, the call that made it, and the file it goes to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Final, ParamSpec

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.files import write_whole
from viewer3d.core.inputs import as_volume, as_volume_set
from viewer3d.core.layers import AnyPlaced, listed_overlays, place_layers, place_without_volume, volumes_of
from viewer3d.core.members import as_members
from viewer3d.core.notes.note import Note, not_shown
from viewer3d.core.placing.regions import PlacedRegions, region_numbers
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume, begin_volume_digest
from viewer3d.errors import ViewError
from viewer3d.figures.calls import (
    SET,
    bind_call,
    full_signature,
    optional_volumes,
    overlay_arguments,
    overlay_names,
    own_names_in_full,
    to_plain,
    volume_names,
    with_numbers,
    without_later,
)
from viewer3d.figures.pages.page import Page
from viewer3d.figures.pages.pdf import pdf_bytes
from viewer3d.figures.pages.svg import svg_bytes
from viewer3d.figures.style import Style
from viewer3d.recipes.make import recipe_of
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.words.with_words import WithWords
from viewer3d.render.output import FORMATS, check_path, write_picture
from viewer3d.render.png import encode_png

_P = ParamSpec("_P")

VECTORS: Final = {".pdf": pdf_bytes, ".svg": svg_bytes}
"""File name suffix to what draws a page in vectors."""

SUFFIXES: Final = (*FORMATS, *VECTORS)
"""What the name of a figure's file may end with."""

_NOTEBOOK_WIDTH: Final = 900
"""Pixels: in a notebook figures are not shown wider."""


@dataclass(frozen=True, eq=False)
class Figure(WithWords):
    """A ready picture, and the call that makes it again.

    Attributes
    ----------
    name : str
        Of the function in :mod:`viewer3d.figures`.
    arguments : dict
        All arguments of that call but volumes and overlays, as JSON has them; :func:`viewer3d.figures.by_name.make`
        makes the figure again from them.
    volumes : tuple of Volume
        What it shows.
    page : Page
        What is drawn.
    state : ViewState
        A view of the first volume that shows what the figure is about.
    overlays : tuple of PlacedLayer or PlacedRegions
        What lies over the first volume, from the lowest to the highest.
    """

    name: str
    arguments: dict[str, Any]
    volumes: tuple[Volume, ...]
    page: Page
    state: ViewState
    overlays: tuple[AnyPlaced, ...] = ()

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """The figure in pixels, shape (height, width, 3), or 4 with alpha when it is transparent; read-only."""
        pixels = self.page.pixels()
        pixels.flags.writeable = False
        return pixels

    @property
    def not_shown(self) -> tuple[Note, ...]:
        """What its panels do not show of the data, each once; see docs/notes.md."""
        found = [note for panel in self.page.panels for note in panel.notes.missing]
        if not any(panel.drawn for panel in self.page.panels):  # a plot of values has no panes that say it
            found += not_shown(note for volume in self.volumes for note in volume.notes)
        return tuple(dict.fromkeys(found))

    @property
    def compared(self) -> tuple[Note, ...]:
        """What keeps the numbers of its two volumes from being compared, of the figure ``compare``."""
        return self.page.compared

    @property
    def table(self) -> str:
        """The values that are plotted, as CSV, of the figures ``time_curve`` and ``profile``; else empty."""
        return self.page.table

    @property
    def recipe(self) -> Recipe:
        """The recipe that makes it again."""
        in_3d = any(panel.in_3d for panel in self.page.panels)
        how: dict[str, Any] = {"arguments": self.arguments, "state": self.state, "texts": self.page.texts}
        how |= {"overlays": self.overlays, "compared": self.compared, "not_shown": self.not_shown}
        return recipe_of(self.name, self.volumes, self.page.size, in_3d=in_3d, **how)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the figure, whole or not at all.

        Parameters
        ----------
        path : path-like
            Its suffix decides the format: one of :data:`SUFFIXES`. PDF and SVG have vector text over the panes.

        Raises
        ------
        OutputError
            When it cannot be written there; no part of a file is left.
        """
        target = check_path(path, SUFFIXES)
        for volume in (*self.volumes, *volumes_of(self.overlays)):
            begin_volume_digest(volume)
        draw = VECTORS.get(target.suffix.lower())
        if draw is None:
            return write_picture(self.pixels, target, self.texts, self.page.dpi)
        content = draw(self.page, self.texts)
        return write_whole(target, lambda file: file.write(content))

    def _repr_png_(self) -> bytes:
        return self._preview

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        # A notebook takes the alternative text beside the picture.
        return {"image/png": self._preview}, {"image/png": {"alt": self.alt_text()}}

    @cached_property
    def _preview(self) -> bytes:
        from PIL import Image  # noqa: PLC0415 (only notebooks ask)

        picture = Image.fromarray(self.pixels)
        if picture.width > _NOTEBOOK_WIDTH:
            height = round(picture.height * _NOTEBOOK_WIDTH / picture.width)
            picture = picture.resize((_NOTEBOOK_WIDTH, max(1, height)), Image.Resampling.LANCZOS)
        return encode_png(np.asarray(picture))

    def __repr__(self) -> str:
        width, height = self.page.size
        return f"Figure({self.name}, {width} x {height} pixels, {self.page.dpi:g} dpi)"


def figure(draw: Callable[_P, tuple[Page, ViewState | SideBySide]]) -> Callable[_P, Figure]:
    """Turn a function that lays out a page into one that returns a figure.

    Parameters
    ----------
    draw : callable
        Takes the volumes by the names that :func:`viewer3d.figures.calls.volume_names` knows, ``overlays``, which it
        gets placed, and the options of :class:`Style` as keywords. Callers may give paths for volumes, see
        :func:`viewer3d.core.inputs.as_volume`, and see each option of the style by its name.
    """
    styled = [field.name for field in fields(Style)]

    @wraps(draw)
    def make(*args: _P.args, **kwargs: _P.kwargs) -> Figure:
        bound = bind_call(make, args, kwargs)
        own = {name: value for name, value in bound.arguments.items() if name not in styled}
        style = asdict(Style(**{name: bound.arguments[name] for name in styled}))
        given = {name: own.pop(name) for name in volume_names(make)}
        needed = {name: one for name, one in given.items() if one is not None or name not in optional_volumes(make)}
        sets = {name: _members_of(name, one) for name, one in needed.items()}
        volumes = tuple(one for members in sets.values() for one in members)
        if volumes:
            own, style = (own_names_in_full(one, volumes) for one in (own, style))
            bound.arguments.update(own, colors=style["colors"])
        over = {name: own.pop(name) for name in overlay_names(make)}
        overlays = _placed(volumes, over, own.get("over"))
        if own.get("plan") is not None:  # recipes hold the dose that is prescribed, and need no plan
            from viewer3d.core.dose.plan import as_plan  # noqa: PLC0415 (few figures have a plan)

            own["plan"] = as_plan(own["plan"]).prescription.dose
            bound.arguments["plan"] = own["plan"]
        if isinstance(own.get("segment"), str):  # recipes hold no names of segments: one may name a patient
            own["segment"] = _number_of(own["segment"], overlays)
        shown = {name: members if name == SET else members[0] for name, members in sets.items()}
        bound.arguments.update(shown, **overlay_arguments(make, overlays))
        page, state = draw(*bound.args, **bound.kwargs)
        if isinstance(state, SideBySide):  # recipes hold what was drawn, also where it was not given
            own["state"], state = state, state.cells[0]
        if "overlays" not in overlay_names(make):
            own = with_numbers(own, overlays)
        return Figure(draw.__name__, to_plain(without_later({**own, **style})), volumes, page, state, overlays)

    make.__signature__ = full_signature(draw, "Figure")  # type: ignore[attr-defined]
    return make


def _members_of(name: str, given: Any) -> tuple[Volume, ...]:
    """Return the volumes that stand for one parameter: of a 4-D set all."""
    return as_members(as_volume_set(given)) if name == SET else (as_volume(given),)


def _number_of(name: str, overlays: Sequence[AnyPlaced]) -> int | str:
    """Return the number of a segment of the one set of regions; where it has none, the name."""
    regions = [one for one in overlays if isinstance(one, PlacedRegions)]
    numbers = region_numbers(regions[0], name) if len(regions) == 1 else ()
    return numbers[0] if len(numbers) == 1 else name


def _placed(volumes: tuple[Volume, ...], given: dict[str, Any], over: Sequence[int] | None) -> tuple[AnyPlaced, ...]:
    """Return what was given as overlays, all together or each by a name, in the world of the first volume.

    Where it is told over which volume each lies, it is in the world of that.
    """
    if over is not None:
        listed = listed_overlays(given["overlays"])
        if len(over) != len(listed) or not set(over) <= set(range(len(volumes))):
            raise ViewError(f"over {list(over)}: give for each of {len(listed)} overlays 0 to {len(volumes) - 1}")
        return tuple(place_layers(volumes[n], [one]).overlays[0] for n, one in zip(over, listed, strict=True))
    listed = given["overlays"] if "overlays" in given else list(given.values())
    placed = (place_layers(volumes[0], listed) if volumes else place_without_volume(listed)).overlays
    if "overlays" not in given and not all(isinstance(one, PlacedRegions) for one in placed):
        raise ViewError(f"{' and '.join(given)} are segmentations or structure sets, and a volume was given as one")
    return placed
