"""The volumes of a 4-D set: times, echoes, b-values of one place, which of them is seen and what tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from viewer3d.errors import ViewError
from viewer3d.geometry import on_one_grid
from viewer3d.given import no_volume
from viewer3d.volume import Volume, Which

COUNTED: Final = ("time", "phase")
"""What is told by its turn; all else by its own number."""

PLAIN: Final = ("kind", "plane", "size")
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
        raise ViewError(no_volume(volumes))
    first = members[0]
    for number, other in enumerate(members[1:], 2):
        if not on_one_grid(first.geometry, other.geometry) or first.unit != other.unit:
            raise ViewError(f"volume {number} is not on the grid or in the unit of the first: show it alone")
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


def told(name: str, value: str | float) -> str:
    """Write what tells a volume: "echo 2", "b-value 1000", "coronal"."""
    number = f"{value:g}" if isinstance(value, int | float) else value
    return number if name in PLAIN else f"{name.replace('_', '-')} {number}"


def things(which: Sequence[Which]) -> tuple[str, ...]:
    """Return the names of what is not the same in all members, time before all else."""
    names = dict.fromkeys(name for one in which for name in one)
    differ = [name for name in names if len({one.get(name) for one in which}) > 1]
    return tuple(sorted(differ, key=lambda name: name not in COUNTED))


def member_text(which: Sequence[Which], member: int) -> str:
    """Write what tells a member of the others; nothing where it is alone.

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
    texts = [_told(which, member, name) for name in things(which) if name in which[member]]
    return ", ".join(texts) or f"{member + 1} of {len(which)}"


def _told(which: Sequence[Which], member: int, name: str) -> str:
    if name not in COUNTED:
        return told(name, which[member][name])
    turns = sorted({float(one[name]) for one in which if name in one})
    return f"{name} {turns.index(float(which[member][name])) + 1} of {len(turns)}"


def neighbour(which: Sequence[Which], member: int, steps: int, along: Along) -> int:
    """Return the member so many steps further, the last one at most.

    Parameters
    ----------
    which : sequence of dict
        What tells each member.
    member : int
        From 0.
    steps : int
        Below 0 back.
    along : {"first", "second"}
        Through the times (or what parts the set), or through what parts it besides; where nothing does, the same.
    """
    first, *others = things(which) or ("",)
    turn = [one.get(first) for one in which]
    rest = [tuple(one.get(name) for name in others) for one in which]
    if along == "first" or not others:
        line = [n for n in range(len(which)) if rest[n] == rest[member]]
        return line[_clipped(line.index(member) + steps, len(line))]
    kinds = list(dict.fromkeys(rest))
    wanted = kinds[_clipped(kinds.index(rest[member]) + steps, len(kinds))]
    alike = [n for n in range(len(which)) if rest[n] == wanted]
    return next((n for n in alike if turn[n] == turn[member]), alike[0])


def _clipped(number: int, count: int) -> int:
    return min(max(number, 0), count - 1)
