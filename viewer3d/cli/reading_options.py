"""Options of verbs that load a volume, and the arguments of ``viewer3d.load`` they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from viewer3d.core.provenance import OWN
from viewer3d.dicom.memory import parse_memory
from viewer3d.errors import ChoiceError, ViewError

if TYPE_CHECKING:
    from viewer3d.core.placing.regions import AnyRegions
    from viewer3d.core.volume import Volume

Option = Callable[[Callable[..., None]], Callable[..., None]]
"""Adds an option to a command."""

series_option = click.option(
    "--series", metavar="N|UID", help="Series Number or UID, as `viewer3d list` shows them; * is all images as one."
)
stack_option = click.option(
    "--stack", type=int, metavar="N", help="Volume of the series, as `viewer3d list` numbers them."
)
_which = click.option("--which", multiple=True, metavar="NAME=VALUE", help="What tells volumes apart: echo=2, time=0.")
_irregular = click.option(
    "--irregular", type=click.Choice(["resample", "error", "keep"]), default="resample", show_default=True,
    help="What to do with tilted, missing or uneven slices.",
)  # fmt: skip
_skip_bad = click.option("--skip-bad", is_flag=True, help="Go on without files that cannot be read; they are noted.")
_spacing = click.option("--spacing", metavar="X,Y,Z", help="mm, for images that do not say where they are.")
_unit = click.option(
    "--unit",
    metavar="UNIT",
    help="Bq/ml leaves PET as it is, HU is for CT without one; default SUVbw where it can.",
)
_identify = click.option("--identify", is_flag=True, help="Name the patient: name, ID and date, in the picture.")

strict_option = click.option(
    "--strict", is_flag=True, help="Refuse what a note marks: places or values that are not those of the files."
)

max_memory_option = click.option(
    "--max-memory", metavar="SIZE", help="Most that loading may take: 4G, 500M; default 3/4 of what is left."
)

_presentation = click.option(
    "--presentation",
    metavar="FILE|LABEL|N|own",
    help="Presentation state to show it by: window, graphics; own: the images' overlay planes and shutters.",
)

READING = (
    *(series_option, stack_option, _which, _irregular, _skip_bad, _spacing, _unit, _presentation, _identify),
    *(strict_option, max_memory_option),
)
"""In the order of the help."""

OF_A_SET = (
    *(_irregular, _skip_bad, _unit, _identify, strict_option),
    click.option(
        "--max-memory",
        metavar="SIZE",
        help="Most that a worker may need for a volume: 4G, 500M; default 3/4 of what is left, shared.",
    ),
)
"""Those that mean all volumes of an archive, not one of them."""

SECOND = (
    click.option("--second-series", metavar="N|UID", help="Series of the second volume (compare)."),
    click.option("--second-stack", type=int, metavar="N", help="Volume of that series (compare)."),
    click.option("--second-which", multiple=True, metavar="NAME=VALUE", help="What tells the second volume (compare)."),
)


COMPARING = (
    click.option("--series", metavar="N|UID", help="Series Number or UID, of A and B unless --second-series is given."),
    click.option("--second-series", metavar="N|UID", help="Series of B; it is taken for that of A."),
    *(stack_option, _which, _irregular, _skip_bad, _spacing, _unit, strict_option, max_memory_option),
)
"""Those that two exports are read by."""


def with_options(command: Callable[..., None], options: Sequence[Option]) -> Callable[..., None]:
    """Add options to a command, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a verb that loads one volume."""
    return with_options(command, READING)


def set_reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a verb that loads all volumes of an archive."""
    return with_options(command, OF_A_SET)


def second_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose the second of two volumes."""
    return with_options(command, SECOND)


def reading_arguments(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of :func:`viewer3d.load` but the place.

    Parameters
    ----------
    choices : mapping
        What click found, by name; other options' are passed over.

    Raises
    ------
    ViewError
        When one of them cannot be read; names the option.
    """
    names = ("series", "stack", "irregular", "skip_bad", "unit", "presentation", "identify", "strict", "max_memory")
    named = {name: choices[name] for name in names}
    return {
        **named,
        "which": pairs_of(choices["which"], "--which"),
        "spacing": spacing_of(choices["spacing"], "--spacing "),
    }


def second_reading(choices: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what chooses the second of two volumes; None where no option of it was given.

    Raises
    ------
    ViewError
        As :func:`reading_arguments`.
    """
    found = {
        "series": choices["second_series"],
        "stack": choices["second_stack"],
        "which": pairs_of(choices["second_which"], "--second-which"),
    }
    return found if any(value is not None for value in found.values()) else None


def second_arguments(reading: dict[str, Any], second: dict[str, Any] | None, places: int) -> dict[str, Any]:
    """Return the arguments of :func:`viewer3d.load` for the second of two volumes.

    Parameters
    ----------
    reading : dict
        Those of the first; how it is read goes for both, but a presentation state is that of the first.
    second : dict or None
        From :func:`second_reading`.
    places : int
        How many places were given: of one place the second volume is in the first's series unless it is told.
    """
    chosen = second or {"series": None, "stack": None, "which": None}
    if places == 1 and chosen["series"] is None:
        chosen = {**chosen, "series": reading["series"]}
    presentation = reading["presentation"] if reading["presentation"] == OWN else None
    return {**reading, "presentation": presentation, **chosen}


def with_memory_left(reading: dict[str, Any], loaded: Sequence[Volume | AnyRegions]) -> dict[str, Any]:
    """Return arguments of ``viewer3d.load`` whose ceiling leaves room for data loaded before."""
    if reading["max_memory"] is None:
        return reading
    left = parse_memory(reading["max_memory"]) - sum(map(_bytes_of, loaded))
    return {**reading, "max_memory": max(1, left)}


def _bytes_of(data: Volume | AnyRegions) -> int:
    arrays = (getattr(data, "voxels", None), *getattr(data, "labels", ()))  # contours have neither
    return sum(array.nbytes for array in arrays if array is not None)


@contextmanager
def naming_second_options() -> Iterator[None]:
    """Name in the errors of a choice the options that choose the second volume."""
    try:
        yield
    except ChoiceError as error:
        text = str(error)
        for flag in ("series", "stack", "which"):
            text = text.replace(f"--{flag} ", f"--second-{flag} ")
        raise ChoiceError(f"second volume: {text}") from error


def pairs_of(texts: tuple[str, ...], flag: str) -> dict[str, str] | None:
    """Return NAME=VALUE options as a dict; None where there are none, and an error that names the flag."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name or not value:
            raise ViewError(f"{flag} {text!r}: expected NAME=VALUE, as in {flag} echo=2")
        if name in pairs:
            raise ViewError(f"{flag} {name} was given twice, as {pairs[name]} and {value}: give it once")
        pairs[name] = value
    return pairs or None


def spacing_of(text: str | None, flag: str) -> tuple[float, float, float] | None:
    """Return a spacing in mm from its text; the error begins with the flag."""
    if text is None:
        return None
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise ViewError(f"{flag}{text!r}: expected X,Y,Z in mm, as in {flag}0.7,0.7,3") from None
    return x, y, z
