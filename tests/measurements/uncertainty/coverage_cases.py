"""One random measurement of each kind, with the truth: what comes of it is (value, uncertainty, truth), or None."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.measurements.uncertainty import scans
from tests.measurements.uncertainty.scans import KINDS, Floats
from viewer3d.core.geometry import Geometry
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.volume import Volume
from viewer3d.measurements.results import measure
from viewer3d.phantom.shapes import SamplePoints, ellipsoid

Case = tuple[float, float, float] | None
EYE = np.eye(3)
ANY = (EYE[0], EYE[1])


def _grid(rng: np.random.Generator) -> tuple[scans.Kind, Floats, Floats]:
    kind = KINDS[rng.integers(4)]
    return kind, scans.spacings(rng), EYE if kind == "straight" else scans.turn(rng)


def _landmark(
    rng: np.random.Generator, kind: scans.Kind, at: Floats, steps: Floats, axes: Floats
) -> tuple[Floats, Volume]:
    """Return the voxel that holds the middle of a small ball, as it is seen, and the volume."""
    volume = scans.scan(rng, kind, scans.ball(at, 4.0), at, 5.0, steps, axes)
    weight = np.maximum(volume.voxels.astype(np.float64) - scans.AIR_HU, 0)
    weight /= weight.sum()
    sums = (weight.sum(others) for others in ((1, 2), (0, 2), (0, 1)))
    index = np.array([float(one @ np.arange(one.size)) for one in sums])
    return scans.on_voxel(volume, volume.geometry.index_to_world(index)), volume


def length(rng: np.random.Generator) -> Case:
    """Return the distance of two landmarks, or the width of a body in one plane of the grid."""
    kind, steps, axes = _grid(rng)
    if rng.random() < 0.5:
        truth = rng.uniform(-40, 40, (2, 3))
        if np.linalg.norm(truth[1] - truth[0]) < 12:
            return None
        seen = [_landmark(rng, kind, at, steps, axes) for at in truth]
        found = measure(seen[0][1], scans.measurement("distance", [point for point, _ in seen], ANY))
        return found.length, found.uncertainty, float(np.linalg.norm(truth[1] - truth[0]))
    radii = rng.uniform(8, 24, 3)
    volume = scans.scan(rng, kind, scans.egg(np.zeros(3), radii), np.zeros(3), float(radii.max()), steps, axes)
    axis = int(rng.integers(3))
    index = volume.geometry.world_to_index(np.zeros(3))
    index[axis] = np.rint(index[axis])
    middle = volume.geometry.index_to_world(index)
    angle = rng.uniform(0, np.pi)
    one, other = (volume.geometry.direction[:, a] for a in range(3) if a != axis)
    way = np.cos(angle) * one + np.sin(angle) * other
    # |(middle + t way) / radii| = 1
    m, w = middle / radii, way / radii
    root = np.sqrt((m @ w) ** 2 - (w @ w) * (m @ m - 1))
    ends = [scans.edge_seen(volume, middle, sign * way, 30.0) for sign in (-1, 1)]
    points = [scans.on_voxel(volume, end) for end in ends]
    found = measure(volume, scans.measurement("distance", points, (one, other)))
    return found.length, found.uncertainty, float(2 * root / (w @ w))


def angle(rng: np.random.Generator) -> Case:
    """Return the angle of three landmarks."""
    kind, steps, axes = _grid(rng)
    truth = rng.uniform(-40, 40, (3, 3))
    arms = truth[[0, 2]] - truth[1]
    sizes = np.linalg.norm(arms, axis=1)
    if sizes.min() < 12:
        return None
    seen = [_landmark(rng, kind, at, steps, axes) for at in truth]
    found = measure(seen[0][1], scans.measurement("angle", [point for point, _ in seen], ANY))
    return found.angle, found.uncertainty, float(np.degrees(np.arccos(arms[0] @ arms[1] / sizes.prod())))


def area(rng: np.random.Generator) -> Case:
    """Return the area of an ellipse or rectangle that was drawn around the section of a body."""
    kind, steps, axes = _grid(rng)
    shape = "ellipse" if rng.random() < 0.5 else "rectangle"
    radii = rng.uniform(8, 24, 3)
    body = (scans.egg if shape == "ellipse" else scans.box)(np.zeros(3), radii)
    volume = scans.scan(rng, kind, body, np.zeros(3), float(np.linalg.norm(radii)), steps, axes)
    height = rng.uniform(-0.4, 0.4) * radii[2]
    middle = np.array([0, 0, height])
    ends = [scans.edge_seen(volume, middle, way, 30.0) for way in (-EYE[0], EYE[0], -EYE[1], EYE[1])]
    west, east, north, south = ends
    corners = [scans.on_voxel(volume, np.array([a[0], b[1], height])) for a, b in ((west, north), (east, south))]
    for one in corners:
        one[2] = height
    found = measure(volume, scans.measurement(shape, corners, ANY))
    share = np.pi * (1 - (height / radii[2]) ** 2) if shape == "ellipse" else 4.0
    return found.area, found.area_uncertainty, float(share * radii[0] * radii[1])


def traced(rng: np.random.Generator) -> Case:
    """Return the area of a polygon or freehand line whose corners were set on the voxels of an ellipse's edge.

    The edge is known here and not seen: by how much all of an edge looks further out is no error of a hand, and many
    corners do not even it out.
    """
    steps, axes = scans.spacings(rng), EYE if rng.random() < 0.5 else scans.turn(rng)
    radii = rng.uniform(8, 24, 2)
    affine, shape = scans.lattice(rng, np.zeros(3), float(radii.max()), steps, axes)
    volume = Volume.from_array(np.zeros(shape, np.int8), affine)
    is_freehand = rng.random() < 0.5
    count = 150 if is_freehand else int(rng.integers(5, 30))
    turns = rng.uniform(0, 2 * np.pi) + np.arange(count) * (2 * np.pi / count)
    middle = np.array([0, 0, rng.uniform(-4, 4)])
    edge = middle + np.stack([radii[0] * np.cos(turns), radii[1] * np.sin(turns), np.zeros(count)], -1)
    corners = [scans.on_voxel(volume, point) * (1, 1, 0) + middle for point in edge]
    found = measure(volume, scans.measurement("freehand" if is_freehand else "polygon", corners, ANY))
    x, y, _ = edge.T
    return found.area, found.area_uncertainty, float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def segment(rng: np.random.Generator) -> Case:
    """Return the volume of a segment: the voxels whose centres lie in a body."""
    _, steps, axes = _grid(rng)
    radii = rng.uniform(5, 20, 3)
    affine, shape = scans.lattice(rng, np.zeros(3), float(radii.max()), steps, axes)
    geometry = Geometry(affine, shape)
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
    points = np.moveaxis(geometry.index_to_world(index).astype(np.float32), -1, 0)
    inside = ellipsoid(SamplePoints(*points), (0.0, 0.0, 0.0), tuple(radii)) <= 0
    found = Segmentation.from_array(np.asarray(inside, np.uint8), affine).measure(1)
    return found.ml, found.ml_uncertainty, float(4 / 3 * np.pi * radii.prod() / 1000)


def structure(rng: np.random.Generator) -> Case:
    """Return the volume of a region of interest: contours on the slices of a series."""
    steps = scans.spacings(rng)
    radii = rng.uniform(6, 20, 3)
    affine, shape = scans.lattice(rng, np.zeros(3), float(radii.max()), steps, EYE)
    turns = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    contours = []
    for z in affine[2, 3] + steps[2] * np.arange(shape[2]):
        size = 1 - (z / radii[2]) ** 2
        if size > 1e-3:
            x, y = radii[0] * size**0.5 * np.cos(turns), radii[1] * size**0.5 * np.sin(turns)
            contours.append(Contour(np.stack([x, y, np.full(72, z)], 1)))
    if len(contours) < 3:
        return None
    rois = StructureSet((Roi(1, "Body", (255, 0, 0), contours=tuple(contours)),))
    found = Segmentation.from_array(rois.mask(1, Geometry(affine, shape)).astype(np.uint8), affine).measure(1)
    return found.ml, found.ml_uncertainty, float(4 / 3 * np.pi * radii.prod() / 1000)


def _noise(rng: np.random.Generator) -> Callable[[tuple[int, ...]], Floats]:
    """Return noise that is white, or as the phantom has it, alike in neighbouring pixels of a slice."""
    alike = rng.random() < 0.5
    sigma = rng.uniform(5, 30)

    def made(shape: tuple[int, ...]) -> Floats:
        if not alike:
            return rng.normal(0, sigma, shape)
        white = rng.normal(0, sigma / 2, (shape[0] + 1, shape[1] + 1, shape[2]))
        pairs = white[1:] + white[:-1]
        found: Floats = pairs[:, 1:] + pairs[:, :-1]
        return found

    return made


def mean(rng: np.random.Generator) -> Case:
    """Return the mean of an ellipse or rectangle within a body of one tissue."""
    kind, steps, axes = _grid(rng)
    radius = rng.uniform(10, 24)
    volume = scans.scan(rng, kind, scans.ball(np.zeros(3), 45.0), np.zeros(3), radius + 3, steps, axes, _noise(rng))
    ways = volume.geometry.direction[:, :2].T if rng.random() < 0.5 else scans.turn(rng)[:, :2].T
    sides = rng.uniform(0.6, 1.2, 2) * radius
    half = (sides[0] * ways[0] + sides[1] * ways[1]) / 2
    center = rng.uniform(-2, 2, 3)
    shape = "ellipse" if rng.random() < 0.5 else "rectangle"
    found = measure(volume, scans.measurement(shape, (center - half, center + half), ways))
    if found.mean_uncertainty is None or found.count < 30:
        return None
    return found.mean, found.mean_uncertainty, scans.BODY_HU


def traced_mean(rng: np.random.Generator) -> Case:
    """Return the mean of a polygon or freehand line within a body of one tissue."""
    kind, steps, axes = _grid(rng)
    radius = rng.uniform(10, 24)
    volume = scans.scan(rng, kind, scans.ball(np.zeros(3), 45.0), np.zeros(3), radius + 3, steps, axes, _noise(rng))
    right, down = volume.geometry.direction[:, :2].T if rng.random() < 0.5 else scans.turn(rng)[:, :2].T
    count = int(rng.integers(4, 60))
    turns, radii = np.arange(count) * (2 * np.pi / count), rng.uniform(0.4, 0.6, count) * radius
    corners = rng.uniform(-2, 2, 3) + np.outer(radii * np.cos(turns), right) + np.outer(radii * np.sin(turns), down)
    found = measure(volume, scans.measurement("polygon" if count < 20 else "freehand", corners, (right, down)))
    if found.mean_uncertainty is None or found.count < 30:
        return None
    return found.mean, found.mean_uncertainty, scans.BODY_HU


CASES: dict[str, Callable[[np.random.Generator], Case]] = {
    "length": length,
    "angle": angle,
    "area": area,
    "segment": segment,
    "structure": structure,
    "mean": mean,
    "traced area": traced,
    "traced mean": traced_mean,
}


def coverage(kind: str, count: int, seed: int) -> float:
    """Return the share of so many random measurements whose interval holds the truth."""
    rng = np.random.default_rng([seed, sorted(CASES).index(kind)])
    held = done = 0
    while done < count:
        case = CASES[kind](rng)
        if case is not None:
            value, uncertainty, truth = case
            held += abs(value - truth) <= uncertainty
            done += 1
    return held / count
