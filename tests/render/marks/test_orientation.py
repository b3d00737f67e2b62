from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.view.camera import Camera
from viewer3d.render.marks.display_list import Line, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.orientation import LEAST_FACING, orientation_marks

SIDES = {"R": (-1, 0, 0), "L": (1, 0, 0), "A": (0, -1, 0), "P": (0, 1, 0), "F": (0, 0, -1), "H": (0, 0, 1)}
EYES = [(0, -9, 0), (3, -9, 4), (-6, -5, 7), (9, 1, -2), (-3, 8, 6), (1, 2, 9)]


def marks(eye, size=(600, 450)):
    camera = Camera(eye, (0, 0, 0), up=(0, 0, 1))
    return camera, orientation_marks(camera, MarkMetrics(*size))


@pytest.mark.parametrize("eye", EYES)
def test_letters_are_those_of_the_sides_that_are_turned_to_the_eye_and_stand_there(eye):
    camera, listed = marks(eye)
    right, up, way = camera.directions
    letters = {mark.text: mark for mark in listed if isinstance(mark, Text)}
    assert set(letters) == {name for name, side in SIDES.items() if -(side @ way) >= LEAST_FACING}
    lines = [mark for mark in listed if isinstance(mark, Line)]
    middle = np.mean([[(one.x0 + one.x1) / 2, (one.y0 + one.y1) / 2] for one in lines], axis=0)
    for name, letter in letters.items():
        away = np.array([letter.x, letter.y - MarkMetrics(600, 450).cap / 2]) - middle
        expected = np.array([SIDES[name] @ right, -(SIDES[name] @ up)])
        np.testing.assert_allclose(
            away, np.linalg.norm(away) * expected / max(np.linalg.norm(expected), 1e-9), atol=1e-6
        )


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("size", [(300, 300), (600, 450), (1200, 900)])
def test_it_is_a_cube_in_the_corner_clear_of_the_edges(eye, size):
    _, listed = marks(eye, size)
    lines = [mark for mark in listed if isinstance(mark, Line)]
    page = MarkMetrics(*size)
    ends = np.array([(one.x0, one.y0) for one in lines] + [(one.x1, one.y1) for one in lines])
    assert len(lines) == 12
    assert (ends.max(0) <= (page.right + 1e-6, page.height - 1 - page.pad + 1e-6)).all()
    assert (ends.min(0) >= np.subtract(size, 0.3 * min(size))).all()
    # Edges behind are fainter and drawn first.
    assert [line.opacity for line in lines] == sorted(line.opacity for line in lines)
    assert sum(line.opacity < 0.5 for line in lines) in (3, 4, 8)
