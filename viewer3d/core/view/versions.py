"""The forms that states of a view had as JSON, and how each becomes the next.

A record says the first version that knows all it holds: what shows nothing new is written as ever, so the same picture
is the same file. Versions before 6 held the look of their one layer among their own fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

import msgspec

from viewer3d.core.view import measurement as measurements
from viewer3d.core.view.key_image import KEY_IMAGES_VERSION, key_image_to_builtins
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.slice_pane import LATER_PANE_FIELDS, SlicePane

STATE_VERSION: Final = 9
"""2 has inverted, enlarged and pointer; 3 has axes, slab, colors and all after them; 4 has interpolation; 5 has series;
6 has layers and active; 7 has regions, and levels of layers; 8 has faces hidden; 9 has outlines, bidirectionals,
arrows, texts and isocontours among measurements, where their labels were dragged to, panes turned and mirrored, key
images, and transfer functions stretched."""

LATER_FIELDS: Final = {"interpolation": 4, "series": 5, "active": 6, "regions": 7, "key_images": KEY_IMAGES_VERSION}
"""Fields that came after version 3 and are written where they are not at their defaults."""

FIRST_VERSION: Final = 3
"""The version of a state that holds nothing newer."""

ORDER: Final[tuple[str, ...]] = (
    *("cursor", "window", "camera", "view", "axial", "coronal", "sagittal", "rendering", "inverted", "enlarged"),
    *("pointer", "axes", "slab", "colors", "value_bar", "rendering_shift", "crop", "couch_hidden", "planes_shown"),
    *("measurements", "member", "version", "interpolation", "series"),
)
"""The fields of version 5, as they are written."""

LOOK_FIELDS: Final[tuple[str, ...]] = (
    *("window", "colors", "inverted", "value_bar", "rendering", "rendering_shift", "couch_hidden", "member"),
)
"""Fields of version 5 that decide how its one layer looks."""

LAYERS_VERSION: Final = 6
"""The version of a state with looks of layers that holds nothing newer."""

LATER_LOOK_FIELDS: Final = {
    "levels": 7,
    "level_base": 7,
    "level_base_name": 7,
    "graphics": 7,
    "face_hidden": 8,
    "rendering_stretch": 9,
}
"""Fields of a layer's look that came after version 6."""

KINDS_VERSION: Final = 9
"""The version of a state with measurements of new kinds, or a label that was dragged."""

State = dict[str, Any]
"""A state as plain values, as JSON holds it."""


def upgraded(state: Mapping[str, Any], version: int) -> State:
    """Return a state of any version in today's form.

    Parameters
    ----------
    state : mapping
        Plain values of a version that is known, 1 to :data:`STATE_VERSION`.
    version : int
        That version.
    """
    plain = dict(state)
    if version < LAYERS_VERSION:
        for upgrade in _UPGRADES:
            plain = upgrade(plain)
    return {**plain, "version": STATE_VERSION}


class _Versioned(msgspec.Struct):
    version: int


def version_of(text: str | bytes) -> int:
    """Return the version that a record in JSON says it has.

    Raises
    ------
    msgspec.MsgspecError
        When the text is not JSON or says none.
    """
    return msgspec.json.decode(text, type=_Versioned).version


def window_to_builtins(window: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a window as plain values the table that few have: one without is written as ever."""
    return {name: value for name, value in window.items() if name != "table" or value}


def with_layers(state: Mapping[str, Any]) -> State:
    """Return a state of versions 1 to 5 with its look as that of a layer, as version 6 has it."""
    look = {name: state[name] for name in LOOK_FIELDS if name in state}
    return {name: value for name, value in state.items() if name not in LOOK_FIELDS} | {"layers": [look]}


def without_layers(state: Mapping[str, Any]) -> State:
    """Return a state of one layer in the form of version 5, which :func:`with_layers` takes back.

    Parameters
    ----------
    state : mapping
        Plain values in today's form, one layer without any field that version 5 does not know.
    """
    flat = {**state, **state["layers"][0]}
    return {name: flat[name] for name in ORDER if name in flat}


def leave_out_defaults(state: State, kind: type[Any]) -> None:
    """Leave out of a plain state what it does not use, and set the first version that knows the rest.

    Parameters
    ----------
    state : dict
        Is changed: plain values in today's form, whole.
    kind : type
        :class:`~viewer3d.core.view.state.ViewState`, whose defaults are left out.
    """
    for look in state["regions"]:
        _leave_out(look, RegionLook, [f.name for f in fields(RegionLook)])
    for one in state["measurements"]:
        _leave_out(one, Measurement, measurements.LATER_MEASUREMENT_FIELDS)
    for name in PLANES:
        _leave_out(state[name], SlicePane, LATER_PANE_FIELDS)
    state["key_images"] = tuple(map(key_image_to_builtins, state["key_images"]))
    _leave_out(state, kind, LATER_FIELDS)
    for look in state["layers"]:
        _leave_out(look, ImageLook, [f.name for f in fields(ImageLook) if f.name not in LOOK_FIELDS])
        look["window"] = window_to_builtins(look["window"])
    state["version"] = max([FIRST_VERSION, *_versions(state)])
    if state["version"] < LAYERS_VERSION:
        flat = without_layers(state)
        state.clear()
        state.update(flat)


def _versions(state: State) -> Iterator[int]:
    """Yield the first version that knows each thing that a state uses."""
    yield from (version for name, version in LATER_FIELDS.items() if name in state)
    if len(state["layers"]) > 1:
        yield LAYERS_VERSION
    for look in state["layers"]:
        yield from (LATER_LOOK_FIELDS.get(name, LAYERS_VERSION) for name in look if name not in LOOK_FIELDS)
    yield from (LATER_PANE_FIELDS[one] for name in PLANES for one in state[name] if one in LATER_PANE_FIELDS)
    for one in state["measurements"]:
        if one["kind"] in measurements.NEW_KINDS or any(name in one for name in measurements.LATER_MEASUREMENT_FIELDS):
            yield KINDS_VERSION


def _leave_out(plain: dict[str, Any], kind: type[Any], names: Iterable[str]) -> None:
    for f in fields(kind):  # those that are at their defaults
        if f.name in names and plain[f.name] == f.default:
            del plain[f.name]


_UPGRADES: Final[tuple[Callable[[State], State], ...]] = (with_layers,)
"""One after another, from the oldest form; what versions 2 to 5 added was left out before, which is its default."""
