"""Meshes cut by planes: lines that close, what is inside, and masks on grids of any direction."""

from __future__ import annotations

import numpy as np
import pytest

from tests.formats.meshes.test_meshes import box
from viewer3d.core.contours import mesh_cuts
from viewer3d.core.contours.mesh_cuts import Interior, encloses, mesh_mask, plane_cut
from viewer3d.core.geometry import Geometry
from viewer3d.core.mesh import Mesh
from viewer3d.errors import LimitError

BOX = box()  # x 10 to 14, y -30 to -24, z 100 to 110


def ball(radius: float = 20.0, middle=(3.0, -4.0, 5.0), turns: int = 48) -> Mesh:
    """A closed sphere of triangles."""
    around, up = np.arange(turns) * 2 * np.pi / turns, np.arange(1, turns) * np.pi / turns
    rings = np.stack(
        [np.outer(np.sin(up), np.cos(around)), np.outer(np.sin(up), np.sin(around)), np.outer(np.cos(up), around**0)],
        -1,
    ).reshape(-1, 3)
    points = np.concatenate([rings, [(0, 0, 1), (0, 0, -1)]]) * radius + middle
    number = np.arange(len(rings)).reshape(turns - 1, turns)
    a, b = number[:-1].ravel(), np.roll(number, -1, 1)[:-1].ravel()
    c, d = number[1:].ravel(), np.roll(number, -1, 1)[1:].ravel()
    top, bottom = np.full(turns, len(rings)), np.full(turns, len(rings) + 1)
    parts = [
        (a, c, b),
        (b, c, d),
        (top, number[0], np.roll(number[0], -1)),
        (bottom, np.roll(number[-1], -1), number[-1]),
    ]
    return Mesh(points, np.concatenate([np.stack(part, 1) for part in parts]))


def length_of(lines: np.ndarray) -> float:
    return float(np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1).sum())


@pytest.mark.parametrize(
    ("point", "normal", "length"),
    [
        ((0, 0, 104), (0, 0, 1), 2 * (4 + 6)),
        ((0, 0, 100), (0, 0, 1), 2 * (4 + 6) * 0),  # what begins at a plane lies above it
        ((0, 0, 110), (0, 0, 1), 2 * (4 + 6)),
        ((12, 0, 0), (1, 0, 0), 2 * (6 + 10)),
        ((12, -27, 0), (1 / 2**0.5, 1 / 2**0.5, 0), 2 * (4 * 2**0.5 + 10)),
        ((99, 0, 0), (1, 0, 0), 0),
    ],
)
def test_a_plane_cuts_a_box_in_its_outline(point, normal, length):
    lines = plane_cut(BOX, point, normal)
    assert length_of(lines) == pytest.approx(length, abs=1e-9)
    assert np.abs((lines - point) @ normal).max(initial=0) < 1e-9


def test_lines_of_a_closed_mesh_close_to_the_last_bit():
    lines = plane_cut(ball(), (3.3, -2, 5), (0.6, 0.48, 0.64))
    ends, counts = np.unique(lines.reshape(-1, 3), axis=0, return_counts=True)
    assert (counts == 2).all()
    assert np.abs(np.linalg.norm(ends - (3, -4, 5), axis=1) - 20).max() < 0.1


def test_inside_is_what_triangles_enclose():
    mesh = ball()
    places = np.random.default_rng(3).uniform(-28, 28, (400, 3)) + np.array((3, -4, 5))
    away = np.linalg.norm(places - (3, -4, 5), axis=1)
    sure = np.abs(away - 20) > 0.1
    assert [encloses(mesh, one) for one in places[sure]] == (away[sure] < 20).tolist()
    corner = mesh.points[7]
    assert encloses(mesh, (3, -4, 5))  # straight above points and edges
    assert encloses(mesh, corner + 0.01 * (np.array((3, -4, 5)) - corner))
    assert not encloses(Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int32)), (0, 0, 0))


def test_a_shell_within_another_is_a_hole():
    outer, inner = ball(20), ball(10)
    points = np.concatenate([outer.points, inner.points])
    both = Mesh(points, np.concatenate([outer.triangles, inner.triangles + len(outer.points)]))
    assert both.is_closed
    assert [encloses(both, (3 + x, -4, 5)) for x in (0, 15, 25)] == [False, True, False]


@pytest.mark.parametrize("turned", [False, True])
def test_a_mask_has_the_voxels_whose_centres_are_inside(turned: bool):
    affine = np.diag([1.1, 0.9, 2.0, 1.0])
    if turned:
        affine[:3, :3] = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0] @ affine[:3, :3]
    affine[:3, 3] = np.array((3, -4, 5)) - affine[:3, :3] @ (22.2, 27.1, 12.3)
    grid = Geometry(affine, (45, 55, 25))
    mask = mesh_mask(ball(), grid)
    away = np.linalg.norm(grid.index_to_world(np.indices(grid.shape).reshape(3, -1).T) - (3, -4, 5), axis=1)
    away = away.reshape(grid.shape)
    assert mask[away < 19.8].all()
    assert not mask[away > 20].any()
    assert mask.flags.f_contiguous


def test_what_lies_beyond_the_grid_is_left_out():
    grid = Geometry(np.eye(4), (10, 10, 10))
    assert mesh_mask(ball(100, (0, 0, 0)), grid).all()
    assert not mesh_mask(BOX, grid).any()
    half = mesh_mask(box((-5, -5, -5), (9.5, 30, 30)), grid)
    assert half[:5].all()
    assert not half[5:].any()


def test_so_many_triangles_that_it_would_take_minutes_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mesh_cuts, "MOST_CUTS", 50)
    with pytest.raises(LimitError, match="more than 50"):
        mesh_mask(BOX, Geometry(np.diag([1, 1, 0.1, 1.0]), (4, 4, 4000)))


@pytest.mark.parametrize("layers", [1, 3, 4096])
def test_triangles_by_height_say_the_same_as_all(layers, monkeypatch):
    monkeypatch.setattr(mesh_cuts, "_MOST_LAYERS", layers)
    outer, inner = ball(20), ball(10)
    shells = Mesh(
        np.concatenate([outer.points, inner.points]),
        np.concatenate([outer.triangles, inner.triangles[:, ::-1] + len(outer.points)]),
    )
    rng = np.random.default_rng(4)
    for mesh in (shells, BOX, Mesh(BOX.points * (1, 1, 1000), BOX.triangles)):
        interior = Interior(mesh)
        low, high = mesh.bounds
        places = np.concatenate([rng.uniform(low - 1, high + 1, (200, 3)), mesh.points[:20], mesh.bounds])
        inside = [encloses(mesh, one) for one in places]
        assert [interior.holds(one) for one in places] == inside
        assert 20 < sum(inside) < 190
    assert not Interior(Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int32))).holds((0, 0, 0))
    flat = Mesh([(0, 0, 5), (9, 0, 5), (0, 9, 5)], [(0, 1, 2), (0, 2, 1)])
    assert not Interior(flat).holds((1, 1, 5))


def test_few_triangles_are_asked_for_a_point():
    mesh = ball(turns=96)
    interior = Interior(mesh)
    seen = []
    lines = mesh_cuts._lines

    def watched(points, triangles, *rest):
        seen.append(len(triangles))
        return lines(points, triangles, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mesh_cuts, "_lines", watched)
        assert interior.holds((3, -4, 5))
    assert 0 < seen[0] < len(mesh.triangles) / 20
