"""Which combinations of parameters the quick tests take; CI takes all of them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations, count, product
from typing import Any

import pytest


def each_value(*axes: Collection[Any]) -> list[Any]:
    """Return all combinations of values for ``parametrize``; all but a few that have each value are slow."""
    sizes = [len(axis) for axis in axes]
    longest = sizes.index(max(sizes))
    left = {(axis, number) for axis, size in enumerate(sizes) for number in range(size)}
    quick = set()
    for n in count():
        at, rest = [], n
        for axis, size in enumerate(sizes):
            at.append(n % size if axis == longest else rest % size)
            rest = rest if axis == longest else rest // size
        quick.add(tuple(at))
        left -= set(enumerate(at))
        if not left:
            return _marked(axes, quick)
    raise AssertionError


def each_pair(*axes: Collection[Any]) -> list[Any]:
    """Return all combinations of values for ``parametrize``; all but a few that have each pair of values are slow."""
    places = list(product(*(range(len(axis)) for axis in axes)))
    pairs = {at: set(combinations(enumerate(at), 2)) for at in places}
    left, quick = set().union(*pairs.values()), set()
    while left:
        best = max(places, key=lambda at: len(left & pairs[at]))
        quick.add(best)
        left -= pairs[best]
    return _marked(axes, quick)


def _marked(axes: tuple[Collection[Any], ...], quick: set[tuple[int, ...]]) -> list[Any]:
    """Return all combinations, those that are not quick with the mark of the slow."""
    return [
        pytest.param(
            *(value for _, value in some),
            id="-".join(_name(n, value) for n, value in some),
            marks=() if tuple(n for n, _ in some) in quick else pytest.mark.slow,
        )
        for some in product(*(list(enumerate(axis)) for axis in axes))
    ]


def _name(number: int, value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(_name(number, one) for one in value)
    return str(getattr(value, "__name__", value if isinstance(value, str | int | float) else number))
