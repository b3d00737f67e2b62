"""The notes at the pointer: named where one points at their signs, and nowhere else."""

from __future__ import annotations

from tests.app.conftest import MemoryScreen
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.note_hover import LINES_OF_ONE, MOST_NAMED, NOTE_COLUMNS, hover_marks
from viewer3d.core.notes.note import Note
from viewer3d.render.marks.display_list import Line, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.note_marks import PaneNotes, place_notes
from viewer3d.render.marks.typesetting import text_width
from viewer3d.render.panes import Rect
from viewer3d.render.scene import signs_of

TILTED = Note("The gantry was tilted: slices were moved in their planes onto an upright grid.", "slices.tilted")
LOSSY = Note("The pixels were compressed with loss.", "values.lossy")
SIZE = (800, 600)
RECTS = {"axial": Rect(0, 0, 400, 600), "coronal": Rect(400, 0, 400, 600)}


def signs(notes):
    placed = place_notes(MarkMetrics(400, 600), notes, ())
    return {"axial": placed, "coronal": placed}, placed.box


def words(marks):
    return " ".join(mark.text for mark in marks if isinstance(mark, Text))


def test_a_sign_names_its_notes_in_the_pane_it_is_in():
    told, box = signs(PaneNotes((TILTED,), (LOSSY,)))
    for left in (0, 400):
        marks = hover_marks(told, RECTS, SIZE, (left + box.left + 1, box.top + 1))
        assert " ".join(words(marks).split()) == f"Mended or assumed: - {TILTED} Missing or reduced: - {LOSSY}"
        ground = marks[0]
        assert isinstance(ground, Line)
        assert ground.x0 >= left
        for mark in marks[1:]:
            assert ground.x0 <= mark.x
            assert mark.x + text_width(mark.text, mark.size) <= ground.x1
            assert box.bottom < mark.y <= ground.y0 + ground.width / 2


def test_beside_the_sign_nothing_is_named():
    told, box = signs(PaneNotes((TILTED,)))
    for column, row in ((box.right + 3, box.top), (box.left, box.bottom + 3), (-1, -1), (790, 590)):
        assert hover_marks(told, RECTS, SIZE, (column, row)) == ()
    assert hover_marks({}, RECTS, SIZE, (1, 1)) == ()


def test_what_is_long_or_many_stays_in_the_picture():
    long = Note("word " * 300, "slices.tilted")
    many = tuple(Note(f"Sentence {n}.", "slices.tilted") for n in range(MOST_NAMED + 4))
    for notes in ((long,), many):
        told, box = signs(PaneNotes(notes))
        marks = hover_marks(told, RECTS, SIZE, (400 + box.left + 1, box.top + 1))
        assert marks[0].x1 <= SIZE[0]
        assert max(mark.y for mark in marks[1:]) < SIZE[1]
        assert max(len(mark.text) for mark in marks[1:]) <= NOTE_COLUMNS + 2
    assert words(marks).endswith("and 4 more")
    told, box = signs(PaneNotes((long,)))
    marks = hover_marks(told, RECTS, SIZE, (box.left + 1, box.top + 1))
    assert len(marks) - 2 == LINES_OF_ONE
    assert words(marks).endswith("…")


def test_the_window_names_them_while_one_points_and_no_longer(box):
    mended = box.with_info(notes=[TILTED])
    screen = MemoryScreen((600, 400))
    with Viewer(mended, "mpr", screen=screen) as viewer:
        viewer.process_events()
        before = screen.pixels.copy()
        rect = viewer._scene.rects()["coronal"]
        sign = signs_of(viewer._scene)["coronal"].box
        viewer.interactor.move(rect.left + sign.left + 1, sign.top + 1)
        viewer.process_events()
        rows, columns = ((screen.pixels != before).any(-1).any(axis) for axis in (1, 0))
        assert columns[rect.left : rect.left + rect.width].sum() > 100
        assert rows[int(sign.bottom) : int(sign.bottom) + 60].sum() > 30
        viewer.interactor.move(rect.left + rect.width // 2, rect.height - 30)
        viewer.process_events()
        lines = slice(int(sign.bottom) + 3, 100)
        assert (
            screen.pixels[lines, rect.left + 20 : rect.left + 60] == before[lines, rect.left + 20 : rect.left + 60]
        ).all()
        saved = viewer.screenshot()
    assert saved.shape == (400, 600, 3)
