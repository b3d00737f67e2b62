"""Names of options: the error for a misspelt one names the option that is nearest to it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import wraps
from typing import ParamSpec, TypeVar

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
            nearest = get_close_matches(name, names, n=1)
            meant = f"did you mean {nearest[0]}? There are" if nearest else "give one of"
            raise ViewError(f"{function} has no option {name!r}: {meant} {', '.join(names)}")


def names_checked(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return a function that raises :class:`ViewError` for a keyword it does not have, see above."""
    names = list(inspect.signature(function).parameters)

    @wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        check_option_names(function.__name__, kwargs, names)
        return function(*args, **kwargs)

    return checked
