"""The 3D pane while it moves on a machine without a graphics card: fewer rays through fewer voxels, as bright.

The mapper of stills takes seconds a picture with a processor; the one here casts its rays on all cores through voxels
it has prepared, some 20 times faster. It draws darker, so its brightness is measured against the last still.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

from viewer3d.core.volume import Volume
from viewer3d.render.gl import OpenGL
from viewer3d.render.volume.actor import Block, RayCasting
from viewer3d.render.volume.renderer import OffscreenRenderer, PremultipliedRGBA
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.transfer import TransferFunction
from viewer3d.render.volume.volume_look import VolumeLook

FRAME_SECONDS = 1 / 20
"""What a picture may take, so that with the slices and the display 15 a second are left."""

CUT_FRAME_SECONDS = 1 / 40
"""The same where slices stand in the picture, which take their time, too."""

COARSEST_MM = 2.0
"""Voxels are joined along an axis only as long as the distance of what is left stays below this."""

MOST_VOXELS = 9_000_000
"""Voxels kept: to prepare so many takes a quarter of a second."""

SCALES = (0.16, 0.6)
"""Sides of the drawn picture, of the pane's: the least one can make out, and what is as good as all while it moves."""

FIRST_SCALE = 0.4

FIRST_GAIN = 1.6
"""How much brighter a lit picture is made before there is a still to measure it by; highest values need none."""

GAINS = (0.5, 2.5)
"""Least and most a moving picture's brightness is changed: beyond, the two do not show the same."""


@dataclass(frozen=True)
class StillPicture:
    """A picture of full quality, to be as bright as.

    Attributes
    ----------
    request : RenderRequest
    layer : ndarray of uint8, shape (height, width, 4)
        As :meth:`viewer3d.render.volume.actor.OffscreenRenderer.draw` gives it.
    """

    request: RenderRequest
    layer: PremultipliedRGBA


class InteractiveRenderer:
    """An offscreen window that shows one volume fast.

    Parameters
    ----------
    opengl : OpenGL
        One that works.
    volume : Volume
    """

    def __init__(self, opengl: OpenGL, volume: Volume) -> None:
        self._window = OffscreenRenderer(opengl, volume, INTERACTIVE)
        self._scale = FIRST_SCALE
        self._measured: VolumeLook | None = None
        self._gain = np.ones(3)

    def draw(self, request: RenderRequest) -> PremultipliedRGBA:
        """Draw the volume as well as :data:`FRAME_SECONDS` allow, judged by the picture before.

        Parameters
        ----------
        request : RenderRequest

        Returns
        -------
        ndarray of uint8, shape (height, width, 4)
        """
        start = time.perf_counter()
        small = self._window.draw(_scaled(request, self._scale))
        levels = np.clip(np.rint(np.arange(256)[:, None] * self._gain_of(request.look)), 0, 255).astype(np.uint8)
        small = np.stack([*(levels[small[..., channel], channel] for channel in range(3)), small[..., 3]], -1)
        # As four colours: Pillow would part those of RGBA from its opacity.
        layer = np.asarray(
            Image.frombuffer("CMYK", small.shape[1::-1], small).resize(request.size, Image.Resampling.BILINEAR)
        )
        self._adapt((time.perf_counter() - start) / (CUT_FRAME_SECONDS if request.cuts else FRAME_SECONDS))
        return layer

    def prepare(self, rendering: VolumeLook, still: StillPicture | None) -> None:
        """Do what a rendering's first picture would wait for: prepare voxels, measure brightness by the last still."""
        if still is None or still.request.look.preset != rendering.preset or self._measured == still.request.look:
            return
        drawn = self._window.draw(_scaled(still.request, FIRST_SCALE))
        light, own = (layer[..., :3].mean((0, 1)) for layer in (still.layer, drawn))
        gain = np.divide(light, own, out=np.ones(3), where=own > 0.5)
        self._gain, self._measured = np.clip(gain, *GAINS), still.request.look

    def close(self) -> None:
        """Free what the window holds."""
        self._window.close()

    def _gain_of(self, rendering: VolumeLook) -> NDArray[np.float64]:
        # A transfer function that is shifted or cropped since is all but as bright.
        if self._measured is not None and self._measured.preset == rendering.preset:
            return self._gain
        return np.full(3, FIRST_GAIN if rendering.is_lit else 1.0)

    def _adapt(self, taken: float) -> None:
        # Taken, of what may be: small deviations change nothing, or the sharpness would waver from picture to picture.
        if not 0.6 < taken < 1.1:
            factor = float(np.clip(np.sqrt(0.85 / taken), 0.75, 1.2))
            self._scale = float(np.clip(self._scale * factor, *SCALES))


def _moving_mapper() -> vtkFixedPointVolumeRayCastMapper:
    mapper = vtkFixedPointVolumeRayCastMapper()
    mapper.AutoAdjustSampleDistancesOff()
    mapper.SetImageSampleDistance(1.0)
    return mapper


def _whole_block(volume: Volume, _transfer: TransferFunction) -> Block:
    # The mapper passes over what is clear: with all voxels loaded it prepares none anew for another transfer function.
    strides = [max(1, int(COARSEST_MM / mm)) for mm in volume.spacing]
    counts = np.array(volume.shape)
    while np.prod(-(-counts // strides)) > MOST_VOXELS:
        strides[int(np.argmin(np.multiply(volume.spacing, strides)))] += 1
    i, j, k = (slice(0, length, stride) for length, stride in zip(volume.shape, strides, strict=True))
    return i, j, k


INTERACTIVE = RayCasting(_moving_mapper, _whole_block, least_step=1.0)
"""Fast on a processor."""


def _scaled(request: RenderRequest, scale: float) -> RenderRequest:
    width, height = (max(8, round(side * scale)) for side in request.size)
    return replace(request, size=(width, height))
