"""Calls of figures and movies: their volumes, their options by name, and the same as JSON has them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np

from viewer3d.core.layers import AnyPlaced, Overlays, listed_overlays
from viewer3d.core.option_names import called, check_option_names
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.view.state import Slab, ViewState
from viewer3d.core.view.versions import window_to_builtins
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window, is_pair
from viewer3d.errors import ViewError
from viewer3d.figures.style import Style
from viewer3d.render.window_choice import window_in_full
from viewer3d.settings.names import colors_in_full, rendering_in_full, state_in_full

_STYLE: Final = inspect.signature(Style).parameters

_VOLUMES: Final = ("volume", "volumes", "before", "after", "second", "third", "fourth")
"""Names of the parameters that are volumes."""

SET: Final = "volumes"
"""The one that is all volumes of a 4-D set."""

_OVERLAYS: Final = "overlays"
"""Name of the parameter that is what lies over the first of them."""

_SINGLE_OVERLAYS: Final = ("prediction", "truth")
"""Names of parameters that are one overlay each, of figures that take just these."""


def full_signature(function: Callable[..., object], returns: str) -> inspect.Signature:
    """Return the signature of a function with each option of :class:`Style` in the place of ``**options``.

    Parameters
    ----------
    function : callable
        Lays out a page or lists the states of a movie.
    returns : str
        What callers get from it.
    """
    signature = inspect.signature(function)
    parameters: list[inspect.Parameter] = []
    for one in signature.parameters.values():
        if one.kind is one.VAR_KEYWORD:
            parameters += [shared.replace(kind=shared.KEYWORD_ONLY) for shared in _STYLE.values()]
        else:
            parameters.append(one)
    return signature.replace(parameters=parameters, return_annotation=returns)


def volume_names(function: Callable[..., object]) -> list[str]:
    """Return the names of the parameters that are volumes, in their order."""
    return [name for name in inspect.signature(function).parameters if name in _VOLUMES]


def optional_volumes(function: Callable[..., object]) -> list[str]:
    """Return the names of the parameters that are volumes and may be left out."""
    parameters = inspect.signature(function).parameters
    return [name for name in volume_names(function) if parameters[name].default is not inspect.Parameter.empty]


def overlay_names(function: Callable[..., object]) -> list[str]:
    """Return the names of the parameters that are overlays: one for all of them, or one for each."""
    return [name for name in inspect.signature(function).parameters if name in (_OVERLAYS, *_SINGLE_OVERLAYS)]


def option_names(function: Callable[..., object]) -> list[str]:
    """Return the names of all parameters of a figure or a movie that are no data."""
    data = (*_VOLUMES, _OVERLAYS, *_SINGLE_OVERLAYS)
    return [name for name in inspect.signature(function).parameters if name not in data]


def bind_call(
    function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> inspect.BoundArguments:
    """Return all arguments of a call of a figure or a movie by name, those with defaults too.

    Raises
    ------
    ViewError
        When there is no option of one of the names.
    TypeError
        When a volume or an option that it needs is missing, or there are too many.
    """
    names = [*option_names(function), *overlay_names(function)]
    check_option_names(function.__name__, (name for name in kwargs if name not in _VOLUMES), names)
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound


def check_options(function: Callable[..., object], options: Mapping[str, Any]) -> None:
    """Check what can be said of the options of a figure or a movie before there are volumes.

    Parameters
    ----------
    function : callable
        The figure or movie.
    options : mapping
        By name; windows and states may be as JSON has them.

    Raises
    ------
    ViewError
        When there is no such option, one that is needed is missing, or one that all figures share cannot be so.
    """
    parameters, names = inspect.signature(function).parameters, option_names(function)
    check_option_names(function.__name__, options, names)
    for name in names:
        if parameters[name].default is inspect.Parameter.empty and name not in options:
            raise ViewError(f"{function.__name__} cannot do without {name}: give it")
    if set(_STYLE) <= set(names):
        Style(**{name: from_plain(value) for name, value in options.items() if name in _STYLE})


LATER: Final = ("inverted", "slab", "interpolation", "legend", "face_hidden", "notes", "over")
"""Options that recipes hold only where they were given: older ones lack them, and are made again to the byte."""


def without_later(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call but those that came later and were not given."""
    return {name: value for name, value in arguments.items() if name not in LATER or value is not None}


