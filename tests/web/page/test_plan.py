"""Which slices are kept, and what is tried first."""

from __future__ import annotations

import pytest

from viewer3d.web.page.plan import LADDER, LOSSLESS, Detail, PaneSlices, details

AXIAL, CORONAL = PaneSlices("axial", 135, 3.27, 67), PaneSlices("coronal", 512, 0.98, 256)


@pytest.mark.parametrize(
    ("step", "strides"), [(0.0, (1, 1)), (1.0, (1, 1)), (2.0, (1, 2)), (3.0, (1, 3)), (4.0, (1, 4)), (6.6, (2, 6))]
)
def test_slices_that_are_near_each_other_are_left_out_first(step: float, strides: tuple[int, int]) -> None:
    assert tuple(one.stride(Detail(step)) for one in (AXIAL, CORONAL)) == strides


@pytest.mark.parametrize("step", [0.0, 2.0, 5.0, 50.0])
def test_the_first_slice_is_never_left_out(step: float) -> None:
    for pane in (AXIAL, CORONAL):
        kept = pane.kept(Detail(step))
        assert pane.first in kept
        assert kept.step == pane.stride(Detail(step))
        assert kept.start < kept.step
        assert kept[-1] + kept.step >= pane.count


def test_what_fits_comes_with_the_best_first() -> None:
    sizes = {LOSSLESS: 40_000, 90: 20_000, 80: 15_000, 75: 12_000}
    found = list(details([AXIAL, CORONAL], lambda _, quality: sizes[quality], 8_000_000))
    assert found[0] == Detail(1.5, 80) or found[0].quality == 80
    every = [(one.step, one.quality) for one in found]
    assert every == [one for one in LADDER if one in every]
    first = sum(len(one.kept(found[0])) for one in (AXIAL, CORONAL)) * sizes[found[0].quality]
    assert 4_000_000 < first <= 8_000_000
    assert next(details([AXIAL], lambda _, quality: sizes[quality], 1e9)) == Detail(0.0, LOSSLESS)
    tried: list[int] = []
    next(details([CORONAL], lambda _, quality: tried.append(quality) or 15_000, 1_000_000))  # type: ignore[func-returns-value]
    assert LOSSLESS not in tried
    assert not list(details([AXIAL], lambda *_: 1e9, 1e6))
