"""Draw the colours of an image in a slice pane: its three channels, as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.images.image2d import FlatVolume
from viewer3d.render.slices.compose import Recent, SliceLook, SliceSource
from viewer3d.render.slices.pixels import PanePixels, PlanePixels
from viewer3d.render.slices.slab import is_inside


class ColorSource:
    """Samples the channels of a coloured image, each as any volume is sampled.

    Parameters
    ----------
    volume : FlatVolume
    keeps_values : bool
        Whether the values that were shown last are kept, see :class:`viewer3d.render.slices.compose.SliceSource`.
    """

    def __init__(self, volume: FlatVolume, *, keeps_values: bool = False) -> None:
        recent: list[Recent | None] = [{} if keeps_values else None for _ in volume.channels]
        self._sources = [SliceSource(one, kept) for one, kept in zip(volume.channels, recent, strict=True)]

    def draw(self, picture: NDArray[np.uint8], pixels: PanePixels | PlanePixels, look: SliceLook) -> None:
        """Draw the colours into a picture, (height, width, 3), where the image is.

        Values between pixels are rounded for each channel; no window and no colour map has a part in them.
        """
        for number, source in enumerate(self._sources):
            kept = source.kept(pixels, look.interpolation)
            values = kept.values[kept.covered]
            inside = is_inside(values)
            levels = np.clip(values, 0, 255).astype(np.uint8)
            np.copyto(picture[kept.covered][..., number], 255 - levels if look.inverted else levels, where=inside)


@dataclass(frozen=True)
class ColorSlice:
    """The colours of an image as a part of a slice.

    Attributes
    ----------
    source : ColorSource
    look : SliceLook
        Whether it is inverted, and how it is interpolated.
    """

    source: ColorSource
    look: SliceLook
