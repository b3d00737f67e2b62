"""The values that slice panes show, of each volume of a set; what a pane shows already is not sampled again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from viewer3d.core.planes import PlaneName
from viewer3d.core.view import Interpolation, Slab
from viewer3d.core.volume import Volume
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.sample import Sampler


class PaneValues:
    """Samples the volumes of a set.

    Parameters
    ----------
    volumes : sequence of Volume
    """

    def __init__(self, volumes: Sequence[Volume]) -> None:
        self._volumes = volumes
        self._samplers: dict[tuple[int, Interpolation], Sampler] = {}
        self._known: dict[PlaneName, tuple[tuple[int, PaneGeometry, Slab, Interpolation], NDArray[Any]]] = {}

    def sampler(self, member: int, interpolation: Interpolation = "linear") -> Sampler:
        """Return the sampler of a member, which is made when it is first seen."""
        key = member, interpolation
        if key not in self._samplers:
            self._samplers[key] = Sampler(self._volumes[member], interpolation)
        return self._samplers[key]

    def of(self, member: int, pane: PaneGeometry, slab: Slab, interpolation: Interpolation = "linear") -> NDArray[Any]:
        """Return the values of a member at a pane's pixels."""
        name, key = pane.plane.name, (member, pane, slab, interpolation)
        known = self._known.get(name)
        if known is None or known[0] != key:
            known = (key, self.sampler(member, interpolation).values(pane, slab))
            self._known[name] = known
        return known[1]
