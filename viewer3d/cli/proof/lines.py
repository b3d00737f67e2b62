"""The lines that make any picture again: shots by their state, figures by their call."""

from __future__ import annotations

import inspect
import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final

from viewer3d.errors import RecipeError
from viewer3d.figures.by_name import FIGURES, MOVIES, file_suffixes, takes_set
from viewer3d.figures.calls import overlay_names, to_plain, volume_names
from viewer3d.recipes.make import PAGE, SHOT
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.words.line import (
    OVERLAY_PLACE,
    PLACE,
    Code,
    Language,
    as_arguments,
    check_files,
    layer_code,
    look_options,
    reading_arguments_of,
    reading_options_of,
    shot_line,
    window_code,
)
from viewer3d.render.output import FORMATS

_YES_AND_NO: Final = {
    "couch_hidden": ("--hide-couch", "--show-couch"),
    "inverted": ("--invert", "--no-invert"),
    **{name: (f"--{name}", f"--no-{name}") for name in ("scout", "crosshair", "legend")},
    **{name: (f"--{name.replace('_', '-')}",) for name in ("difference", "value_bar", "panel_letters")},
    "face_hidden": ("--hide-face",),
}
"""Options without a value, by the argument: for yes, and where there is one for no."""

_NUMBERS: Final = {
    **dict.fromkeys(("n", "frames", "segment"), int),
    **dict.fromkeys(("margin", "width", "dpi", "text", "rate", "step"), float),
}
"""Options that are numbers: a whole one where a fraction is meant is recorded otherwise, and says so in its picture."""

_IN_THE_SHELL: Final = frozenset(
    {
        *(
            "at",
            "window",
            "plane",
            "n",
            "positions",
            "margin",
            "windows",
            "sides",
            "planes",
            "names",
            "layout",
            "state",
            "line",
            "segment",
            "step",
        ),
        *("rendering", "size", "width", "dpi", "text", "background", "colors", "slab", "interpolation", "scale"),
        *("frames", "rate", "view", *_YES_AND_NO),
    }
)
"""Arguments that ``viewer3d figure`` and ``viewer3d movie`` have options for."""


def line_of_picture(recipe: Recipe, language: Language, suffix: str = ".png") -> str:
    """Return the line that makes the picture of a recipe again.

    Parameters
    ----------
    recipe : Recipe
    language : {"shell", "python"}
    suffix : str
        Of the picture's file: that which the line writes is called ``view`` and this.

    Raises
    ------
    RecipeError
        When no line makes it; says why.
    """
    if recipe.figure == PAGE:
        raise RecipeError(
            "a page has no line yet: viewer3d replay makes it again, and viewer3d page --state PAGE its view"
        )
    known = FORMATS if recipe.figure == SHOT else file_suffixes(recipe.figure)
    output = f"view{suffix if suffix.lower() in known else '.png'}"
    if recipe.figure == SHOT:
        return shot_line(recipe, language, output=output)
    check_files(recipe)
    function: Callable[..., object] | None = FIGURES.get(recipe.figure) or MOVIES.get(recipe.figure)
    if function is None:
        raise RecipeError(f"no figure is named {recipe.figure!r:.40}: this viewer3d did not make it")
    given = _call_options(function, recipe.arguments)
    if language == "python":
        return _python(recipe, function, given, output)
    return _shell(recipe, given, output)


def _call_options(function: Callable[..., object], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return those arguments of a call that are not at their defaults."""
    parameters = inspect.signature(function).parameters
    return {
        name: value
        for name, value in arguments.items()
        if name not in parameters
        or parameters[name].default is inspect.Parameter.empty
        or repr(to_plain(parameters[name].default)) != repr(value)  # 300 and 300.0 are written otherwise
    }


def _shell(recipe: Recipe, given: Mapping[str, Any], output: str) -> str:
    is_movie = recipe.figure in MOVIES
    count = 1 if takes_set(recipe.figure) or is_movie else len(recipe.volumes)
    if not count:
        raise RecipeError(f"{recipe.figure} without a volume has no line of the shell: ask for that of Python")
    words = ["viewer3d", "movie"] if is_movie else ["viewer3d", "figure", recipe.figure.replace("_", "-")]
    words += [PLACE, *(f"{PLACE}2" for _ in range(count - 1)), "-o", output]
    words += ["--kind", recipe.figure] if is_movie else []
    for name, value in given.items():
        words += _option(recipe.figure, name, value)
    words += reading_options_of(recipe)
    for number, overlay in enumerate(recipe.overlays, 1):
        words += ["--overlay", f"{OVERLAY_PLACE}{number}", *look_options(overlay)]
    return " ".join(map(shlex.quote, words))


def _option(figure: str, name: str, value: Any) -> list[str]:
    """Return the option of an argument, where it comes back as it is."""
    flag = f"-{name}" if name == "n" else f"--{name.replace('_', '-')}"
    if name in _YES_AND_NO and isinstance(value, bool):
        flags = _YES_AND_NO[name]
        if value or len(flags) > 1:
            return [flags[0 if value else 1]]
    elif name == "slab" and isinstance(value, dict):
        return [flag, f"{value['thickness']!r},{value['blend']}"]
    elif name == "state" and isinstance(value, dict):
        return [flag, json.dumps(value)]
    elif name == "size" and isinstance(value, list):
        return [flag, "x".join(map(str, value))]
    elif name == "positions" and isinstance(value, list):
        return [f"{flag}={','.join(map(repr, map(float, value)))}"]
    elif name in ("windows", "planes", "names") and isinstance(value, list):
        if all(isinstance(one, str) and one == one.strip() and "," not in one for one in value):
            return [f"{flag}={','.join(value)}"]
    elif name in _IN_THE_SHELL and type(value) is _NUMBERS.get(name, str):
        return [f"{flag}={value}"] if flag.startswith("--") else [flag, str(value)]
    raise RecipeError(f"{figure} was given {name} as no option of the shell has it: ask for the lines of Python")


def _python(recipe: Recipe, function: Callable[..., object], given: Mapping[str, Any], output: str) -> str:
    names, lines = volume_names(function), ["import viewer3d"]
    shown: list[Any] = []
    for name, record in zip(names, recipe.volumes, strict=False):
        load = "load_all" if name == "volumes" else "load"
        where = PLACE if len(shown) == 0 else f"{PLACE}2"
        lines.append(f"{name} = viewer3d.{load}({as_arguments([where], reading_arguments_of(recipe, record))})")
        shown.append(Code(f"{name}={name}"))
    layers = [layer_code(one, number) for number, one in enumerate(recipe.overlays, 1)]
    over = overlay_names(function)
    if over == ["overlays"]:
        shown += [Code(f"overlays=[{', '.join(layers)}]")] if layers else []
    else:
        shown += [Code(f"{name}={layer}") for name, layer in zip(over, layers, strict=True)]
    call = as_arguments(shown, {name: _code(value) for name, value in given.items()})
    return "\n".join([*lines, f'viewer3d.figures.{recipe.figure}({call}).save("{output}")'])


def _code(value: Any) -> Any:
    """Return an argument as Python has it, from the form that JSON has."""
    if isinstance(value, list):
        return Code(f"[{', '.join(str(_code(one)) if isinstance(one, list | dict) else repr(one) for one in value)}]")
    if isinstance(value, dict) and {"center", "width"} <= value.keys():
        return window_code(value)
    if isinstance(value, dict) and value.keys() == {"thickness", "blend"}:
        return f"{value['thickness']!r},{value['blend']}"
    if isinstance(value, dict):
        return Code(f"viewer3d.ViewState.from_json({json.dumps(value)!r})")
    return value
