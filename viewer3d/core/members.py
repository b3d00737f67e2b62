"""The volumes of a 4-D set, its members: times, echoes or b-values on one grid, and their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from viewer3d.core.geometry import on_one_grid
from viewer3d.core.series_info import Which
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError

TIME_DIMENSIONS: Final = ("time", "phase")
"""What is told by its turn; all else by its own number."""

_UNNAMED: Final = ("kind", "plane", "size")
"""What needs no name before its value."""

Along = Literal["first", "second"]
"""The two things that part a set: its time, or what else there is, and all others together."""


def as_members(volumes: Volume | Sequence[Volume]) -> tuple[Volume, ...]:
    """Return the volumes of a set, one or more, all with the geometry of the first.

    Raises
    ------
    ViewError
        When there is none, or they do not belong together: another grid or another unit.
    """
    members = (volumes,) if isinstance(volumes, Volume) else tuple(volumes) if isinstance(volumes, Sequence) else ()
    if not members or not all(isinstance(one, Volume) for one in members):
        from viewer3d.core.inputs import no_volume_message  # noqa: PLC0415 (only an error needs it)

        raise ViewError(no_volume_message(volumes))
    first = members[0]
    for number, other in enumerate(members[1:], 1):
        if not on_one_grid(first.geometry, other.geometry) or first.unit != other.unit:
            which = member_text([one.which for one in members], number) if any(other.which) else ""
            named = f"volume {number + 1}{f' ({which})' if which else ''}"
            raise ViewError(f"{named} is not on the grid or in the unit of the first: show it alone")
    return tuple(m if m.geometry is first.geometry else replace(m, geometry=first.geometry) for m in members)


def check_member(members: Sequence[Volume], member: int) -> int:
    """Return the number of a member, from 0.

    Raises
    ------
    ViewError
        When the set has no such member.
    """
    if not 0 <= member < len(members):
        raise ViewError(
            f"the state shows volume {member + 1} of a set, and here are {len(members)}: give all of them, as "
            "viewer3d.load_all loads them, or a state with another member"
        )
    return member


def dimension_text(name: str, value: str | float) -> str:
    """Return one dimension of a volume as text: "echo 2", "b-value 1000", "coronal"."""
    number = f"{value:g}" if isinstance(value, int | float) else value
    return number if name in _UNNAMED else f"{name.replace('_', '-')} {number}"


def varying_dimensions(which: Sequence[Which]) -> tuple[str, ...]:
    """Return the names of the dimensions that differ between members, time before all others."""
    names = dict.fromkeys(name for one in which for name in one)
    differ = [name for name in names if len({one.get(name) for one in which}) > 1]
    return tuple(sorted(differ, key=lambda name: name not in TIME_DIMENSIONS))


def member_text(which: Sequence[Which], member: int) -> str:
    """Return the text that distinguishes a member from the others; empty where it is alone.

    Parameters
    ----------
    which : sequence of dict
        What tells each member, see :class:`viewer3d.Volume`.
    member : int
        From 0.

    Examples
    --------
    >>> member_text([{"echo": 1.0, "time": 0.0}, {"echo": 1.0, "time": 1.0}], 1)
    'time 2 of 2'
    """
    if len(which) == 1:
        return ""
    texts = [_dimension_of(which, member, name) for name in varying_dimensions(which) if name in which[member]]
    return ", ".join(texts) or f"{member + 1} of {len(which)}"


def timed_member_text(members: Sequence[Volume], member: int) -> str:
    """Return the text that distinguishes a member of a set, and when it was measured where that is known.

    Examples
    --------
    Of 24 times the third, 12.5 s after the first, is ``"time 3 of 24, 12.5 s"``.
    """
    text, seconds = member_text([one.which for one in members], member), members[member].seconds
    is_timed = seconds is not None and any(one.seconds for one in members)  # not where the first alone is known: 0 s
    if not text or not is_timed or seconds is None:
        return text
    return f"{text}, {seconds:.4g} s" if abs(seconds) < 1000 else f"{text}, {seconds:.0f} s"  # no powers of ten


def _dimension_of(which: Sequence[Which], member: int, name: str) -> str:
    if name not in TIME_DIMENSIONS:
        return dimension_text(name, which[member][name])
    number, count = position_among([one[name] for one in which if name in one], which[member][name])
    return f"{name} {number} of {count}"


def position_among(turns: Sequence[str | float], turn: str | float) -> tuple[int, int]:
    """Return the number of a time, from 1, and how many there are; a missing time keeps its number.

    Parameters
    ----------
    turns : sequence of float
        Those that are there, counted from 0; others are numbered as they follow one another.
    turn : float
        One of them.

    Examples
    --------
    >>> position_among([0.0, 1.0, 3.0, 4.0], 3.0)  # 2 has a grid of its own
    (4, 5)
    >>> position_among([0.5, 12.5], 12.5)
    (2, 2)
    """
    numbers = sorted({float(one) for one in turns})
    if all(number.is_integer() and number >= 0 for number in numbers):
        return int(turn) + 1, int(numbers[-1]) + 1
    return numbers.index(float(turn)) + 1, len(numbers)


def ordered_members(which: Sequence[Which]) -> list[int]:
    """Return the numbers of the members in the order of their times, one echo or b-value after another.

    Examples
    --------
    >>> ordered_members([{"time": 0.0}, {"time": 2.0}, {"time": 1.0}])
    [0, 2, 1]
    """
    kinds = [tuple((name, value) for name, value in one.items() if name not in TIME_DIMENSIONS) for one in which]
    first = {kind: number for number, kind in reversed(list(enumerate(kinds)))}
    return sorted(range(len(which)), key=lambda n: (first[kinds[n]], _turns(which[n])))


def _turns(which: Which) -> tuple[float, ...]:
    return tuple(float(which[name]) for name in TIME_DIMENSIONS if name in which)


def next_member(which: Sequence[Which], member: int, steps: int, along: Along) -> int:
    """Return the member so many steps further, at most the last one.

    Parameters
    ----------
    which : sequence of dict
        What tells each member.
    member : int
        From 0.
    steps : int
        Below 0 back.
    along : {"first", "second"}
        Through the times (or what parts the set), or through what parts it besides; where nothing does, the same. Where
        not all of the one are there with all of the other (directions, of which a b-value of 0 has none), both go
        through the whole set in its order.
    """
    first, *others = varying_dimensions(which) or ("",)
    if along == "first" or not others or _is_uneven(which):
        line = members_along(which, member)
        return line[_clipped(line.index(member) + steps, len(line))]
    rest = _rest_of(which)
    kinds = list(dict.fromkeys(rest))
    wanted = kinds[_clipped(kinds.index(rest[member]) + steps, len(kinds))]
    alike = [n for n in range(len(which)) if rest[n] == wanted]
    turn = [one.get(first) for one in which]
    return next((n for n in alike if turn[n] == turn[member]), alike[0])


def members_along(which: Sequence[Which], member: int) -> list[int]:
    """Return the members that steps through the times (or what parts the set) go through from one of them.

    Parameters
    ----------
    which : sequence of dict
        What tells each member.
    member : int
        From 0; those of the same echo, or what else there is, are in the line, in their order. Where not all of the
        one are there with all of the other, it is the whole set.

    Examples
    --------
    >>> members_along([{"echo": 1.0, "time": 1.0}, {"echo": 2.0, "time": 0.0}, {"echo": 1.0, "time": 0.0}], 0)
    [2, 0]
    """
    line = ordered_members(which)
    if len(varying_dimensions(which)) < 2 or _is_uneven(which):
        return line
    rest = _rest_of(which)
    return [n for n in line if rest[n] == rest[member]]


def _rest_of(which: Sequence[Which]) -> list[tuple[str | float | None, ...]]:
    # What each member is besides its turn.
    return [tuple(one.get(name) for name in varying_dimensions(which)[1:]) for one in which]


def _is_uneven(which: Sequence[Which]) -> bool:
    # Whether two things part a set, and not all of the one are there with all of the other.
    names = varying_dimensions(which)
    is_scattered = len(set(_rest_of(which))) == len(which) or any(name not in one for name in names for one in which)
    return len(names) > 1 and is_scattered


def _clipped(number: int, count: int) -> int:
    return min(max(number, 0), count - 1)
