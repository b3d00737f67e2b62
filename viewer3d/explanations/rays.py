"""Explain a pixel of a 3D pane: its ray, the highest value on it, the samples that give light.

What draws casts rays in float32 on the graphics card, from samples whose places are its own, and lights what it sees.
So the colour of a 3D pane cannot be given to the digit; the values along the ray and where they lie can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import radians, tan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import vector
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.explanations.sample import voxel_shares, weighted
from viewer3d.explanations.slices import WithSources
from viewer3d.explanations.values import Explanation, LayerShare, PicturePlace, RaySample, Sample, rgb
from viewer3d.figures.pages.page import DrawnVolume
from viewer3d.render.marks.display_list import Color
from viewer3d.render.volume.transfer import TransferFunction

MOST_OF_RAY: Final = 12
"""Samples of a ray that are told: those that give the most light."""

SEEN_LIGHT: Final = 0.5
"""Share of the light that has come when a surface is said to be seen."""

FINER: Final = 4
"""Samples of a projection for each that is drawn: a maximum between two is not lost."""

NOT_TO_THE_DIGIT: Final = (
    "a 3D pane is drawn by the graphics card, in float32 and with samples at its own places: the values of the ray are "
    "exact, the colour is not given to the digit"
)


@dataclass(frozen=True, eq=False)
class Ray:
    """The part of a ray that lies in a volume, with its values.

    Attributes
    ----------
    begin : ndarray of float64, shape (3,)
        The eye (LPS, mm).
    way : ndarray of float64, shape (3,)
        Direction, of unit length.
    distances : ndarray of float64, shape (N,)
        Of samples from the eye, in mm; even.
    values : ndarray of float64, shape (N,)
        In the unit of the volume, linear between voxels; NaN where there is none.
    """

    begin: NDArray[np.float64]
    way: NDArray[np.float64]
    distances: NDArray[np.float64]
    values: NDArray[np.float64]

    def world(self, number: int) -> NDArray[np.float64]:
        """Return the place of a sample (LPS, mm)."""
        return np.asarray(self.begin + self.distances[number] * self.way)


def explain_ray(
    drawn: DrawnVolume, place: PicturePlace, color: Color, with_sources: WithSources | None = None
) -> Explanation:
    """Return what the ray behind a pixel of a 3D pane meets.

    Parameters
    ----------
    drawn : DrawnVolume
    place : PicturePlace
        With the pixel in the pane.
    color : tuple of int
        Red, green and blue as drawn.
    with_sources : callable, optional
        Adds what files store for the voxels of a maximum.
    """
    request, look = drawn.request, drawn.request.look
    volume = look.whole_shown_volume(drawn.volume)
    transfer = look.transfer(drawn.volume)
    step = transfer.preset.step * min(volume.spacing)
    is_lit = look.is_lit
    begin, way = pixel_ray(request.camera, request.size, place.pixel)
    ray = _sampled(volume, look.crop, begin, way, step if is_lit else step / FINER)
    notes = [NOT_TO_THE_DIGIT, f"transfer function {look.title(drawn.volume)}, a sample each {step:.6g} mm"]
    notes += [text for text in (look.hidden_text(drawn.volume),) if text]
    if request.cuts or request.surfaces or request.others:
        notes.append("slices, surfaces or another volume stand in this pane and may hide what the ray meets")
    if not np.isfinite(ray.values).any():
        return Explanation(place, (), drawn.ground, color, (), color, notes=(*notes, "the ray misses the volume"))
    if is_lit:
        samples = _light(ray, transfer, step)
        notes.append(_first_opaque(samples, ray, volume))
        shown = sorted(sorted(samples, key=lambda one: -one.light)[:MOST_OF_RAY], key=lambda one: one.distance)
        return Explanation(place, (), drawn.ground, color, (), color, notes=tuple(notes), ray=tuple(shown))
    best = int(np.nanargmax(ray.values))
    layer = _maximum(volume, ray, best, transfer)
    red, green, blue = layer.left
    notes.append(f"the transfer function makes of the highest value about RGB {red:.1f} {green:.1f} {blue:.1f}")
    if with_sources is not None and volume is drawn.volume:
        layer = with_sources(volume, layer)
    return Explanation(place, (layer,), drawn.ground, color, (), color, notes=tuple(notes))


def pixel_ray(
    camera: Camera, size: tuple[int, int], pixel: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return eye (LPS, mm) and unit direction of the ray through the middle of a pixel."""
    eye = np.array(camera.position, np.float64)
    ahead = np.subtract(camera.focal_point, eye)
    ahead = ahead / np.linalg.norm(ahead)
    right = np.cross(ahead, camera.up)
    right = right / np.linalg.norm(right)
    up = np.cross(right, ahead)
    half = tan(radians(camera.angle) / 2)  # of the shorter side
    per_pixel = 2 * half / min(size)
    across = (pixel[0] - (size[0] - 1) / 2) * per_pixel
    down = (pixel[1] - (size[1] - 1) / 2) * per_pixel
    way = ahead + across * right - down * up
    return eye, np.asarray(way / np.linalg.norm(way))


