"""Collect what panes tell of their data: what was mended, and what of the data they do not show.

No file is read and nothing is drawn for it; scenes whose data have no notes are told so by a look into a dictionary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.layers import PlacedLayer, PlacedLayers
from viewer3d.core.members import member_text
from viewer3d.core.notes.note import Note, marked, not_shown
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.view.planes import Plane, PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.render.marks.note_marks import PaneNotes
from viewer3d.render.panes import PaneGeometry

if TYPE_CHECKING:
    from viewer3d.render.panes3d.volume_pane import Quality
    from viewer3d.render.volume.request import RenderRequest

COARSE_TEXT: Final = "coarse: full quality follows"
"""What a 3D pane says while it moves, and until its still picture is there."""

LEAST_OVERLAP: Final = 1e-6
"""In mm: boxes that touch have nothing in common."""

_Shown = tuple[tuple[int, ...], tuple[int, ...]]
"""The member of each layer that is shown, or -1, and the numbers of regions that are shown."""


class LayerNotes:
    """The notes on layers and regions, for panes that show some of them.

    Parameters
    ----------
    placed : PlacedLayers
    """

    def __init__(self, placed: PlacedLayers) -> None:
        self._placed = placed
        self._found: dict[_Shown, PaneNotes] = {}
        self._partings: dict[tuple[int, PlaneName], tuple[Plane, _Parting]] = {}

    def of_slice(self, state: ViewState, pane: PaneGeometry) -> PaneNotes:
        """Return the notes on a slice pane of a state.

        Parameters
        ----------
        state : ViewState
        pane : PaneGeometry
            Where its pixels are: layers over the base that lie beside it are told of.
        """
        members = tuple(look.member if look.shown else -1 for look in state.layers)
        regions = tuple(number for number, look in enumerate(state.regions) if look.shown)
        notes = self._of(members, regions)
        found = [*self._hidden_graphics(state), *self._outside(state, pane)]
        return notes.with_more(found) if found else notes

    def of_volume(self, state: ViewState, member: int, request: RenderRequest, quality: Quality) -> PaneNotes:
        """Return the notes on a 3D pane of a state, as it is drawn.

        Parameters
        ----------
        state : ViewState
        member : int
            Of the base, which is drawn.
        request : RenderRequest
            What is drawn.
        quality : {"still", "interactive"}
        """
        drawn = [other.volume for other in request.others]
        members = [member]
        for look, layer in zip(state.layers[1:], self._placed.layers[1:], strict=True):
            members.append(look.member if any(layer.members[look.member] is one for one in drawn) else -1)
        regions = tuple(n for n, look in enumerate(state.regions) if request.surfaces and look.shown)
        volume = self._placed.layers[0].members[member]
        notes = self._of(tuple(members), regions)
        found = _of_rendering(volume, request)
        if quality != "still":
            text = "The 3D pane is drawn coarsely while it moves: full quality follows."
            found.append(Note(text, "not_shown.coarse"))
        said = _written(volume, request, quality)
        return notes.with_more(found, said) if found or said else notes

    def _of(self, members: tuple[int, ...], regions: tuple[int, ...]) -> PaneNotes:
        key = members, regions
        if (found := self._found.get(key)) is None:
            found = self._found[key] = self._collected(members, regions)
        return found

    def _collected(self, members: tuple[int, ...], regions: tuple[int, ...]) -> PaneNotes:
        placed = self._placed
        several = len(placed.layers) + len(placed.regions) > 1
        notes: list[Note] = []
        said: list[Note] = []
        for layer, member in zip(placed.layers, members, strict=True):
            if member >= 0:
                notes += _named(layer, layer.data[member].notes, several=several)
                said += _other_members(layer, member, several=several)
        for number in regions:
            notes += _named(placed.regions[number], placed.regions[number].data.notes, several=several)
        return PaneNotes(marked(notes), not_shown(notes), tuple(said))

    def _hidden_graphics(self, state: ViewState) -> Iterable[Note]:
        for layer, look in zip(self._placed.layers, state.layers, strict=True):
            if not look.graphics and look.shown and layer.members[look.member].graphics is not None:
                text = f"{layer.name}: its graphics, overlay planes and shutters are hidden."
                yield Note(text, "not_shown.graphics")

    def _outside(self, state: ViewState, pane: PaneGeometry) -> Iterable[Note]:
        for number, layer in enumerate(self._placed.layers[1:], 1):
            if state.layers[number].shown and self._parting(number, pane.plane).parts(pane, state.slab.thickness):
                yield Note(f"{layer.name} lies outside of this pane: nothing of it is shown.", "not_shown.outside")

    def _parting(self, number: int, plane: Plane) -> _Parting:
        # Kept while the plane only moves.
        before, parting = self._partings.get((number, plane.name), (None, None))
        if parting is None or before != plane:
            parting = _Parting.of(self._placed.layers[number].volume.geometry, plane)
            self._partings[number, plane.name] = plane, parting
        return parting


def is_outside(geometry: Geometry, pane: PaneGeometry, thickness: float = 0.0) -> bool:
    """Return whether a grid and what a pane shows have nothing in common.

    Two boxes that share nothing are parted by a plane along a side of one of them, or along an edge of each (S.
    Gottschalk, M. Lin, D. Manocha, OBBTree, SIGGRAPH 1996).

    Parameters
    ----------
    geometry : Geometry
        Its outer faces count.
    pane : PaneGeometry
    thickness : float
        Of the slab that the pane shows, in mm.
    """
    return _Parting.of(geometry, pane.plane).parts(pane, thickness)


@dataclass(frozen=True, eq=False)
class _Parting:
    # The axes along which a grid and panes of a plane may be parted, shape (N, 3), the ends of the grid along each, and
    # what a step to the right, down and along the normal is along each.
    axes: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    steps: NDArray[np.float64]

    @classmethod
    def of(cls, geometry: Geometry, plane: Plane) -> _Parting:
        sides = np.array((plane.right, plane.down, plane.normal), np.float64)
        both = np.concatenate((sides, geometry.direction.T))
        across = np.cross(sides[:, None], both[None, 3:]).reshape(-1, 3)
        axes = np.concatenate((both, across[(np.abs(across) > _PARALLEL).any(1)]))
        box = geometry.index_to_world(_UNIT * geometry.shape - 0.5) @ axes.T
        return cls(axes, box.min(0), box.max(0), sides @ axes.T)

    def parts(self, pane: PaneGeometry, thickness: float) -> bool:
        mm = pane.mm_per_pixel
        size = np.array((mm * pane.size[0], mm * pane.size[1], thickness))
        # From the middle of the first pixel to the corner of what is seen.
        first = self.axes @ pane.origin - np.array((mm, mm, thickness)) / 2 @ self.steps
        reach = size[:, None] * self.steps
        low, high = first + np.minimum(reach, 0).sum(0), first + np.maximum(reach, 0).sum(0)
        return bool((np.maximum(low - self.high, self.low - high) > -LEAST_OVERLAP).any())


_UNIT: Final[NDArray[np.float64]] = np.array([(i, j, k) for i in (0.0, 1.0) for j in (0.0, 1.0) for k in (0.0, 1.0)])

_PARALLEL: Final = 1e-3
"""Cross products of sides of length 1 that are all but parallel are no axis."""


def _named(one: PlacedLayer | PlacedRegions, notes: Sequence[Note], *, several: bool) -> list[Note]:
    # Which layer a note is of; notes on how it lies begin with its name.
    return [*(note.with_text(f"{one.name}: {note}") if several else note for note in notes), *one.notes]


def _other_members(layer: PlacedLayer, member: int, *, several: bool) -> list[Note]:
    count = len(layer.members)
    if count < 2:
        return []
    which = member_text([one.which for one in layer.members], member) or f"{member + 1} of {count}"
    name = f"{layer.name}: " if several else ""
    return [
        Note(f"{name}{count - 1} of {count} volumes of the set are not shown, but {which} is.", "not_shown.members")
    ]


def _of_rendering(volume: Volume, request: RenderRequest) -> list[Note]:
    # What the 3D pane leaves out and does not say in words.
    from viewer3d.render.volume.loaded_block import MAX_TEXTURE_SIDE, visible_block  # noqa: PLC0415 (has VTK)

    found = []
    if request.look.crop is not None:
        found.append(Note("What lies outside of the crop box is not drawn in 3D.", "not_shown.crop"))
    for one, look in ((volume, request.look), *((other.volume, other.look) for other in request.others)):
        if max(one.shape) <= MAX_TEXTURE_SIDE:
            continue  # next to no volume is so long
        steps = [side.step for side in visible_block(look.shown_volume(one), look.transfer(one))]
        if max(steps) > 1:
            joined = " x ".join(map(str, steps))
            text = f"3D takes {joined} voxels as one: OpenGL is given no more than {MAX_TEXTURE_SIDE} along a side."
            found.append(Note(text, "not_shown.reduced", ratio=float(np.prod(steps))))
    return found


def _written(volume: Volume, request: RenderRequest, quality: Quality) -> list[Note]:
    # What the 3D pane says in words.
    found: list[Note] = []
    if request.look.face is not None:
        from viewer3d.render.face.removal import face_notes  # noqa: PLC0415 (who hides a face has imported it)

        found += face_notes(volume, is_hidden=True)
    for one, look in ((volume, request.look), *((other.volume, other.look) for other in request.others)):
        if text := look.couch_text(one):
            found.append(Note(f"3D leaves out what looks like a couch: {text}.", "not_shown.couch"))
    left_out = list(request.left_out)
    if quality != "still":
        left_out += [f"{other.name}: not drawn while this moves" for other in request.others]
    return found + [Note(f"{text}.", "not_shown.in_volume") for text in left_out]
