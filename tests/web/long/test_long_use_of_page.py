"""A page that is used for long: hands, tabs, lines and strangers at random; and the same again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.test_long_use import four  # noqa: F401 (a fixture)
from tests.web.long.use import again_and_again, use
from viewer3d.render.gl import find_opengl

pytestmark = pytest.mark.slow

EVENTS, ROUNDS = 600, 12


@pytest.fixture(autouse=True)
def opengl() -> None:
    if not (found := find_opengl()).works:
        pytest.skip(found.why_not)


def test_random_events_and_broken_lines_leave_canvas_states_and_program_whole(four: Path, tmp_path: Path) -> None:  # noqa: F811
    found = use(four, tmp_path, EVENTS, 1)
    assert found["compared"] >= 2  # at the same moments something moves
    assert found["facts"]["states"] > EVENTS / 4
    assert found["files"] > 0  # and each state among them was read
    files = {one["files"] - one["tabs"] for one in found["rounds"]}
    assert max(files) - min(files) <= 1  # a connection that ends at that moment
    assert max(one["threads"] for one in found["rounds"]) <= 16
    assert max(one["Nodes"] for one in found["rounds"]) < 200
    assert max(one["JSHeapUsedSize"] for one in found["rounds"]) < 3e6
    assert max(found["idle"]) <= 0.02


def test_the_same_again_and_again_takes_no_more_memory(four: Path, tmp_path: Path) -> None:  # noqa: F811
    rounds = again_and_again(four, tmp_path, ROUNDS)
    first, *later = (one["memory"] for one in rounds[ROUNDS // 3 :])
    assert max(later) <= 1.05 * first, rounds
    assert len({one["files"] for one in rounds}) == 1, rounds
    assert {one["threads"] for one in rounds[1:]} == {rounds[-1]["threads"]}, rounds
    assert rounds[-1]["JSHeapUsedSize"] <= 1.2 * rounds[ROUNDS // 3]["JSHeapUsedSize"], rounds
    assert rounds[-1]["Nodes"] <= rounds[1]["Nodes"] + 5, rounds
    assert rounds[-1]["JSEventListeners"] <= rounds[1]["JSEventListeners"] + 2, rounds
