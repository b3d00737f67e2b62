"""Make a page again from its recipe, and measure the visible difference between two pages."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.volume import Volume
from viewer3d.errors import RecipeError, ViewError
from viewer3d.figures.calls import from_plain
from viewer3d.figures.movies.paths import checked_count
from viewer3d.recipes.compare import Comparison, compare_pictures
from viewer3d.recipes.record import Recipe
from viewer3d.render.first_state import with_first_looks
from viewer3d.render.window_choice import choose_window
from viewer3d.web.page.plan import Detail
from viewer3d.web.page.save_page import check_page_path, checked_megabytes, draw_page
from viewer3d.web.page.standing_page import StandingPage
from viewer3d.web.page.windows import PageWindow

_BLOCK: Final = re.compile(rb'<script type="text/plain" id="([a-z0-9]+-[0-9]+)">([A-Za-z0-9+/=\n]*)</script>')


def remake_page(
    recipe: Recipe, volumes: Sequence[Volume], path: str | os.PathLike[str], overlays: Sequence[Layer] = ()
) -> None:
    """Make the page of a recipe again, with the slices and the quality that it had.

    Raises
    ------
    RecipeError
        When it says nothing that can be made.
    """
    if recipe.state is None or not volumes:
        raise RecipeError(f"recipe of {len(volumes)} volumes and no view: a page has both; it was changed")
    given = recipe.arguments
    pairs = zip(given["names"], given["windows"], strict=True)
    windows = tuple(PageWindow(str(name), choose_window(volumes[0], from_plain(one))) for name, one in pairs)
    placed = place_layers(volumes, overlays)
    state = with_first_looks(recipe.state, placed)
    detail = Detail(float(given["step"]), int(given["quality"]))
    frames, megabytes = checked_count(given["frames"], "turntable"), checked_megabytes(given["megabytes"])
    draw_page(StandingPage(placed, state, recipe.size, windows, frames, megabytes, detail), check_page_path(path))


def page_pictures(path: Path) -> dict[str, list[bytes]]:
    """Return the encoded pictures of a page, in the order of slices, by pane and window: "axial-0"."""
    return {
        name.decode(): [base64.b64decode(line) for line in lines.split()]
        for name, lines in _BLOCK.findall(path.read_bytes())
    }


def decode_picture(picture: bytes) -> NDArray[np.uint8]:
    """Return the pixels of a picture of a page.

    Raises
    ------
    ViewError
        When it cannot be decoded.
    """
    from PIL import Image  # noqa: PLC0415 (only for pictures in files)

    try:
        with Image.open(io.BytesIO(picture)) as opened:
            return np.array(opened.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ViewError("a picture of the page is broken: give the page as viewer3d wrote it") from None


def compare_pages(one: Path, other: Path) -> Comparison:
    """Measure the largest visible difference between any pair of pictures of two pages.

    Raises
    ------
    ViewError
        When they have not the same pictures, or one cannot be decoded.
    """
    pages = page_pictures(one), page_pictures(other)
    counts = [{name: len(pictures) for name, pictures in page.items()} for page in pages]
    if counts[0] != counts[1] or not counts[0]:
        totals = [sum(page.values()) for page in counts]
        raise ViewError(f"one page has {totals[0]} pictures, the other {totals[1]}, or of other panes")
    worst: Comparison | None = None
    together = False
    for name, pictures in pages[0].items():
        for first, second in zip(pictures, pages[1][name], strict=True):
            if first != second:
                found = compare_pictures(decode_picture(first), decode_picture(second))
                together |= found.hangs_together
                if worst is None or (found.difference, found.pixels) > (worst.difference, worst.pixels):
                    worst = found
    return Comparison(0.0, (0, 0), 0) if worst is None else replace(worst, hangs_together=together)
