"""The line that makes a view again: of the shell or of Python, from the recipe of its picture.

A view is written as its state in JSON, which decides every pixel, and, in the shell, which series of a folder it is of.
What no recipe knows is where files are: their places are words in capitals, for a person to replace.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from viewer3d.core.origin import series_of_records
from viewer3d.core.provenance import OWN
from viewer3d.errors import RecipeError

if TYPE_CHECKING:
    from viewer3d.core.view.state import ViewState
    from viewer3d.recipes.data_record import OverlayRecord, VolumeRecord
    from viewer3d.recipes.record import Recipe

Language = Literal["shell", "python"]

PLACE: Final = "PATH"
"""Where the data of the base are, where that is not known."""

OVERLAY_PLACE: Final = "OVERLAY"
"""Where the data of an overlay are."""

PRESENTATION_PLACE: Final = "PRESENTATION"
"""A presentation state that is a file of its own."""

USUAL_SIZE: Final = (1200, 900)
"""Of ``viewer3d shot`` and :func:`viewer3d.screenshot` where none is given."""

_USUAL_UNITS: Final = {"CT": "HU", "PT": "SUVbw", "RTDOSE": "Gy"}
"""What values are in where no unit is asked for; of all others that which the files say."""

_GIVEN_UNITS: Final = frozenset({"", "HU", "Bq/ml", "counts", "g/ml"})
"""Units that can be asked for of any data, see :func:`viewer3d.load`."""


@dataclass(frozen=True)
class DataPlace:
    """Where the data of a view are, as far as that is known.

    Attributes
    ----------
    paths : tuple of str
        Folders or files; none where that is not known.
    series : str
        Series Instance UID, where the paths hold several volumes; empty where they do not, or it is not known.
    stack : int, optional
        Which volume of that series, from 1.
    """

    paths: tuple[str, ...] = ()
    series: str = ""
    stack: int | None = None


UNKNOWN_PLACE: Final = DataPlace()
"""The place of data that came from a picture, or from Python."""


def shot_line(
    recipe: Recipe,
    language: Language = "shell",
    place: DataPlace = UNKNOWN_PLACE,
    output: str = "view.png",
    options: Mapping[str, Any] | None = None,
) -> str:
    """Return the line that draws the picture of a recipe of one view.

    Parameters
    ----------
    recipe : Recipe
        Of a shot: of what :func:`viewer3d.screenshot`, ``viewer3d shot`` or the window saved.
    language : {"shell", "python"}
        For a POSIX shell, or three lines of Python.
    place : DataPlace
    output : str
        The picture's file.
    options : mapping, optional
        Options that make the state, by the names of :func:`viewer3d.screenshot`; without them the state is written.

    Raises
    ------
    RecipeError
        When it is no view, or of data that no files alone make; says why.
    """
    if recipe.state is None:
        raise RecipeError(f"a {recipe.figure} shows more than one view: viewer3d replay makes it again")
    check_files(recipe)
    return (_shell if language == "shell" else _python)(recipe, place, output, options)


def check_files(recipe: Recipe) -> None:
    """Check that files alone make the data of a recipe.

    Raises
    ------
    RecipeError
        When a volume was never in files, or was changed in Python.
    """
    records = (*recipe.volumes, *(one for overlay in recipe.overlays for one in overlay.volumes))
    for made in (one.provenance for one in records):
        if made is None:
            raise RecipeError("a volume that was never in files has no line: call viewer3d.screenshot on it")
        if made.changes:
            raise RecipeError(
                f"the volume was changed in Python ({', '.join(made.changes)}): no line of files makes it again"
            )


def state_to_write(recipe: Recipe) -> ViewState:
    """Return the state of a recipe with the digests of its series, by which ``viewer3d shot`` finds them."""
    records = (*recipe.volumes, *(one for overlay in recipe.overlays for one in overlay.volumes))
    assert recipe.state is not None
    return replace(recipe.state, series=series_of_records(one.provenance for one in records))


def placeholders(line: str) -> tuple[str, ...]:
    """Return the words of a line that a person has to replace, in their order."""
    words = (PLACE, PRESENTATION_PLACE, *(f"{OVERLAY_PLACE}{number}" for number in range(1, 100)))
    text = line.replace('"', " ").replace("'", " ").replace(",", " ").replace(")", " ").split()
    return tuple(word for word in words if word in text)


def _json(state: ViewState) -> str:
    return msgspec.json.encode(msgspec.json.decode(state.to_json())).decode()


def _shell(recipe: Recipe, place: DataPlace, output: str, options: Mapping[str, Any] | None) -> str:
    words = ["viewer3d", "shot", *(place.paths or (PLACE,)), "-o", output]
    if place.series and options is not None:  # a state says it by itself
        words += ["--series", place.series, *(["--stack", str(place.stack)] if place.stack else [])]
    words += reading_options_of(recipe)
    if options is None:
        words += ["--state", _json(state_to_write(recipe))]
    else:
        words += [part for name, value in options.items() for part in _option(name, value)]
    if recipe.size != USUAL_SIZE:
        words += ["--size", "x".join(map(str, recipe.size))]
    for number, overlay in enumerate(recipe.overlays, 1):
        words += ["--overlay", f"{OVERLAY_PLACE}{number}", *look_options(overlay)]
    return " ".join(map(shlex.quote, words))


def _reading(record: VolumeRecord) -> dict[str, Any]:
    """Return how a volume was read, as arguments of :func:`viewer3d.load` that are not as usual."""
    made = record.provenance
    assert made is not None
    found: dict[str, Any] = {"irregular": made.irregular} if made.irregular != "resample" else {}
    found |= {"skip_bad": True} if made.skip_bad else {}
    found |= {"spacing": made.spacing} if made.spacing else {}
    usual = _USUAL_UNITS.get(record.modality, "")
    known = record.unit in _GIVEN_UNITS or (record.modality == "PT" and not record.unit.startswith("SUV"))
    found |= {"unit": record.unit} if record.unit != usual and known else {}
    if made.presentation:
        found["presentation"] = OWN if made.presentation == OWN else PRESENTATION_PLACE
    return found


def reading_options_of(recipe: Recipe) -> list[str]:
    """Return the options of the shell that say how the data of a recipe were read."""
    reading = _reading(recipe.volumes[0]) if recipe.volumes else {}
    options = [part for name, value in reading.items() for part in _reading_option(name, value)]
    return [*options, "--identify"] if recipe.names_patient else options


def reading_arguments_of(recipe: Recipe, record: VolumeRecord) -> dict[str, Any]:
    """Return the arguments of :func:`viewer3d.load` that say how a volume of a recipe was read."""
    return {**_reading(record), **({"identify": True} if recipe.names_patient else {})}


def _reading_option(name: str, value: Any) -> list[str]:
    flag = f"--{name.replace('_', '-')}"
    if value is True:
        return [flag]
    return [flag, ",".join(map(repr, value)) if isinstance(value, tuple) else str(value)]


_FLAGS: Final = {
    "couch_hidden": ("--hide-couch", "--show-couch"),
    "inverted": ("--invert", "--no-invert"),
    "face_hidden": ("--hide-face",),
}


def _option(name: str, value: Any) -> list[str]:
    """Return an option of ``viewer3d shot`` that stands for an argument of :func:`viewer3d.screenshot`."""
    if name in _FLAGS:
        return [_FLAGS[name][0 if value else 1]]
    text = ",".join(map(repr, value)) if isinstance(value, tuple) else str(value)
    # A value that begins with a minus is one with an equals sign before it.
    return [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]


def look_options(overlay: OverlayRecord) -> list[str]:
    """Return the options of the shell for an overlay: name, how it was placed, the look that was given."""
    pairs: dict[str, str] = {"name": _quoted(overlay.name)} if overlay.name else {}
    pairs |= {"same_frame": "yes"} if overlay.same_frame else {}
    if overlay.transform is not None:
        pairs["transform"] = ",".join(repr(float(one)) for row in overlay.transform for one in row)
    if overlay.regions is None:
        pairs |= {name: _reading_text(value) for name, value in _reading(overlay.volumes[0]).items()}
    pairs |= {name: _look_text(name, value) for name, value in overlay.look.items()}
    return [part for name, value in pairs.items() for part in ("--look", f"{name}={value}")]


def _reading_text(value: Any) -> str:
    if value is True:
        return "yes"
    return ",".join(map(repr, value)) if isinstance(value, tuple) else str(value)


def _look_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple) and name != "window":
        return ":".join(map(str, value))
    if isinstance(value, str) or (isinstance(value, int | float) and name != "window"):
        return str(value)
    raise RecipeError(
        f"an overlay was given its {name} as numbers, which --look has as text: ask for the line of Python"
    )


def _quoted(name: str) -> str:
    quote = '"' if '"' not in name else "'"
    if quote in name:
        raise RecipeError("the name of an overlay has both kinds of quotes: ask for the line of Python")
    return f"{quote}{name}{quote}"


def _python(recipe: Recipe, place: DataPlace, output: str, options: Mapping[str, Any] | None) -> str:
    paths = place.paths or (PLACE,)
    where: Any = paths[0] if len(paths) == 1 else list(paths)
    load = "load_all" if len(recipe.volumes) > 1 else "load"
    reading: dict[str, Any] = {"series": place.series} if place.series else {}
    reading |= {"stack": place.stack} if place.stack and load == "load" else {}
    reading |= reading_arguments_of(recipe, recipe.volumes[0])
    drawing: dict[str, Any] = {}
    if options is None:
        drawing["state"] = Code(f"viewer3d.ViewState.from_json({_json(state_to_write(recipe))!r})")
    else:
        drawing |= {name: Code(repr(value)) for name, value in options.items()}
    drawing |= {"size": recipe.size} if recipe.size != USUAL_SIZE else {}
    overlays = [layer_code(one, number) for number, one in enumerate(recipe.overlays, 1)]
    drawing |= {"overlays": Code(f"[{', '.join(overlays)}]")} if overlays else {}
    return "\n".join(
        [
            "import viewer3d",
            f"volume = viewer3d.{load}({as_arguments([where], reading)})",
            f"viewer3d.screenshot({as_arguments([Code('volume'), output], drawing)})",
        ]
    )


class Code(str):
    """Text that is Python already."""

    __slots__ = ()


def window_code(window: Mapping[str, Any]) -> Code:
    """Return the Python of a window, from its fields as JSON has them."""
    table = {"table": tuple((start, grey) for start, grey in window["table"])} if window.get("table") else {}
    fields = {**{name: value for name, value in window.items() if name != "table"}, **table}
    return Code(f"viewer3d.Window({as_arguments([], fields)})")


def as_arguments(first: Sequence[Any], named: Mapping[str, Any]) -> str:
    """Return the arguments of a call as Python has them: values by position, then by name."""

    def written(value: Any) -> str:
        return value if isinstance(value, Code) else repr(value)

    return ", ".join([*map(written, first), *(f"{name}={written(value)}" for name, value in named.items())])


def layer_code(overlay: OverlayRecord, number: int) -> str:
    """Return the Python of an overlay as it was given, of a path that a person has to write."""
    named: dict[str, Any] = {"name": overlay.name} if overlay.name else {}
    named |= {"transform": [list(row) for row in overlay.transform]} if overlay.transform is not None else {}
    named |= {"same_frame": True} if overlay.same_frame else {}
    if overlay.look:
        values = {
            name: window_code(one) if isinstance(one, dict) else Code(repr(one)) for name, one in overlay.look.items()
        }
        parts = [f"{name!r}: {value}" for name, value in values.items()]
        named["look"] = Code(f"{{{', '.join(parts)}}}")
    data: Any = f"{OVERLAY_PLACE}{number}"
    if overlay.regions is None and (reading := _reading(overlay.volumes[0])):
        data = Code(f"viewer3d.load({as_arguments([data], reading)})")
    return f"viewer3d.Layer({as_arguments([data], named)})"
