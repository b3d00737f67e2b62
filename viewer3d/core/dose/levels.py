"""Levels along which lines are drawn: in a volume's unit, or in percent, as ``50%:95%:100%``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from viewer3d.core.sampling import measured_values
from viewer3d.core.view.look import MOST_LEVELS
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.core.dose.plan import Plan
    from viewer3d.core.volume import Volume

AnyLevels = str | float | Iterable[float | str]
"""Levels as callers give them: a text such as ``"20Gy:40Gy"`` or ``"95%:100%"``, or numbers in the volume's unit."""

MAXIMUM: Final = "maximum"
PRESCRIPTION: Final = "prescription"
"""What values are called that levels are in percent of."""

GRAY: Final = "Gy"

_LEVEL: Final = r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(%|[^\W\d_][^\s%;]*)?\s*"
"""A number and its unit; compiled by the first level that is read."""

_FORMS: Final = 'give some with ":" between, as 20Gy:40Gy, 50%:95%:100%, or 20:30 in the unit of the layer'


class Level(NamedTuple):
    """A level as it was given.

    Attributes
    ----------
    value : float
    unit : str
        ``"%"``, ``"Gy"``, ...; empty for that of the volume.
    """

    value: float
    unit: str = ""


class Levels(NamedTuple):
    """Levels of a volume, in its unit.

    Attributes
    ----------
    values : tuple of float
        In ascending order, none twice.
    base : float
        The value that they are written in percent of; 0 where they are written in the unit alone.
    base_name : str
        What that value is: ``"prescription"`` or ``"maximum"``; empty without one.
    """

    values: tuple[float, ...]
    base: float = 0.0
    base_name: str = ""


def read_levels(levels: Any) -> tuple[Level, ...]:
    """Return levels from what was given: a text, a number or several of either.

    Raises
    ------
    ViewError
        When one is no number with a unit, or there are none or more than :data:`MOST_LEVELS`.

    Examples
    --------
    >>> read_levels("95%: 57Gy")
    (Level(value=95.0, unit='%'), Level(value=57.0, unit='Gy'))
    """
    if isinstance(levels, str):
        given: list[Any] = levels.split(":")
    else:
        given = list(levels) if isinstance(levels, Iterable) else [levels]
    found = tuple(_level(one, levels) for one in given)
    if not 0 < len(found) <= MOST_LEVELS:
        raise ViewError(f"levels: {len(found)} were given: give 1 to {MOST_LEVELS}")
    return found


def _level(one: Any, levels: Any) -> Level:
    if isinstance(one, str):
        match = re.fullmatch(_LEVEL, one)
        if match is None:
            raise ViewError(f"levels {levels!r:.60}: {one.strip()!r:.20} is no level: {_FORMS}")
        value, unit = float(match[1]), match[2] or ""
    else:
        try:
            value, unit = float(one), ""
        except (TypeError, ValueError):
            value, unit = math.nan, ""
    if not math.isfinite(value):
        raise ViewError(f"levels: {one!r:.20} is no level: {_FORMS}")
    return Level(value, unit)


def levels_in_unit(
    levels: Any, unit: str, maximum: float | Callable[[], float], base: float = 0.0, base_name: str = ""
) -> Levels:
    """Return levels in the unit of a volume.

    Parameters
    ----------
    levels : str, float, or sequence of these
        See :func:`read_levels`.
    unit : str
        Of the volume.
    maximum : float, or callable that returns it
        The highest value of the volume: percent are of it where no other value was given.
    base : float
        The value that percent are of, in the unit; 0 for the maximum.
    base_name : str
        What it is; a prescription is one in Gy.

    Raises
    ------
    ViewError
        When a level has another unit than the volume, percent are of a maximum that is not above 0, or a prescription
        is given for values that are not in Gy.

    Examples
    --------
    >>> levels_in_unit("95%:20Gy", "Gy", 62.0, 60.0, PRESCRIPTION)
    Levels(values=(20.0, 57.0), base=60.0, base_name='prescription')
    """
    found = read_levels(levels)
    if base and base_name == PRESCRIPTION and unit != GRAY:
        raise ViewError(
            f"a plan prescribes {base:g} Gy, and the values are {_unit_text(unit)}: give a dose in Gy, or levels "
            "without a plan, whose percent are of the maximum"
        )
    in_percent = [one for one in found if one.unit == "%" != unit]
    if in_percent and not base:
        base, base_name = maximum() if callable(maximum) else maximum, MAXIMUM
        if not (math.isfinite(base) and base > 0):
            raise ViewError(f"levels in percent of the maximum, which is {base:g}: give levels in the unit")
    values = {one.value / 100 * base if one in in_percent else _value(one, unit) for one in found}
    return Levels(tuple(sorted(values)), base, base_name if base else "")


