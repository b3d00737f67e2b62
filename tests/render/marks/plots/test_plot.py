"""Plots as marks: axes, lines that NaN parts, bars, and texts that stay in their box."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.measurements.plots.profile import LineProfile, ProfileLine
from viewer3d.measurements.plots.time_curve import CurveAxis, TimeCurve
from viewer3d.measurements.plots.value_histogram import value_histogram
from viewer3d.render.marks.display_list import Area, Line, Mark, Path, Text
from viewer3d.render.marks.plots.of_values import curves_plot, histogram_plot, profile_plot
from viewer3d.render.marks.plots.plot import PLOT_COLORS, Plot, PlotLine, plot_marks
from viewer3d.render.marks.typesetting import text_width
from viewer3d.render.panes import Rect

BOX = Rect(100, 50, 480, 220)


def _texts(marks: list[Mark]) -> list[Text]:
    return [one for one in marks if isinstance(one, Text)]


def test_a_straight_line_is_straight_between_its_axes() -> None:
    places = np.linspace(0, 10, 101)
    marks = plot_marks(Plot("s", "HU", (PlotLine(places, 2 * places),)), BOX, 12)
    (path,) = (one for one in marks if isinstance(one, Path))
    xs, ys = np.array(path.points).T
    assert np.diff(xs) == pytest.approx(np.diff(xs)[0])
    assert np.diff(ys) == pytest.approx(np.diff(ys)[0])
    assert ys[0] > ys[-1]
    ticks = {one.text: one for one in _texts(marks)}
    assert ticks["10"].x == pytest.approx(xs[-1])


def test_a_line_is_parted_where_there_is_no_value() -> None:
    values = np.array([1.0, 2, np.nan, 3, 4, np.nan, 5])
    marks = plot_marks(Plot("s", "HU", (PlotLine(np.arange(7.0), values),)), BOX, 12)
    assert [len(one.points) for one in marks if isinstance(one, Path)] == [2, 2]
    assert sum(isinstance(one, Area) for one in marks) == 5  # a dot each


@pytest.mark.parametrize("box", [BOX, Rect(0, 0, 220, 120), Rect(5, 5, 1800, 700)])
def test_all_of_it_stays_in_its_box(box: Rect) -> None:
    axis = CurveAxis((0, 1, 2), np.array([0.0, 1234.5, 9999.0]), "time", "s")
    curves = [
        TimeCurve(axis, np.array([-1e5, 0, 1e5]), "Bq/ml", "a name that is much too long for any box at all " * 3),
        TimeCurve(axis, np.array([1.0, 2, 3]), "Bq/ml", "lesion", *(np.ones(3),) * 3, np.ones(3, np.int64)),
    ]
    for plot in (curves_plot(curves, 1), histogram_plot(value_histogram(np.arange(1e6) / 7, of="x"), (-1e9, 400.0))):
        for mark in plot_marks(plot, box, 10):
            if isinstance(mark, Text):
                left = {"left": 0, "middle": 0.5, "right": 1}[mark.align] * text_width(mark.text, mark.size)
                ends = [(mark.x - left, mark.y), (mark.x - left + text_width(mark.text, mark.size), mark.y)]
            elif isinstance(mark, Line):
                ends = [(mark.x0, mark.y0), (mark.x1, mark.y1)]
            else:
                ends = list(mark.points)  # type: ignore[union-attr]
            for x, y in ends:
                assert box.left - 1 <= x <= box.left + box.width + 1, mark
                assert box.top - 1 <= y <= box.top + box.height + 1, mark


def test_of_numbers_that_count_only_whole_ones_are_written() -> None:
    axis = CurveAxis((0, 1), np.array([1.0, 2.0]), "time")
    marks = plot_marks(curves_plot([TimeCurve(axis, np.array([5.0, 9.0]))]), BOX, 12)
    assert not [one.text for one in _texts(marks) if one.text in ("1.5", "1.2")]
    assert {"1", "2"} <= {one.text for one in _texts(marks)}


def test_the_time_that_is_seen_is_marked_with_its_value() -> None:
    axis = CurveAxis((2, 0, 1), np.array([0.0, 3.0, 5.0]), "time", "s")
    plot = curves_plot([TimeCurve(axis, np.array([5.0, 9.25, 4.0]), "HU", "crosshair")], 0)
    assert plot.at == 3.0
    assert plot.lines[0].name == "crosshair 9.25"


def test_a_second_unit_has_an_axis_of_its_own_and_a_third_is_told() -> None:
    distances = np.linspace(0, 10, 5)
    lines = tuple(ProfileLine(unit, np.arange(5.0), unit) for unit in ("HU", "SUV", "HU", "Gy"))
    plot = profile_plot(LineProfile(np.array([(0.0, 0, 0), (10, 0, 0)]), distances, lines))
    assert [one.is_right for one in plot.lines] == [False, True, False]
    assert (plot.up, plot.right) == ("HU   (1 more in the table)", "SUV")
    assert len({one.color for one in plot.lines}) == 3


def test_the_ends_of_a_window_are_marked_where_they_are_in_sight() -> None:
    plot = histogram_plot(value_histogram(np.arange(101), unit="HU"), (20.0, 4000.0))
    lines = [one for one in plot_marks(plot, BOX, 12) if isinstance(one, Line) and one.color == PLOT_COLORS[0]]
    assert len(lines) == 1
    assert lines[0].x0 == lines[0].x1


def test_the_width_of_bins_has_no_powers_of_ten() -> None:
    whole = value_histogram(np.arange(0, 256 * 1234), unit="BQML")
    assert histogram_plot(whole).up == f"count per {float(np.diff(whole.edges[:2])[0]):.0f} BQML"
    fractions = value_histogram(np.linspace(0.5, 500000.25, 3000), unit="BQML")
    assert "e+" not in histogram_plot(fractions).up
