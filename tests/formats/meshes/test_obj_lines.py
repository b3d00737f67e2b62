"""Lines of OBJ are read by the thousand as they are one by one."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.errors import BadFileError
from viewer3d.formats.meshes.obj import read_obj
from viewer3d.formats.meshes.obj_lines import line_blocks

CORNERS = {
    "": lambda number: f"{number}",
    "of textures": lambda number: f"{number}/{number + 3}",
    "of normals": lambda number: f"{number}//7",
    "of both": lambda number: f"{number}/2/-3",
}


def expected(text: str) -> tuple[np.ndarray, np.ndarray]:
    """The corners' places of all triangles, and their numbers, line by line."""
    points: list[list[float]] = []
    triangles: list[list[int]] = []
    for line in text.splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            points.append([float(word) for word in words[:3]])
        elif kind == "f":
            numbers = [int(word.split("/")[0]) for word in words]
            corners = [number - 1 if number > 0 else len(points) + number for number in numbers]
            triangles += [[corners[0], corners[n], corners[n + 1]] for n in range(1, len(corners) - 1)]
    return np.array(points), np.array(triangles)


def made(rng: np.random.Generator, corner: str, *, is_mixed: bool, is_back: bool) -> str:
    lines, count = ["# SPACE=LPS", "vn 0 0 1", "vt 0 0"], 0
    for _ in range(30):
        for _ in range(rng.integers(4, 9)):
            place = " ".join(f"{one:.6g}" for one in rng.normal(size=3) * 10.0 ** rng.integers(-3, 4))
            lines.append(f"v {place}{' 0.5 0.25 1' if is_mixed and rng.random() < 0.5 else ''}")
            count += 1
        for _ in range(rng.integers(1, 6)):
            numbers = rng.integers(1, count + 1, rng.integers(3, 7) if is_mixed else 3)
            if is_back:
                numbers = np.where(rng.random(numbers.size) < 0.5, numbers - count - 1, numbers)
            lines.append("f " + " ".join(CORNERS[corner](number) for number in numbers))
        lines += [["", "vn 1 0 0", "# more", " v 1 2 3"][rng.integers(4)]]
        count += lines[-1] == " v 1 2 3"
    return "\n".join(lines)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("is_back", [False, True])
@pytest.mark.parametrize("is_mixed", [False, True])
@pytest.mark.parametrize("corner", list(CORNERS))
def test_faces_and_points_are_those_of_the_lines(corner: str, is_mixed: bool, is_back: bool, end: str) -> None:
    text = made(np.random.default_rng(6), corner, is_mixed=is_mixed, is_back=is_back)
    points, triangles = expected(text)
    (part,) = read_obj("a.obj", text.replace("\n", end).encode()).parts
    assert len(part.triangles) == len(triangles) > 60
    assert np.array_equal(part.points[part.triangles], points[triangles])
    assert len(part.points) == len(np.unique(triangles))


def test_what_only_python_takes_for_a_number_is_read_one_by_one() -> None:
    text = "v 1_0 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 0_3\n"
    (part,) = read_obj("a.obj", text.encode()).parts
    assert part.points.tolist() == [[10, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert part.triangles.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("v 0 0 0\nv 1 0 0\nv 2 2\nv 0 1 0 9\nf 1 2 3\n", "v 2 2"),
        ("v 0 0 0\nv 1 x 0\nf 1 1 1\n", "v 1 x 0"),
        ("v 0 0 0\nf 1 1 1\nf 1 0 1\n", "f 1 0 1"),
        ("v 0 0 0\nf 1 1 1\nf 1 1.5 1\n", "f 1 1.5 1"),
        ("v 0 0 0\nf 1 1 f 1\n", "f 1 1 f 1"),
    ],
)
def test_the_line_that_cannot_be_read_is_named(text: str, line: str) -> None:
    with pytest.raises(BadFileError, match=f"holds the line '{line}'"):
        read_obj("a.obj", text.encode())


def test_lines_of_one_kind_are_together() -> None:
    blocks = list(line_blocks(b"v 1\nv 2\nvn 3\nvt 4\nf 5\n\no a\nf\t6"))
    assert blocks == [("v", b"v 1\nv 2\n"), ("f", b"f 5\n"), ("", b"\no a\n"), ("f", b"f\t6\n")]
    assert list(line_blocks(b"")) == [("", b"\n")]