def _value(level: Level, unit: str) -> float:
    """Return the value of a level that is not in percent of another, in the unit of the volume."""
    given = level.unit.lower()
    if not given or given == unit.lower():
        return level.value
    if given == "cgy" and unit == GRAY:
        return level.value / 100
    raise ViewError(
        f"level {level.value:g}{level.unit}: the values are {_unit_text(unit)}: give levels in "
        f"{unit or 'numbers'}, or in percent of the maximum"
    )


def _unit_text(unit: str) -> str:
    if unit == "relative":
        return "relative, of no known value"
    return f"in {unit}" if unit else "in no known unit"


def look_of_levels(look: Mapping[str, Any], plan: Plan | None = None) -> dict[str, Any]:
    """Return a look as it was given, with the dose that a plan prescribes.

    Raises
    ------
    ViewError
        When its levels are none, or there is a plan and no levels.
    DoseError
        When the plan prescribes no dose.
    """
    given = dict(look)
    if has_levels(given):
        read_levels(given["levels"])
    if plan is None:
        return given
    if not has_levels(given):
        raise ViewError('a plan says what levels are in percent of: give levels too, as "50%:95%:100%"')
    return {**given, "level_base": plan.prescription.dose, "level_base_name": PRESCRIPTION}


def placed_levels(look: Mapping[str, Any], volume: Volume) -> dict[str, Any]:
    """Return a look whose levels, where it has any, are numbers in the unit of a volume.

    Raises
    ------
    ViewError
        See :func:`levels_in_unit`.
    """
    given = dict(look)
    if not has_levels(given):
        return given
    base, name = float(given.get("level_base", 0.0)), str(given.get("level_base_name", ""))
    found = levels_in_unit(given["levels"], volume.unit, lambda: highest_value(volume), base, name)
    return {**given, "levels": found.values, "level_base": found.base, "level_base_name": found.base_name}


def has_levels(look: Mapping[str, Any]) -> bool:
    """Return whether a look has levels: a number, a text, or several of either."""
    levels = look.get("levels", ())
    return isinstance(levels, str | int | float) or len(levels) > 0


def highest_value(volume: Volume) -> float:
    """Return the highest value that was measured; NaN where there is none."""
    values = measured_values(volume.voxels, volume.measured)
    known = values[np.isfinite(values)]
    return float(known.max()) if known.size else math.nan


def level_text(value: float, unit: str, base: float = 0.0) -> str:
    """Return how a level is written: in percent where it is in percent of a value, and in the unit.

    Examples
    --------
    >>> level_text(57.0, "Gy", 60.0), level_text(20.0, "Gy")
    ('95 %  57 Gy', '20 Gy')
    """
    named = f"{value:.4g} {unit}".rstrip() if unit != "relative" else f"{value:.4g}"
    return f"{100 * value / base:.4g} %  {named}" if base else named


def base_text(base: float, base_name: str, unit: str) -> str:
    """Return what percent are of, in words.

    Examples
    --------
    >>> base_text(60.0, "prescription", "Gy")
    '% of 60 Gy (prescription)'
    """
    return f"% of {level_text(base, unit)} ({base_name})" if base else ""
