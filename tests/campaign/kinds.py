"""The kinds of cases, and how many of a hundred are of each."""

from __future__ import annotations

from importlib import import_module

from tests.campaign.rooms import Case

SHARES = {
    "headers": 47,
    "overlays": 5,
    "grids": 5,
    "meshes": 3,
    "codestreams": 20,
    "containers": 10,
    "states": 9,
    "kills": 1,
}
"""Of a hundred cases; a kill takes as long as a hundred headers."""

KINDS = (*SHARES, "real", "injected")
"""``real`` needs ``../shared/data``. ``injected`` breaks every promise by itself: with it the tests see that the
campaign is not blind."""


def case_of(kind: str) -> Case:
    """Return what does the cases of a kind."""
    case: Case = import_module(f"tests.campaign.{kind}").case
    return case
