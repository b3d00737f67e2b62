"""Render a volume in interactive quality on a processor: fewer rays through fewer voxels.

The mapper of stills takes seconds a picture without a graphics card; the one here casts its rays on all cores through
voxels that it has prepared, some 20 times faster. It draws darker, so its brightness is measured against the last
still.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

from viewer3d.core.volume import Volume
from viewer3d.render.couch.carved import Shown
from viewer3d.render.gl import OpenGL
from viewer3d.render.volume.actor import RayCasting
from viewer3d.render.volume.loaded_block import Block
from viewer3d.render.volume.renderer import OffscreenRenderer, PremultipliedRGBA
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.transfer import TransferFunction
from viewer3d.render.volume.volume_look import VolumeLook

PICTURE_SECONDS: Final = 1 / 30
"""What casting a picture's rays may take, so that with enlarging, marks and the display 20 a second are left."""

PICTURE_WITH_SLICES_SECONDS: Final = 1 / 40
"""The same where slices stand in the picture, which take their time, too."""

COARSEST_MM: Final = 2.0
"""Voxels are joined along an axis only as long as the distance of what is left stays below this."""

MOST_VOXELS: Final = 9_000_000
"""Voxels kept: to prepare so many takes a quarter of a second."""

SCALES: Final = (0.16, 0.6)
"""Sides of the rendered picture, of the pane's: the least that one can make out, and what is as good as all while it
moves."""

SHARPER: Final = 2.0
"""How many times larger sides are than in motion when it pauses: some four times the time, a tenth of a second."""

FIRST_SCALE: Final = 0.4
"""Scale of the first picture, before any was timed, and of the one that brightness is measured by."""

FIRST_GAIN: Final = 1.6
"""Gain of a shaded picture before there is a still to measure it by; projections of highest values need none."""

GAINS: Final = (0.5, 2.5)
"""Least and greatest gain of a picture's brightness: beyond, the two do not show the same."""


@dataclass(frozen=True)
class StillPicture:
    """A picture of full quality, and what it was rendered from.

    Attributes
    ----------
    request : RenderRequest
    pixels : ndarray of uint8, shape (height, width, 4)
        As :meth:`viewer3d.render.volume.renderer.OffscreenRenderer.draw` returns them.
    """

    request: RenderRequest
    pixels: PremultipliedRGBA


class InteractiveRenderer:
    """Renders one volume as well as there is time for between two events.

    Parameters
    ----------
    opengl : OpenGL
        One that works.
    volume : Volume
    """

    def __init__(self, opengl: OpenGL, volume: Volume) -> None:
        self._renderer = OffscreenRenderer(opengl, volume, INTERACTIVE)
        self._scale = FIRST_SCALE
        self._measured: VolumeLook | None = None
        self._gain = np.ones(3)

    def draw(self, request: RenderRequest, *, is_sharper: bool = False) -> PremultipliedRGBA:
        """Render the volume as well as :data:`PICTURE_SECONDS` allow, judged by the picture before.

        Parameters
        ----------
        request : RenderRequest
        is_sharper : bool
            Whether nothing moves just now: then its sides are :data:`SHARPER` times larger.

        Returns
        -------
        ndarray of uint8, shape (less height, less width, 4)
            Smaller than the request's, to be :func:`enlarged`. Red, green and blue, each times opacity, and opacity;
            made brighter, colours may exceed opacity.
        """
        start = time.perf_counter()
        gain = self._gain_of(request.look)
        scale = min(SHARPER * self._scale, SCALES[1]) if is_sharper else self._scale
        small = self._renderer.draw(_darkened(scaled(request, scale), gain))
        levels = np.clip(np.rint(np.arange(256)[:, None] * gain), 0, 255).astype(np.uint8)
        small = np.stack([*(levels[small[..., channel], channel] for channel in range(3)), small[..., 3]], -1)
        if is_sharper:
            return small
        allowed = PICTURE_WITH_SLICES_SECONDS if request.cuts else PICTURE_SECONDS
        self._adapt_scale((time.perf_counter() - start) / allowed)
        return small

    def prepare(self, look: VolumeLook, still: StillPicture | None) -> None:
        """Prepare the first picture of a look: load voxels, and measure the brightness by the last still.

        Parameters
        ----------
        look : VolumeLook
        still : StillPicture, optional
            Of the volume alone, of any size. Without it, or where it has another transfer function, nothing is done.
        """
        if still is None or not self.is_to_measure(look, still.request):
            return
        drawn = self._renderer.draw(scaled(still.request, FIRST_SCALE))
        wanted, own = (pixels[..., :3].mean((0, 1)) for pixels in (still.pixels, drawn))
        gain = np.divide(wanted, own, out=np.ones(3), where=own > 0.5)
        self._gain, self._measured = np.clip(gain, *GAINS), still.request.look

    def is_to_measure(self, look: VolumeLook, request: RenderRequest) -> bool:
        """Return whether a still of a request would say how bright the pictures of a look are to be."""
        return request.look.preset == look.preset and self._measured != request.look

    def close(self) -> None:
        """Free what is held on the graphics card."""
        self._renderer.close()

    def _gain_of(self, look: VolumeLook) -> NDArray[np.float64]:
        # A transfer function that was shifted or cropped after the still is all but as bright.
        if self._measured is not None and self._measured.preset == look.preset:
            return self._gain
        return np.full(3, FIRST_GAIN if look.is_lit else 1.0)

    def _adapt_scale(self, taken: float) -> None:
        # The time taken, as a share of the time allowed. Small deviations change nothing, or the sharpness would waver
        # from picture to picture.
        if not 0.6 < taken < 1.1:
            factor = float(np.clip(np.sqrt(0.85 / taken), 0.75, 1.2))
            self._scale = float(np.clip(self._scale * factor, *SCALES))


