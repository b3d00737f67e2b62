"""The widget in Qt's own event loop: what it shows, tells and frees."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.errors import NotFoundError, ViewError

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}


def pixels_of(widget) -> np.ndarray:
    """What Qt shows of a widget, (height, width, 3) uint8."""
    from qtpy.QtGui import QImage

    image = widget.grab().toImage().convertToFormat(QImage.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_it_shows_to_the_pixel_what_a_picture_is(make, until, ct) -> None:
    widget = make(ct, view="mpr", size=(601, 402))  # rows of Qt end at four bytes, ours do not
    until(lambda: widget.viewer.size == (601, 402) and widget._timer.remainingTime() > 50)
    widget.viewer._steering.presenter.controls.show_note("")
    until(lambda: widget._timer.remainingTime() > 50)
    clean = viewer3d.screenshot(ct, view="mpr", size=(601, 402))
    shown = pixels_of(widget)
    assert np.array_equal(shown[:300], clean[:300])


def test_it_follows_its_size_before_qt_paints(make, ct) -> None:
    widget = make(ct, view="axial", size=(300, 200))
    for size in ((420, 260), (210, 330)):
        widget.resize(*size)
        assert np.array_equal(pixels_of(widget).shape, (size[1], size[0], 3))
        assert widget.viewer.size == size


@pytest.mark.parametrize("scale", [1.5, 2.0])
def test_on_a_screen_of_high_density_each_of_its_pixels_is_one_of_the_picture(
    make, until, ct, pet, monkeypatch, tmp_path, scale
) -> None:
    from qtpy.QtCore import QPoint, Qt
    from qtpy.QtTest import QTest

    from viewer3d.app.qt.screen import WidgetScreen
    from viewer3d.app.window.panel import panel_width

    widget = make(ct, view="axial", size=(501, 301), overlays=[pet])
    until(lambda: widget._timer.remainingTime() > 50)
    panel = panel_width((501, 301))
    ordinary = widget._screen.pixels[:, :panel].copy()

    def scale_of(screen: WidgetScreen) -> float:
        screen._scale = scale
        return scale

    monkeypatch.setattr(WidgetScreen, "scale", property(scale_of))  # the widget is on another screen now
    scene = widget.viewer.steering.presenter.scene
    until(lambda: scene.device.scale == scale)
    width, height = int(501 * scale + 0.5), int(301 * scale + 0.5)
    assert widget._screen.pixels.shape == (height, width, 3)
    assert widget.viewer.size == (501 - panel, 301)  # in points
    until(lambda: widget._timer.remainingTime() > 50)
    # The panel is as it was, larger: the row of a layer and what is written in it.
    beside = widget._screen.pixels[:, : round(panel * scale)]
    small = np.array([beside[int(row * scale), :: int(scale)].max() for row in range(301)])
    assert (small > 100).sum() == pytest.approx((ordinary.max((1, 2)) > 100).sum(), abs=20)
    # A click lands where it is seen, and what is saved has all the pixels.
    QTest.mouseClick(widget, Qt.LeftButton, Qt.NoModifier, QPoint(panel + 100, 140))
    pane = widget.viewer.interactor.context.pane(widget.state, "axial")
    shift = 0.5 / scale - 0.5
    np.testing.assert_allclose(pane.to_pixel(widget.state.cursor), (100 + shift, 140 + shift), atol=1e-6)
    saved = widget.viewer.screenshot(tmp_path / "a.png")
    assert saved.shape[1::-1] == scene.device.size(scene.size)
    until(lambda: widget._timer.remainingTime() > 50)
    assert widget._screen.pixels.shape == (height, width, 3)


def test_signals_tell_what_has_changed(make, until, ct) -> None:
    widget = make(ct, view="mpr", shown=False)
    told = {name: [] for name in ("state", "cursor", "window", "measurement")}
    for name, values in told.items():
        getattr(widget, f"{name}_changed").connect(values.append)
    opened = []
    widget.opened.connect(opened.append)
    widget.state = widget.state.with_cursor((5.0, 6.0, 7.0))
    assert told["cursor"] == [(5.0, 6.0, 7.0)]
    assert told["state"] == [widget.state]
    widget.viewer.state = widget.state.with_look(0, window=viewer3d.Window(10, 20))
    assert told["window"] == [viewer3d.Window(10, 20)]
    probe = viewer3d.Measurement("probe", ((5.0, 6.0, 7.0),), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    widget.state = replace(widget.state, measurements=(probe,))
    assert [len(rows) for rows in told["measurement"]] == [1]
    until(lambda: opened)
    assert opened == [widget.viewer]


def test_two_widgets_are_linked_by_their_signals(make, ct) -> None:
    one, other = make(ct, view="axial"), make(ct, view="coronal")

    def follow(widget):
        return lambda point: setattr(widget, "state", widget.state.with_cursor(point))

    one.cursor_changed.connect(follow(other))
    other.cursor_changed.connect(follow(one))  # in a circle, which ends where nothing changes
    one.state = one.state.with_cursor((4.0, 8.0, 12.0))
    assert other.state.cursor == (4.0, 8.0, 12.0)
    other.state = other.state.with_cursor((5.0, 8.0, 9.0))
    assert one.state.cursor == (5.0, 8.0, 9.0)
    assert one.state.view == "axial"


def test_a_folder_loads_beside_it_and_its_series_can_be_chosen(make, until, tmp_path) -> None:
    from qtpy.QtCore import QPoint, Qt
    from qtpy.QtTest import QTest

    from viewer3d.app.window.panel import layers_height, row_height

    for number in (1, 2):
        write_phantom(tmp_path / str(number), shape=(34, 30, 10 + number), spacing=(9.0, 8.0, 6.0))
    widget = make(tmp_path, view="axial", size=(700, 480))
    opened = []
    widget.opened.connect(opened.append)
    assert widget.state is None
    with pytest.raises(ViewError, match="opened"):
        widget.state = viewer3d.first_state(viewer3d.phantom.volume(**SMALL))
    until(lambda: opened)
    panel, size = widget._source.panel, (700, 480)
    assert panel.count == 2
    before = widget.viewer.volume.shape
    row = layers_height(panel, size) + row_height(size) * (1 - panel.opened) + 5
    QTest.mouseClick(widget, Qt.LeftButton, Qt.NoModifier, QPoint(20, row))
    until(lambda: widget.viewer.volume.shape != before)
    assert {before[2], widget.viewer.volume.shape[2]} == {11, 12}
    assert pixels_of(widget).max() > 100


def test_what_cannot_be_opened_is_told_in_it(make, until, tmp_path) -> None:
    widget = make(tmp_path / "nothing here", size=(500, 300))
    until(lambda: widget.error is not None)
    assert isinstance(widget.error, NotFoundError)
    assert pixels_of(widget).max() > 150  # the sentence
    widget.resize(600, 400)
    assert pixels_of(widget).max() > 150
    assert widget.viewer is None


def test_what_a_caller_can_mend_is_raised_at_once(make, ct, pet) -> None:
    with pytest.raises(ViewError):
        make([ct, pet.with_info(frame_of_reference="9")])
    elsewhere = pet.with_info(frame_of_reference="9.9")
    with pytest.raises(ViewError, match="frame of reference"):
        make(ct, overlays=[elsewhere])


def test_an_event_that_fails_is_a_sentence_and_no_exception_of_qt(make, until, ct, capsys) -> None:
    from qtpy.QtTest import QTest

    widget = make(ct, view="axial")

    def fail(_: object) -> None:
        raise ZeroDivisionError("by hand")

    widget.viewer._steering.handlers["save picture"] = fail
    QTest.keyClick(widget, "s")
    until(lambda: "please report it" in widget.viewer.note)
    assert "ZeroDivisionError" in capsys.readouterr().err
    # What fails when it is drawn is told over the picture, and the next event goes on.
    before = pixels_of(widget)
    draw = widget.viewer._scene.apply
    widget.viewer._scene.apply = fail
    QTest.keyClick(widget, "i")
    until(lambda: isinstance(widget.error, (ZeroDivisionError, TypeError)))
    assert not np.array_equal(pixels_of(widget), before)
    widget.viewer._scene.apply = draw
    QTest.keyClick(widget, "i")
    until(lambda: widget._timer.remainingTime() > 50)
    assert widget._screen._message == ""
    capsys.readouterr()


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_a_key_closes_a_window_and_frees_it(make, until, ct, key) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    widget, closed = make(ct, view="mpr"), []
    widget.closed.connect(lambda: closed.append(True))
    until(widget.isVisible)
    QTest.keyClick(widget, key if len(key) == 1 else Qt.Key_Escape)
    until(lambda: closed)
    assert not widget.isVisible()
    assert not widget.viewer.is_open
    assert widget.state.view == "mpr"  # it can still be read
    widget.close()
    assert closed == [True]


def test_a_key_fills_the_screen_and_leaves_it(make, until, ct) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    widget = make(ct, view="axial", size=(300, 200))
    until(widget.isVisible)
    QTest.keyClick(widget, Qt.Key_F11)
    until(lambda: widget.isFullScreen() and widget.viewer.size == (widget.width(), widget.height()) != (300, 200))
    QTest.keyClick(widget, Qt.Key_F11)
    until(lambda: not widget.isFullScreen() and widget.viewer.size == (300, 200))


def test_in_a_window_of_others_the_keys_that_close_go_on_to_it(make, until, ct) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QDialog, QVBoxLayout

    dialog = QDialog()
    layout, widget = QVBoxLayout(dialog), make(ct, view="mpr", shown=False)
    layout.addWidget(widget)
    dialog.show()
    until(widget.isVisible)
    QTest.keyClick(widget, "q")
    QTest.keyClick(widget, Qt.Key_Escape)  # rejects the dialog, as its own program wants
    assert not dialog.isVisible()
    assert widget.viewer.is_open
    # Out of the dialog and into a window of its own it goes on.
    widget.setParent(None)
    widget.show()
    before = widget.state
    QTest.keyClick(widget, "i")
    until(lambda: widget.state != before)
    until(lambda: widget._timer.remainingTime() > 50)
    dialog.deleteLater()


def test_what_it_cannot_be_made_of_leaves_nothing_in_the_parent(application, ct) -> None:
    from qtpy.QtWidgets import QWidget

    from viewer3d.qt import ViewerWidget

    parent = QWidget()
    with pytest.raises(NotFoundError):
        ViewerWidget(ct, parent, overlays=["no such folder"])
    assert not parent.children()


def test_qt_takes_no_references_to_none(application) -> None:
    binding = pytest.importorskip("PySide6")
    if sys.version_info < (3, 12) and binding.__version_info__[:2] >= (6, 12):
        pytest.skip("PySide6 6.12 is for Python 3.12 and later: pip install 'viewer3d[qt]'")
    before = sys.getrefcount(None)
    for _ in range(2000):
        application.processEvents()
    assert sys.getrefcount(None) > before - 1000


@pytest.mark.parametrize("way", ["deleteLater", "parent", "name"])
def test_deleting_frees_what_it_holds(make, until, ct, way) -> None:
    from qtpy.QtWidgets import QWidget

    from viewer3d.qt import ViewerWidget

    parent = QWidget() if way == "parent" else None
    widget = ViewerWidget(ct, parent, view="quad")
    viewer, found, closed = widget.viewer, weakref.ref(widget), []
    widget.closed.connect(lambda: closed.append(True))
    (parent or widget).show()
    until(lambda: viewer.size[0] > 16)
    if way == "deleteLater":
        widget.deleteLater()
    elif parent is not None:
        parent.deleteLater()
    del widget
    gc.collect()
    until(lambda: not viewer.is_open)
    until(lambda: (gc.collect(), found())[1] is None)
    assert bool(closed) == (way == "deleteLater")
    viewer.state = viewer.state.with_cursor((1.0, 2.0, 3.0))  # nothing of Qt is called any more


def test_a_series_that_is_loaded_when_it_is_deleted_stops(make, until, tmp_path) -> None:
    write_phantom(tmp_path, shape=(60, 50, 40), spacing=(5.0, 5.0, 5.0))
    widget = make(tmp_path)
    source = widget._source
    widget.deleteLater()
    until(lambda: not source.is_open)


def test_at_rest_nothing_is_drawn_and_hidden_it_sleeps(make, until, ct) -> None:
    widget = make(ct, view="axial")
    until(lambda: widget._timer.remainingTime() > 50)
    widget.hide()
    until(lambda: widget._timer.remainingTime() < 0)
    widget.show()
    until(lambda: widget._timer.remainingTime() > 50)


def test_a_cine_runs_by_the_clock(make, until, ct) -> None:
    from qtpy.QtCore import QPoint
    from qtpy.QtTest import QTest

    widget, places = make(ct, view="axial"), []
    until(widget.isVisible)
    QTest.mouseMove(widget, QPoint(300, 200))
    widget.cursor_changed.connect(places.append)
    QTest.keyClick(widget, "c")
    until(lambda: len(places) >= 3)
    QTest.keyClick(widget, "c")
    assert len(set(places)) >= 3


@pytest.mark.slow
def test_without_an_application_and_without_qt_it_says_so() -> None:
    def ends_with(code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    if "found" in ends_with("try:\n import qtpy.QtWidgets\n print('found')\nexcept ImportError: pass"):
        said = ends_with(
            "import viewer3d\nfrom viewer3d.qt import ViewerWidget\n"
            "try: ViewerWidget('x')\nexcept viewer3d.errors.RenderError as error: print(error)"
        )
        assert "QApplication" in said
    for name in ("qtpy", "PySide6"):
        hidden = f"import sys; sys.modules[{name!r}] = None\nimport viewer3d.errors\n"
        said = ends_with(f"{hidden}try: import viewer3d.qt\nexcept viewer3d.errors.RenderError as error: print(error)")
        assert "pip install 'viewer3d[qt]'" in said
        done = subprocess.run(
            [sys.executable, "-c", f"{hidden}import viewer3d.qt"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert done.stderr.count("Traceback") == 1, done.stderr  # as of all extras: the remedy, and no second one


def test_what_is_dropped_on_it_is_opened(make, until, tmp_path) -> None:
    from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
    from qtpy.QtGui import QDropEvent

    write_phantom(tmp_path / "one", **SMALL)
    write_phantom(tmp_path / "two", **SMALL)
    widget = make(str(tmp_path / "one"), view="axial", size=(300, 200))
    until(lambda: widget.viewer is not None)
    assert widget.acceptDrops()
    data, elsewhere = QMimeData(), QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "two"))])
    elsewhere.setUrls([QUrl("https://example.org/two")])
    for one, is_taken in ((elsewhere, False), (data, True)):
        event = QDropEvent(QPointF(5, 5), Qt.CopyAction, one, Qt.LeftButton, Qt.NoModifier)
        event.ignore()
        # Qt sends these itself alone, after a drag of its own.
        widget.dragEnterEvent(event)
        assert event.isAccepted() == is_taken
        widget.dropEvent(event)
    until(lambda: widget.viewer.files.place.paths == (str(tmp_path / "two"),))


def test_qts_own_dialog_asks_for_a_folder(make, until, tmp_path, monkeypatch) -> None:
    from qtpy.QtCore import QPoint, Qt
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QFileDialog

    write_phantom(tmp_path / "one", **SMALL)
    write_phantom(tmp_path / "two", **SMALL)
    widget = make(str(tmp_path / "one"), view="axial", size=(300, 200))
    until(lambda: widget.viewer is not None)
    QTest.keyClick(widget, Qt.Key_Tab)
    until(lambda: widget._source.panel.is_shown)
    QTest.mouseClick(widget, Qt.LeftButton, Qt.NoModifier, QPoint(10, 195))
    (dialog,) = widget.findChildren(QFileDialog)
    assert dialog.fileMode() == QFileDialog.Directory
    dialog.fileSelected.emit(str(tmp_path / "two"))
    dialog.close()
    until(lambda: widget.viewer.files.place.paths == (str(tmp_path / "two"),))
    QTest.keyClick(widget, Qt.Key_O, Qt.ControlModifier)
    until(lambda: widget._source.prompt.prompt is not None)


def test_a_widget_on_a_volume_takes_no_drops(make, ct) -> None:
    assert not make(ct, view="axial", size=(300, 200)).acceptDrops()
