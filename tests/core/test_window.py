"""Windows: PS3.3 C.11.2.1.2 to the grey level, and the names."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.pixels.processing import apply_windowing

from viewer3d.core.window import (
    VoiFunction,
    Window,
    auto_window,
    check_window_text,
    named_windows,
    parse_window,
    table_window,
    window_rows,
)
from viewer3d.errors import WindowError

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
INT16 = np.arange(-(1 << 15), 1 << 15).astype(np.int16)


def by_pydicom(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    ds = Dataset()
    ds.PhotometricInterpretation, ds.BitsStored, ds.PixelRepresentation = "MONOCHROME2", 8, 0
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = center, width, function
    return apply_windowing(values.astype(np.float64), ds)  # over the range of the stored bits: 0 to 255


PLACES = [(40, 400), (-600, 1500), (40.5, 3.5), (0, 65536), (2048, 1), (7, 2), (-1000, 0.5)]


# LINEAR needs a width of at least 1 (PS3.3 C.11.2.1.2.1).
@pytest.mark.parametrize(
    ("function", "center", "width"),
    [(function, *place) for function in FUNCTIONS for place in PLACES if function != "LINEAR" or place[1] >= 1],
)
def test_every_int16_is_as_pydicom_has_it(center: float, width: float, function: str) -> None:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        theirs = by_pydicom(INT16, center, width, function)
    ours = Window(center, width, function).apply(INT16)  # type: ignore[arg-type]
    assert np.allclose(ours * 255, theirs, atol=1e-9)
    assert np.array_equal(np.rint(ours * 255), np.rint(theirs))


@pytest.mark.parametrize(
    ("function", "at_40", "at_239"),
    [("LINEAR", 0.501253, 1.0), ("LINEAR_EXACT", 0.5, 0.9975), ("SIGMOID", 0.5, 0.879743)],
)
def test_known_values(function: str, at_40: float, at_239: float) -> None:
    grey = Window(40, 400, function).apply([40, 239])  # type: ignore[arg-type]
    assert grey == pytest.approx([at_40, at_239], abs=1e-6)


def test_values_without_a_place_are_black() -> None:
    assert Window(0, 10).apply([np.nan, -np.inf, np.inf]).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("center", "width", "function"),
    [(0, 0, "LINEAR"), (0, 0.5, "LINEAR"), (0, 0, "SIGMOID"), (0, -1, "LINEAR_EXACT"), (np.nan, 1, "LINEAR"),
     (0, np.inf, "LINEAR"), (0, 1, "CUBIC")],
)  # fmt: skip
def test_a_window_that_means_nothing_is_refused(center: float, width: float, function: str) -> None:
    with pytest.raises(WindowError):
        Window(center, width, function)  # type: ignore[arg-type]


GREYS = np.random.default_rng(5).integers(0, 256, 300)


def test_a_table_gives_each_value_its_grey() -> None:
    window = table_window(-20, GREYS)
    values = np.arange(-400, 600)
    assert np.array_equal(np.rint(255 * window.apply(values)), GREYS[np.clip(values + 20, 0, 299)])
    assert window.apply([np.nan]).tolist() == [0]
    assert str(window).endswith("TABLE")
    # Of a volume in another unit, and where rounding is a little off.
    scaled = window.scaled(0.1)
    assert np.array_equal(np.rint(255 * scaled.apply(values * 0.1)), GREYS[np.clip(values + 20, 0, 299)])


def test_a_table_spans_the_values_between_its_first_and_last_grey() -> None:
    window = table_window(0, np.repeat([0, 60, 255], [100, 50, 100]))
    assert window.bounds == (99.5, 149.5)
    assert window.without_table == Window(124.5, 50, "LINEAR_EXACT")
    assert len(window.table) == 3
    assert Window(1, 2).without_table == Window(1, 2)
    assert table_window(7, [5]).apply([0, 7, 9]).tolist() == pytest.approx([5 / 255] * 3)


@pytest.mark.parametrize(
    ("function", "table"),
    [("TABLE", ()), ("LINEAR", ((0.0, 1),)), ("TABLE", ((1.0, 0), (1.0, 5))), ("TABLE", ((0.0, 256),)),
     ("TABLE", ((np.inf, 3),))],
)  # fmt: skip
def test_a_table_that_means_nothing_is_refused(function: str, table: tuple[tuple[float, int], ...]) -> None:
    with pytest.raises(WindowError):
        Window(0, 10, function, table)  # type: ignore[arg-type]
    with pytest.raises(WindowError, match="without entries"):
        table_window(0, [])


def test_names_of_every_scale() -> None:
    assert {name: window.bounds for name, window in named_windows("SUV").items()} == {
        "0-5": (0, 5), "0-7": (0, 7), "0-10": (0, 10), "0-15": (0, 15), "0-20": (0, 20),
    }  # fmt: skip
    percentiles = [name for name, row in window_rows().items() if row.scale == "percentile"]
    assert percentiles == ["0-90%", "0-95%", "0-99%", "0-99.9%", "0-100%"]
    with pytest.raises(WindowError, match="0-95% is of a volume's own values"):
        parse_window("0-95%")


@pytest.mark.parametrize("text", ["auto", "file", "file:2", "bone", "0-5", "0-99.9%", "40/400", "Soft Tissue"])
def test_words_for_windows_are_known_before_there_is_a_volume(text: str) -> None:
    check_window_text(text)


def test_other_words_are_not() -> None:
    with pytest.raises(WindowError, match=r"give center/width, as in 40/400, or one of soft-tissue.*0-5.*0-90%"):
        check_window_text("brian")


def test_names_in_the_order_of_their_digits() -> None:
    assert list(named_windows())[:5] == ["soft-tissue", "lung", "liver", "bone", "brain"]
    assert named_windows()["bone"] == Window(400, 1800)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("bone", Window(400, 1800)), ("Soft Tissue", Window(40, 400)), ("temporal_bone", Window(600, 2800)),
     ("40/400", Window(40, 400)), (" -600 / 1500.5 ", Window(-600, 1500.5))],
)  # fmt: skip
def test_parse(text: str, meant: Window) -> None:
    assert parse_window(text) == meant


@pytest.mark.parametrize("text", ["bones", "", "40", "40/400/3", "a/b"])
def test_parse_refuses_with_the_names(text: str) -> None:
    with pytest.raises(WindowError, match=r"center/width.*soft-tissue.*bone"):
        parse_window(text)


def test_auto_leaves_out_background_and_outliers() -> None:
    values = np.concatenate([np.zeros(5000), np.linspace(100, 1100, 5000), [1e6]])
    low, high = auto_window(values).bounds
    assert 100 <= low < 110
    assert 1090 < high <= 1100


@pytest.mark.parametrize("values", [[5, 5, 5], [np.nan, np.nan], [], [1, 2], [np.inf, 3.0]])
def test_auto_of_what_has_no_spread(values: list[float]) -> None:
    assert auto_window(np.array(values)).width > 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_scaled_window_does_the_same_to_scaled_values(function: VoiFunction) -> None:
    window = Window(300, 1200, function)  # type: ignore[arg-type]
    values = np.linspace(-1000, 2000, 301)
    assert np.allclose(window.scaled(0.00042).apply(values * 0.00042), window.apply(values), atol=1e-9)


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_values_far_from_a_very_narrow_window_are_black_or_white(function: VoiFunction) -> None:
    window = Window(0.0, 1e-200, function)
    np.testing.assert_array_equal(window.apply([-1e250, 1e250]), [0, 1])
