"""How the 3D pane shows a volume from any side: transfer function, shift, crop, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from viewer3d.core.vectors import Points
from viewer3d.core.view.state import Box, ViewState
from viewer3d.core.volume import Volume
from viewer3d.render.couch.carved import Shown
from viewer3d.render.couch.removal import check_couch, hide_couch
from viewer3d.render.face.cut import FaceCut
from viewer3d.render.face.removal import face_to_hide, without_face
from viewer3d.render.marks.display_list import EMPTY, WHITE, Color
from viewer3d.render.volume.transfer import Preset, TransferFunction, choose_preset, find_preset, transfer_function
from viewer3d.render.volume.visibility import visible_points

FACE_TEXT: Final = "face hidden"
"""What a 3D pane says where a face is cut away."""

EXTENT_MARGIN: Final = 0.02
"""Share of the volume's sides that is left around the centres of the outermost visible voxels."""


@dataclass(frozen=True)
class VolumeLook:
    """How the 3D pane shows a volume, whichever side it is seen from.

    Attributes
    ----------
    preset : str
        Name of a transfer function, or one in full; not ``"auto"``.
    shift : float
        What its values are raised by, in the unit of the volume.
    crop : Box, optional
        World box (LPS, mm) that all that is shown lies in.
    couch_hidden : bool
        Whether couch and head-holder are left out.
    is_film : bool
        Whether it is dark on white, as PET is read: a projection of PET that is shown inverted.
    face : FaceCut, optional
        Where a face is cut away; None where all is shown.
    stretch : float
        What the transfer function is widened by about its middle, see
        :func:`viewer3d.render.volume.transfer.transfer_function`.
    """

    preset: str
    shift: float = 0.0
    crop: Box | None = None
    couch_hidden: bool = False
    is_film: bool = False
    face: FaceCut | None = None
    stretch: float = 1.0

    @property
    def ground(self) -> Color:
        """Red, green and blue, 0 to 255, of what is behind the volume."""
        return WHITE if self.is_film else EMPTY

    @property
    def is_lit(self) -> bool:
        """Whether surfaces are shaded, as in a composite; in a projection of highest values they are not."""
        return self._plain_preset.blend == "composite"

    def transfer(self, volume: Volume) -> TransferFunction:
        """Return the transfer function in the values of a volume."""
        return transfer_function(volume, self._preset(volume), self.shift, self.stretch)

    def shown_volume(self, volume: Volume) -> Shown:
        """Return the volume that is shown: a volume itself, or the same without its couch or a face."""
        shown = hide_couch(volume).shown if self.couch_hidden else volume
        return shown if self.face is None else without_face(shown, self.face)

    def whole_shown_volume(self, volume: Volume) -> Volume:
        """Return the volume that is shown with all its voxels in memory, made anew where some are left out."""
        shown = self.shown_volume(volume)
        return shown if isinstance(shown, Volume) else replace(volume, voxels=shown.voxels[:, :, :])

    def couch_text(self, volume: Volume) -> str:
        """Return how much of a couch is left out of a volume, in words; nothing where none is to be."""
        return hide_couch(volume).text if self.couch_hidden else ""

    def hidden_text(self, volume: Volume) -> str:
        """Return what is left out of a volume in words, a couch and how much, a face; else nothing."""
        return ", ".join(text for text in (self.couch_text(volume), "" if self.face is None else FACE_TEXT) if text)

    def points(self, volume: Volume) -> Points:
        """Return points that fill all that is visible of a volume, regardless of the crop.

        Returns
        -------
        ndarray of float64, shape (N, 3)
            World (LPS, mm).
        """
        return visible_points(self.shown_volume(volume), self.transfer(volume))

    def extent(self, volume: Volume) -> Box:
        """Return the world box (LPS, mm) around all that is visible, with a margin, regardless of the crop."""
        points = self.points(volume)
        low, high = volume.geometry.bounds
        margin = EXTENT_MARGIN * (high - low)
        ends = np.maximum(points.min(0) - margin, low), np.minimum(points.max(0) + margin, high)
        (x0, y0, z0), (x1, y1, z1) = (end.tolist() for end in ends)
        return Box((x0, y0, z0), (x1, y1, z1))

    def title(self, volume: Volume) -> str:
        """Return the title of the transfer function, what it is shifted by and how wide it is.

        Examples
        --------
        >>> import numpy as np
        >>> volume = Volume.from_array(np.zeros((2, 2, 2)), np.eye(4), unit="HU")
        >>> VolumeLook("ct-bone", shift=40).title(volume)
        'Bone +40 HU'
        >>> VolumeLook("ct-bone", shift=40, stretch=1.5).title(volume)
        'Bone +40 HU, width 150 %'
        """
        preset = self._preset(volume)
        title, first, last = preset.title, preset.points[0][0], preset.points[-2][0]
        title = f"{title}, SUV {first:g} to {last:g}" if preset.scale == "SUV" else title
        title = f"{title} {self.shift:+.4g} {volume.unit}".rstrip() if self.shift else title
        return f"{title}, width {100 * self.stretch:.4g} %" if self.stretch != 1 else title

    @property
    def _plain_preset(self) -> Preset:
        found = find_preset(self.preset)
        assert found is not None  # a look is made of one that there is
        return found

    def _preset(self, volume: Volume) -> Preset:
        preset = self._plain_preset
        return preset.film(volume) if self.is_film else preset.suited(volume)


def volume_look(volume: Volume, state: ViewState, number: int = 0) -> VolumeLook:
    """Return how a state shows a volume in 3D.

    Parameters
    ----------
    volume : Volume
    state : ViewState
    number : int
        Of the volume's layer, from 0.

    Returns
    -------
    VolumeLook

    Raises
    ------
    ViewError
        When the state asks for a transfer function that does not exist or is for another unit, for the couch of a
        volume that is not in HU to be hidden, or for a face where none is found.
    """
    look = state.layers[number]
    preset = choose_preset(volume, look.rendering, is_overlay=number > 0)
    if look.couch_hidden:
        check_couch(volume)
    face = face_to_hide(volume) if look.face_hidden else None
    is_film = volume.modality == "PT" and look.inverted and preset.blend == "maximum"
    return VolumeLook(
        preset.name, look.rendering_shift, state.crop, look.couch_hidden, is_film, face, look.rendering_stretch
    )
