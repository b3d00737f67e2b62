"""Names that callers give: of options, with the nearest in the error, and of numbered things."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Final, ParamSpec, Protocol, TypeVar

from viewer3d.errors import ViewError

_P = ParamSpec("_P")
_R = TypeVar("_R")


def check_option_names(function: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Check the names of options.

    Parameters
    ----------
    function : str
        The name of what has them, for the message.
    given, known : iterable of str
        Names that were given, and all that it has.

    Raises
    ------
    ViewError
        When there is no such option; the message says which one is nearest to it, and all that there are.
    """
    names = list(known)
    for name in given:
        if name not in names:
            raise ViewError(f"{function} has no option {name!r}: {nearest_name(name, names)}")


def nearest_name(name: str, known: Sequence[str]) -> str:
    """Return the remedy for a name that is not known: the nearest one, and all that there are."""
    from difflib import get_close_matches  # noqa: PLC0415 (only an error needs it)

    nearest = get_close_matches(name, known, n=1)
    meant = f"did you mean {nearest[0]}? There are" if nearest else "give one of"
    return f"{meant} {', '.join(known)}"


def names_checked(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return a function that raises :class:`ViewError` for a keyword it does not have, see above."""
    names = list(inspect.signature(function).parameters)

    @wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        check_option_names(function.__name__, kwargs, names)
        return function(*args, **kwargs)

    return checked


class Numbered(Protocol):
    """What has a number and a name, as a segment and a region of interest."""

    @property
    def number(self) -> int:
        """The number it is told by."""

    @property
    def name(self) -> str:
        """The name it is told by, which another may have too."""


Found = TypeVar("Found", bound=Numbered)


def called(these: Sequence[Found], which: int | str) -> list[Found]:
    """Return those that have a number or a name."""
    return [one for one in these if which == (one.name if isinstance(which, str) else one.number)]


def numbered_list(these: Sequence[Numbered], empty: str) -> str:
    """List numbers and names for a message, or say why there are none."""
    listed = ", ".join(f"{one.number} {one.name}" for one in these[:_LISTED])
    more = f" and {len(these) - _LISTED} more" if len(these) > _LISTED else ""
    return f"{listed or f'none, {empty}'}{more}"


_LISTED: Final = 12
"""Numbers and names that a message has."""
