"""Draw the picture of a recipe again, of whatever kind it is, from data that were loaded."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from viewer3d.core.layers import Layer
from viewer3d.core.volume import Volume
from viewer3d.core.window import find_row
from viewer3d.errors import RecipeError
from viewer3d.recipes.make import PAGE, SHOT
from viewer3d.recipes.record import Recipe
from viewer3d.render.output import FORMATS

if TYPE_CHECKING:
    from viewer3d.figures.figure import Figure
    from viewer3d.figures.movies.movie import Movie


def output_suffixes(figure: str) -> Collection[str]:
    """Return the file suffixes that a figure, a movie or a shot may have."""
    from viewer3d.figures import by_name  # noqa: PLC0415 (as below)

    if figure == PAGE:
        from viewer3d.web.page.save_page import PAGE_SUFFIXES  # noqa: PLC0415 (few pictures are pages)

        return PAGE_SUFFIXES
    return FORMATS if figure == SHOT else by_name.file_suffixes(figure)


def redraw(
    recipe: Recipe, volumes: Sequence[Volume], path: str | os.PathLike[str], overlays: Sequence[Layer] = ()
) -> None:
    """Draw the picture of a recipe from loaded volumes and overlays, and write it.

    Raises
    ------
    RecipeError
        When it says nothing that can be drawn.
    """
    if recipe.figure == PAGE:
        from viewer3d.web.page.remake_page import remake_page  # noqa: PLC0415 (as above)

        remake_page(recipe, volumes, path, overlays)
        return
    if recipe.figure != SHOT:
        remake(recipe, volumes, overlays).save(path)
        return
    from viewer3d.render.shot import screenshot  # noqa: PLC0415 (as above)

    if recipe.state is None or not volumes:
        raise RecipeError(f"recipe of {len(volumes)} volumes and no view: a shot has both; it was changed")
    screenshot(volumes, path, size=recipe.size, state=recipe.state, overlays=overlays)


def remake(recipe: Recipe, volumes: Sequence[Volume], overlays: Sequence[Layer] = ()) -> Figure | Movie:
    """Make the figure or movie of a recipe with the view that it records, not today's defaults.

    What the call left out is in the recipe's view: where it cuts, its window. So a later viewer3d with other defaults
    still makes the picture that was made. The figure's own recipe says the call as it was.

    Raises
    ------
    RecipeError
        When it is of a page, which is many pictures.
    """
    if recipe.figure == PAGE:
        raise RecipeError("a page holds many pictures: draw one of them by viewer3d shot --state PAGE, and ask of that")
    from viewer3d.figures import by_name  # noqa: PLC0415 (a picture of one view needs none of them)

    arguments = dict(recipe.arguments)
    if recipe.state is not None and recipe.figure != "beside":  # which has the states of all in its arguments
        left_to_state = {"at", "window"} & set(arguments) - ({"at"} if recipe.figure == "time_curve" else set())
        arguments.update(dict.fromkeys(left_to_state), state=recipe.state)
        for name in ("couch_hidden", "face_hidden"):
            if name in arguments:
                arguments[name] = getattr(recipe.state.layers[0], name)
    if recipe.figure == "compare":  # pictures from before notes were said are made again without
        arguments.setdefault("notes", bool(recipe.compared))
    if "windows" in arguments and not all(volume.is_like_hu for volume in volumes):
        arguments["windows"] = _in_numbers(arguments["windows"])
    return replace(by_name.make(recipe.figure, volumes, arguments, overlays), arguments=recipe.arguments)


def _in_numbers(window: Any) -> Any:
    """Return a window, or a list of them, with a name in HU replaced by its numbers."""
    if isinstance(window, list):
        return [_in_numbers(one) for one in window]
    row = find_row(window) if isinstance(window, str) else None
    named = row is not None and row.scale == "HU"
    return {"center": row.center, "width": row.width, "function": "LINEAR"} if row and named else window
