"""A renderer's display: pixels of its window, counted from the left and from below, to world and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from viewer3d.render.planes3d.cuts import Cut, in_front
from viewer3d.render.planes3d.visible_cuts import NEAREST

EDGE_ON = 1e-3
"""Cosine between a slice and a line of sight below which their crossing is nowhere near what is pointed at."""


class Display:
    """Projects as a renderer's camera does, whatever its projection.

    Parameters
    ----------
    renderer : vtkRenderer
    """

    def __init__(self, renderer: vtkRenderer) -> None:
        self._renderer = renderer

    def outline(self, cut: Cut) -> NDArray[np.float64]:
        """Return the pixels around a cut, shape (N, 2); one far away when none of it is before the eye."""
        camera, corners = self._renderer.GetActiveCamera(), np.array(cut.corners)
        if not camera.GetParallelProjection():
            least = NEAREST * camera.GetDistance()
            corners = in_front(corners, camera.GetPosition(), camera.GetDirectionOfProjection(), least)
        pixels = [self._from_world(corner)[:2] for corner in corners]
        return np.array(pixels) if pixels else np.full((1, 2), np.inf)

    def world_on(self, cut: Cut, pixel: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the world point (mm) of a cut's plane that a pixel sees; its nearest corner when it is edge-on."""
        start, ray = self.sight(pixel)
        normal, corners = np.array(cut.plane.normal, np.float64), np.array(cut.corners)
        if abs(normal @ ray) >= EDGE_ON * np.linalg.norm(ray):
            return np.add(start, ray * float(normal @ (corners[0] - start)) / float(normal @ ray))
        away = [float(np.linalg.norm(self._from_world(corner)[:2] - pixel)) for corner in corners]
        return np.array(corners[int(np.argmin(away))], np.float64)

    def sight(self, pixel: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the line of sight through a pixel: its point nearest to the eye (mm), and the way on from there."""
        near, far = (self._to_world((*pixel, depth)) for depth in (0.0, 1.0))
        return near, far - near

    def mm_per_pixel(self, world: NDArray[np.float64]) -> float:
        """Return how large a pixel is at the depth of a world point."""
        x, y, depth = self._from_world(world)
        return float(np.linalg.norm(self._to_world((x, y + 1, depth)) - self._to_world((x, y, depth))))

    def _to_world(self, place: ArrayLike) -> NDArray[np.float64]:
        self._renderer.SetDisplayPoint(*np.asarray(place, np.float64))
        self._renderer.DisplayToWorld()
        x, y, z, scale = self._renderer.GetWorldPoint()
        return np.array((x, y, z), np.float64) / scale

    def _from_world(self, world: NDArray[np.float64]) -> NDArray[np.float64]:
        self._renderer.SetWorldPoint([*world.tolist(), 1.0])
        self._renderer.WorldToDisplay()
        return np.array(self._renderer.GetDisplayPoint(), np.float64)