def to_plain(value: Any) -> Any:
    """Return an argument as JSON has it, so that it comes back the same.

    Raises
    ------
    ViewError
        When it is none that a figure can have.
    """
    if isinstance(value, Window):
        return window_to_builtins(to_plain(asdict(value)))
    if isinstance(value, Slab):
        return asdict(value)
    if isinstance(value, ViewState):
        return json.loads(replace(value, series=()).to_json())  # those of the volumes stand in the recipe
    if isinstance(value, SideBySide):
        cells = tuple(replace(cell, series=()) for cell in value.cells)
        return json.loads(replace(value, cells=cells).to_json())
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
    """Return an argument as it was before it became JSON: windows, slabs and states are such again."""
    if isinstance(value, dict) and set(value) - {"table"} == {"center", "width", "function"}:
        return Window(**{**value, "table": tuple((start, grey) for start, grey in value.get("table", ()))})
    if isinstance(value, dict) and set(value) == {"thickness", "blend"}:
        return Slab(**value)
    if isinstance(value, dict):
        kind = SideBySide if "cells" in value else ViewState
        return kind.from_json(json.dumps(value))
    return [from_plain(one) for one in value] if isinstance(value, list) else value


def own_names_in_full(arguments: Mapping[str, Any], volumes: Sequence[Volume]) -> dict[str, Any]:
    """Return the arguments of a call with what a person's own names mean, as recipes hold it.

    Parameters
    ----------
    arguments : mapping
        By name; what is built in stays a name.
    volumes : sequence of Volume
        A window of a person's own must be for the values of the first.
    """

    def full(value: Any) -> Any:
        if isinstance(value, str):
            return window_in_full(volumes[0], value)
        return type(value)(map(full, value)) if isinstance(value, list | tuple) and not is_pair(value) else value

    found = {"colors": colors_in_full, "rendering": rendering_in_full}
    changed: dict[str, Any] = {
        name: how(arguments[name]) for name, how in found.items() if isinstance(arguments.get(name), str)
    }
    changed |= {name: full(arguments[name]) for name in ("window", "windows") if arguments.get(name) is not None}
    if isinstance(state := arguments.get("state"), ViewState):
        changed["state"] = state_in_full(state)
    return {**arguments, **changed}


def overlay_arguments(function: Callable[..., object], overlays: Overlays) -> dict[str, Any]:
    """Return overlays as the arguments of a figure or a movie, by name.

    Raises
    ------
    ViewError
        When it takes some by name, and another number was given.
    """
    names = overlay_names(function)
    if names == [_OVERLAYS]:
        return {_OVERLAYS: overlays}
    given = listed_overlays(overlays)
    if len(given) != len(names):
        raise ViewError(
            f"{function.__name__} takes {len(names)} overlays, {' and '.join(names)}, and {len(given)} were given"
        )
    return dict(zip(names, given, strict=True))


def with_numbers(arguments: Mapping[str, Any], overlays: Sequence[AnyPlaced]) -> dict[str, Any]:
    """Return the arguments of a comparison with numbers of segments in place of names.

    Recipes hold no names of segments: one may name a patient.

    Parameters
    ----------
    arguments : mapping
        ``segments`` and ``pairs``, among others, are as callers give them; what is none of them is left as it is.
    overlays : sequence of PlacedRegions
        The prediction and the truth.
    """
    prediction, truth = (one.regions if isinstance(one, PlacedRegions) else () for one in overlays)

    def number(one: Any, side: Sequence[Any], others: Sequence[Any] = ()) -> Any:
        found = called(side, one) if isinstance(one, str) else []
        return found[0].number if len(found) == 1 and not called(others, found[0].number) else one

    plain, wanted, pairs = dict(arguments), arguments.get("segments"), arguments.get("pairs")
    if wanted is not None:
        listed = [wanted] if isinstance(wanted, int | str) else wanted
        plain["segments"] = [number(number(one, truth), prediction, truth) for one in listed]
    if pairs is not None:
        plain["pairs"] = [[number(one, prediction), number(other, truth)] for one, other in pairs]
    return plain