def _sampled(
    volume: Volume, crop: Box | None, begin: NDArray[np.float64], way: NDArray[np.float64], step: float
) -> Ray:
    """Return the samples of a ray in the box of a volume, and within a crop."""
    near, far = _crossed(volume.geometry, begin, way)
    if crop is not None:
        near, far = _clipped(near, far, begin, way, crop)
    count = max(0, int((far - near) / step) + 1) if far > near else 0
    distances = np.asarray(near + step * (np.arange(count) + 0.5), np.float64)
    places = volume.geometry.world_to_index(begin + distances[:, None] * way) if count else np.zeros((0, 3))
    values = [weighted(voxel_shares(volume, one, "linear")) for one in places.tolist()]
    return Ray(begin, way, distances, np.array([np.nan if one is None else one for one in values], np.float64))


def _crossed(geometry: Geometry, begin: NDArray[np.float64], way: NDArray[np.float64]) -> tuple[float, float]:
    """Return where a ray enters and leaves the box of a grid, in mm from its begin."""
    at = geometry.world_to_index(begin)
    along = geometry.inverse[:3, :3] @ way
    return _slabs(at, along, np.full(3, -0.5), np.array(geometry.shape) - 0.5, (0.0, np.inf))


def _clipped(
    near: float, far: float, begin: NDArray[np.float64], way: NDArray[np.float64], crop: Box
) -> tuple[float, float]:
    return _slabs(begin, way, np.array(crop.low), np.array(crop.high), (near, far))


def _slabs(
    at: NDArray[np.float64],
    along: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    ends: tuple[float, float],
) -> tuple[float, float]:
    near, far = ends
    for axis in range(3):
        if abs(along[axis]) < 1e-12:
            if not low[axis] <= at[axis] <= high[axis]:
                return 0.0, 0.0
            continue
        one, other = sorted(((low[axis] - at[axis]) / along[axis], (high[axis] - at[axis]) / along[axis]))
        near, far = max(near, float(one)), min(far, float(other))
    return near, far


def _mapped(transfer: TransferFunction, value: float) -> tuple[Color, float]:
    """Return the colour and the opacity of 1 mm that a transfer function gives to a value."""
    channels = [np.interp(value, transfer.values, [one[n] for one in transfer.colors]) for n in range(3)]
    return rgb([round(255 * float(one)) for one in channels]), float(
        np.interp(value, transfer.values, transfer.opacities)
    )


def _light(ray: Ray, transfer: TransferFunction, step: float) -> list[RaySample]:
    """Return the samples of a ray that give light, the nearest first, blended from the front."""
    found, passed = [], 1.0
    for number, value in enumerate(ray.values.tolist()):
        if np.isnan(value):
            continue
        color, opacity = _mapped(transfer, value)
        opacity = 1 - (1 - min(opacity, 1.0)) ** step
        if opacity > 0:
            world = vector(ray.world(number))
            found.append(RaySample(float(ray.distances[number]), world, value, color, opacity, passed * opacity))
            passed *= 1 - opacity
    return found


def _first_opaque(samples: Sequence[RaySample], ray: Ray, volume: Volume) -> str:
    """Say where the ray is stopped: the sample by which half of the light has come."""
    if not samples:
        most = float(np.nanmax(ray.values))
        return f"nothing along the ray is visible: its highest value is {most:.6g} {volume.unit}".rstrip()
    total = 0.0
    for one in samples:
        total += one.light
        if total >= SEEN_LIGHT:
            where = " ".join(f"{mm:.3f}" for mm in one.world)
            return (
                f"half of the light has come at {where} mm, {one.distance:.3f} mm from the eye, where the value is "
                f"{one.value:.6g} {volume.unit}".rstrip()
            )
    return f"the ray is not stopped: {100 * total:.1f} % of the light comes from the volume, the rest from behind it"


def _maximum(volume: Volume, ray: Ray, best: int, transfer: TransferFunction) -> LayerShare:
    """Return the highest value of a ray and its voxels."""
    world = ray.world(best)
    index = volume.geometry.world_to_index(world)
    voxels, value = voxel_shares(volume, index.tolist(), "linear"), float(ray.values[best])
    color, opacity = _mapped(transfer, value)
    sample = Sample(float(ray.distances[best]), 1.0, vector(index), vector(world), voxels, value)
    red, green, blue = (one * opacity for one in color)
    return LayerShare(
        name=volume.modality or "volume",
        unit=volume.unit,
        why_unit="",
        dtype=str(volume.voxels.dtype),
        interpolation="linear",
        slab="ray",
        thickness=float(ray.distances[-1] - ray.distances[0]),
        samples=(sample,),
        count=len(ray.distances),
        value=value,
        window=None,
        inverted=False,
        colors=transfer.preset.name,
        grey=None,
        color=color,
        opacity=opacity,
        left=(red, green, blue),
    )
