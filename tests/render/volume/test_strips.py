"""Strips of rows, with a clock of their own."""

from __future__ import annotations

import pytest

from viewer3d.render.volume import strips
from viewer3d.render.volume.strips import ROWS, STRIP_SECONDS, in_strips


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that draws so many rows, each as slow as is said, and lists strips and their times."""
    clock = [0.0]
    monkeypatch.setattr(strips.time, "perf_counter", lambda: clock[0])

    def draw(height, seconds, own=0.0):
        done = []

        def one(first, last):
            took = own + sum(seconds(row) for row in range(first, last))
            clock[0] += took
            done.append((first, last, took))

        steps = sum(1 for _ in in_strips(height, one))
        assert steps == len(done)
        return done

    return draw


@pytest.mark.parametrize("height", [1, 7, 64, 901])
@pytest.mark.parametrize("seconds", [1e-6, 0.003, 0.2])
def test_every_row_is_drawn_once(drawn, height, seconds):
    done = drawn(height, lambda _: seconds)
    assert sorted(row for first, last, _ in done for row in range(first, last)) == list(range(height))
    # Two rows are drawn as fast as one: strips begin and end on even ones.
    assert all(first % 2 == 0 and (last % 2 == 0 or last == height) for first, last, _ in done)


@pytest.mark.parametrize("own", [0.0, 0.01])
def test_a_strip_takes_its_time_and_little_more(drawn, own):
    done = drawn(900, lambda _: 0.002, own)
    assert done[0][1] - done[0][0] == 2 * ROWS[0]
    assert max(took for *_, took in done) <= 1.2 * STRIP_SECONDS
    assert len(done) < 1.5 * 900 * 0.002 / (STRIP_SECONDS - own)


def test_rows_that_miss_the_volume_do_not_make_the_others_slow(drawn):
    done = drawn(900, lambda row: 0.003 if 300 < row < 600 else 1e-5)
    assert max(took for *_, took in done) <= 1.5 * STRIP_SECONDS
    assert max(last - first for first, last, _ in drawn(2000, lambda _: 1e-7)) == ROWS[1]


def test_one_slow_moment_is_forgotten(drawn):
    done = drawn(900, lambda row: 0.5 if row == 460 else 0.001)
    assert min(last - first for first, last, _ in done[10:-4]) > 15
