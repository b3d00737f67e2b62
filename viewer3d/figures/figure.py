"""Figure: a page, how it was asked for, and the file it goes to."""

from __future__ import annotations

import inspect
import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, ParamSpec

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.files import write_whole
from viewer3d.core.inputs import given_volume
from viewer3d.core.view import Slab, ViewState, plain_window
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import ViewError
from viewer3d.figures.pages.page import Page
from viewer3d.figures.pages.pdf import pdf_bytes
from viewer3d.figures.pages.svg import svg_bytes
from viewer3d.figures.style import Style
from viewer3d.recipes.drawn import recipe_of
from viewer3d.render.output import FORMATS, check_path, write_picture

P = ParamSpec("P")

VECTORS = {".pdf": pdf_bytes, ".svg": svg_bytes}
"""File name suffix to what draws a page in vectors."""

SUFFIXES = (*FORMATS, *VECTORS)
"""What the name of a figure's file may end with."""

LATER = ("inverted", "slab", "interpolation")
"""Options that recipes hold only where they were given: older ones lack them, and are made again to the byte."""

NOTEBOOK_WIDTH = 900
"""Pixels: in a notebook figures are not shown wider."""


@dataclass(frozen=True, eq=False)
class Figure:
    """A ready picture that knows how it was made.

    Attributes
    ----------
    name : str
        Of the function in :mod:`viewer3d.figures`.
    arguments : dict
        All arguments of that call but the volumes, as JSON has them: ``figures.make(name, volumes, arguments)`` makes
        the figure again.
    volumes : tuple of Volume
        What it shows.
    page : Page
        What is drawn.
    state : ViewState
        A view of the first volume that shows what the figure is about.
    """

    name: str
    arguments: dict[str, Any]
    volumes: tuple[Volume, ...]
    page: Page
    state: ViewState

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """The figure in pixels, shape (height, width, 3), or 4 with alpha when it is transparent; read-only."""
        pixels = self.page.pixels()
        pixels.flags.writeable = False
        return pixels

    @property
    def texts(self) -> dict[str, str]:
        """What its file carries with it: the :class:`~viewer3d.recipes.record.Recipe` that makes it again."""
        in_3d = any(panel.in_3d for panel in self.page.panels)
        how: dict[str, Any] = {"arguments": self.arguments, "state": self.state, "texts": self.page.texts}
        return recipe_of(self.name, self.volumes, self.page.size, in_3d=in_3d, **how).texts

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
        for volume in self.volumes:
            volume.begin_digest()
        draw = VECTORS.get(target.suffix.lower())
        if draw is None:
            return write_picture(self.pixels, target, self.texts, self.page.dpi)
        content = draw(self.page, self.texts)
        return write_whole(target, lambda file: file.write(content))

    def _repr_png_(self) -> bytes:
        return self._preview

    @cached_property
    def _preview(self) -> bytes:
        from PIL import Image  # noqa: PLC0415 (only notebooks ask)

        picture, file = Image.fromarray(self.pixels), io.BytesIO()
        if picture.width > NOTEBOOK_WIDTH:
            height = round(picture.height * NOTEBOOK_WIDTH / picture.width)
            picture = picture.resize((NOTEBOOK_WIDTH, max(1, height)), Image.Resampling.LANCZOS)
        picture.save(file, "PNG")
        return file.getvalue()

    def __repr__(self) -> str:
        width, height = self.page.size
        return f"Figure({self.name}, {width} x {height} pixels, {self.page.dpi:g} dpi)"


def figure(draw: Callable[P, tuple[Page, ViewState]]) -> Callable[P, Figure]:
    """Make of a function that lays out a page the one that gives a figure.

    Parameters
    ----------
    draw : callable
        Its volumes are annotated ``Volume``: a path will do for one, see :func:`viewer3d.core.inputs.given_volume`.
        It takes the options of :class:`Style` as keywords.
    """
    signature = inspect.signature(draw)
    named = [name for name, one in signature.parameters.items() if one.annotation == "Volume"]

    @wraps(draw)
    def make(*args: P.args, **kwargs: P.kwargs) -> Figure:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = dict(bound.arguments)
        options = given.pop("options")
        check_options(make, options)
        style = asdict(Style(**options))
        volumes = tuple(given_volume(given.pop(name)) for name in named)
        bound.arguments.update(zip(named, volumes, strict=True))
        page, state = draw(*bound.args, **bound.kwargs)
        style = {name: value for name, value in style.items() if name not in LATER or value is not None}
        return Figure(draw.__name__, to_plain({**given, **style}), volumes, page, state)

    make.__signature__ = signature.replace(return_annotation="Figure")  # type: ignore[attr-defined]
    return make


def volume_count(function: Callable[..., Figure]) -> int:
    """Return how many volumes a figure's function takes."""
    return sum(one.annotation == "Volume" for one in inspect.signature(function).parameters.values())


def check_options(function: Callable[..., Figure], arguments: Mapping[str, Any]) -> None:
    """Check the names of a figure's options, and the values of those that all figures share.

    Raises
    ------
    ViewError
        When one of them is none; the message lists the names.
    """
    parameters = inspect.signature(function).parameters
    own = [name for name, one in parameters.items() if one.annotation != "Volume" and name != "options"]
    shared = [field.name for field in fields(Style)]
    if unknown := [name for name in arguments if name not in (*own, *shared)]:
        known = ", ".join((*own, *shared))
        raise ViewError(f"{function.__name__} has no option {unknown[0]!r}: give one of {known}")
    Style(**{name: from_plain(value) for name, value in arguments.items() if name in shared})


def to_plain(value: Any) -> Any:
    """Return an argument as JSON has it, so that it comes back the same.

    Raises
    ------
    ViewError
        When it is none that a figure can have.
    """
    if isinstance(value, Window):
        return plain_window(to_plain(asdict(value)))
    if isinstance(value, Slab):
        return asdict(value)
    if isinstance(value, ViewState):
        return json.loads(replace(value, series=()).to_json())  # those of the volumes stand in the recipe
    if isinstance(value, dict):
        return {key: to_plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [to_plain(one) for one in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | int | float):
        return value
    raise ViewError(f"{value!r} cannot be an option of a figure: give text, numbers or a Window")


def from_plain(value: Any) -> Any:
    """Return an argument as it was before it became JSON: windows and slabs are such again."""
    if isinstance(value, dict) and set(value) - {"table"} == {"center", "width", "function"}:
        return Window(**{**value, "table": tuple((start, grey) for start, grey in value.get("table", ()))})
    if isinstance(value, dict) and set(value) == {"thickness", "blend"}:
        return Slab(**value)
    if isinstance(value, dict):
        return ViewState.from_json(json.dumps(value))
    return [from_plain(one) for one in value] if isinstance(value, list) else value
