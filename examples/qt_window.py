"""Two viewers in a window of Qt: ``python qt_window.py [PATH] [OUT.png] [--offscreen]``.

Each is a widget beside a list and a button: the list sets the window of both, and the button links their crosshairs by
signals. With --offscreen it needs no display, writes a picture and ends; viewer3d[qt] brings what it needs.
"""

import os
import sys

import viewer3d

is_offscreen = "--offscreen" in sys.argv
if is_offscreen:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qtpy.QtCore import QTimer  # noqa: E402 (the platform is chosen before)
from qtpy.QtWidgets import QApplication, QHBoxLayout, QListWidget, QPushButton, QVBoxLayout, QWidget  # noqa: E402

from viewer3d.qt import ViewerWidget  # noqa: E402

given = [word for word in sys.argv[1:] if not word.startswith("--")]
path = given[0] if given else None
out = given[1] if len(given) > 1 else "qt_window.png"
WINDOWS = {
    "soft tissue": viewer3d.Window(40, 400),
    "lung": viewer3d.Window(-600, 1500),
    "bone": viewer3d.Window(400, 1800),
}

application = QApplication.instance() or QApplication(sys.argv[:1])
volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
slices = ViewerWidget(volume, view="coronal")
grid = ViewerWidget(volume, view="quad")

windows = QListWidget()
windows.addItems(WINDOWS)
link = QPushButton("Link crosshairs", checkable=True)

window = QWidget(windowTitle="Two viewers")
window.resize(1200, 720)
side, beside = QVBoxLayout(), QHBoxLayout(window)
side.addWidget(windows)
side.addWidget(link)
beside.addLayout(side, 1)
beside.addWidget(slices, 3)
beside.addWidget(grid, 5)


def set_window(name: str) -> None:
    for widget in (slices, grid):
        widget.state = widget.state.with_look(0, window=WINDOWS[name])


def move(widget: ViewerWidget, point: tuple[float, float, float]) -> None:
    if link.isChecked():
        widget.state = widget.state.with_cursor(point)


windows.currentTextChanged.connect(set_window)
slices.cursor_changed.connect(lambda point: move(grid, point))
grid.cursor_changed.connect(lambda point: move(slices, point))
window.show()


def take_picture() -> None:
    link.setChecked(True)
    windows.setCurrentRow(2)
    slices.state = slices.state.with_cursor((40.0, 10.0, 60.0))
    QTimer.singleShot(3000, finish)  # the 3D pane is drawn in full quality meanwhile


def finish() -> None:
    window.grab().save(out)
    window.close()
    application.quit()


if is_offscreen:
    QTimer.singleShot(0, take_picture)
application.exec()
for widget in (slices, grid):
    widget.close()