def _interactive_mapper() -> vtkFixedPointVolumeRayCastMapper:
    mapper = vtkFixedPointVolumeRayCastMapper()
    mapper.AutoAdjustSampleDistancesOff()
    mapper.SetImageSampleDistance(1.0)
    return mapper


def _all_joined(volume: Shown, _transfer: TransferFunction) -> Block:
    # The mapper skips what is clear: with all voxels loaded it prepares none anew for another transfer function.
    strides = [max(1, int(COARSEST_MM / mm)) for mm in volume.spacing]
    counts = np.array(volume.shape)
    while np.prod(-(-counts // strides)) > MOST_VOXELS:
        strides[int(np.argmin(np.multiply(volume.spacing, strides)))] += 1
    i, j, k = (slice(0, length, stride) for length, stride in zip(volume.shape, strides, strict=True))
    return i, j, k


INTERACTIVE = RayCasting(_interactive_mapper, _all_joined, min_step=1.0)
"""Fast on a processor."""


def _darkened(request: RenderRequest, gain: NDArray[np.float64]) -> RenderRequest:
    # The gain is the volume's. Surfaces are rendered as it needs them, and in the end they have their own colours.
    if not request.surfaces:
        return request
    surfaces = []
    for surface in request.surfaces:
        red, green, blue = (float(value) for value in np.divide(surface.color, gain))
        surfaces.append(replace(surface, color=(red, green, blue)))
    return replace(request, surfaces=tuple(surfaces))


def enlarged(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture enlarged to the size of a pane, its pixels interpolated.

    Colours on their ground are interpolated by cubics: linearly the lattice of the rays is seen, and such pictures are
    2 % further from the still where rays are few.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3) or (height, width, 4)
    size : tuple of int
        Width and height.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3) or (height, width, 4)
    """
    # As four colours: Pillow would divide those of RGBA by their opacity.
    is_clear = pixels.shape[-1] == 4
    mode, filtered = ("CMYK", Image.Resampling.BILINEAR) if is_clear else ("RGB", Image.Resampling.BICUBIC)
    return np.asarray(Image.frombuffer(mode, pixels.shape[1::-1], np.ascontiguousarray(pixels)).resize(size, filtered))


def scaled(request: RenderRequest, scale: float) -> RenderRequest:
    """Return a request for a picture whose sides are a share of those of another's."""
    width, height = (max(8, round(side * scale)) for side in request.size)
    return replace(request, size=(width, height))
