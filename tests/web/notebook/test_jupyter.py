"""A viewer in JupyterLab and Notebook, driven in headless Chromium, and notebooks that are run without a page."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow
REASON = "JupyterLab, Notebook and nbconvert are not installed: pip install '.[bench]'"
for name in ("jupyterlab", "notebook", "nbconvert", "nbclient", "nbformat"):
    pytest.importorskip(name, reason=REASON)

from tests.web.notebook.jupyter import SHIFT, click, jupyter, mouse, press, wheel  # noqa: E402

SHOWN = (
    "import viewer3d\nvolume = viewer3d.phantom.volume(shape=(96, 80, 64))\nviewer = viewer3d.Viewer(volume)\nviewer"
)
LISTEN = "seen = []\nremove = viewer.on_state(seen.append)\nbefore = viewer.state"
LOOK = """import hashlib, json
json.dumps({"digest": hashlib.sha256(viewer._cell.screen.pixels.tobytes()).hexdigest(), "seen": len(seen),
            "same": bool(seen) and seen[-1] == viewer.state, "z": viewer.state.cursor[2] - before.cursor[2],
            "window": viewer.state.look.window != before.look.window, "inverted": viewer.state.look.inverted})"""
SET = "viewer.state = viewer.state.with_cursor(before.cursor)"
AGAIN = "viewer"


def looked(text):
    """Return what LOOK says."""
    return json.loads(text.strip().strip("'"))


@pytest.mark.parametrize("program", ["lab", "notebook"])
def test_hands_and_program_move_one_view(program, tmp_path):
    with jupyter(tmp_path, [SHOWN, LISTEN, LOOK, SET, AGAIN], program) as notebook:
        page = notebook.page
        assert notebook.run(0) != ""
        notebook.wait_for_picture(0)
        notebook.run(1)
        at = notebook.place(0)
        scrolled = page.run("document.querySelector('.jp-WindowedPanel-outer').scrollTop")
        wheel(page, at, 3)
        time.sleep(1)
        assert page.run("document.querySelector('.jp-WindowedPanel-outer').scrollTop") == scrolled
        mouse(page, "mousePressed", at, button="right", buttons=2, clickCount=1)
        mouse(page, "mouseReleased", at, button="right", clickCount=1)
        mouse(page, "mousePressed", at, button="left", buttons=1, clickCount=1, modifiers=SHIFT)
        for step in range(1, 9):
            mouse(page, "mouseMoved", (at[0] + 8 * step, at[1]), button="left", buttons=1, modifiers=SHIFT)
        mouse(page, "mouseReleased", (at[0] + 64, at[1]), button="left", clickCount=1, modifiers=SHIFT)
        assert notebook.has_focus(0)
        assert not page.run("document.querySelector('.lm-Menu')")
        for key in "abdd":
            press(page, key, f"Key{key.upper()}", ord(key.upper()), text=key)
        for _ in range(2):
            press(page, "Escape", "Escape", 27)
        time.sleep(0.3)
        if not notebook.has_focus(0):
            click(page, notebook.place(0, (0.9, 0.9)))
        press(page, "i", "KeyI", 73, text="i")
        press(page, "Enter", "Enter", 13, SHIFT, "\r")
        found = looked(notebook.run(2))  # the pointer leaves meanwhile, and handles with it
        time.sleep(1)
        digest = notebook.digest(0)
        assert found["inverted"]
        assert found["same"]
        assert found["seen"] > 3
        assert found["z"] != 0
        assert digest == looked(notebook.run(2))["digest"] == notebook.digest(0)
        notebook.run(3)
        time.sleep(1)
        moved = looked(notebook.run(2))
        assert moved["z"] == 0
        assert moved["digest"] == notebook.digest(0) != digest
        notebook.run(4)
        notebook.wait_for_picture(4)
        wheel(page, notebook.place(4), 2)
        time.sleep(1.5)
        assert notebook.digest(0) == notebook.digest(4) == looked(notebook.run(2))["digest"]
        leave_by_keys(notebook)
        assert not [line for line in page.console if "blob:" in line or "viewer3d" in line]  # what this module says
        assert {one.split("/")[2] for one in page.requests if one.startswith("http")} == {notebook.address[7:]}


def leave_by_keys(notebook):
    """Leave by both ways back to the notebook, whose keys are its own again then."""
    page = notebook.page
    click(page, notebook.place(4))
    press(page, "Tab", "Tab", 9, SHIFT)
    assert not notebook.has_focus(4)
    click(page, notebook.place(4))
    press(page, "Escape", "Escape", 27)
    time.sleep(0.5)
    assert not notebook.has_focus(4)
    press(page, "b", "KeyB", 66, text="b")
    time.sleep(0.5)
    # One more by that key, and one below the last that was run; none by the keys before.
    assert len(notebook.save().cells) == 7


MEMORY = """import ctypes, gc, weakref, viewer3d
kept = [one for one in globals().get("kept", [])]
def resident():
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1]) / 1024
made = viewer3d.Viewer(viewer3d.phantom.volume(shape=(256, 256, 200)))
kept.append(weakref.ref(made))
made"""
# What was freed goes back to the system first: else it is malloc's habit that is counted.
COUNT = "gc.collect()\nctypes.CDLL(None).malloc_trim(0)\n[one() is not None for one in kept], round(resident())"


def test_a_cell_that_is_run_again_frees_the_old_view_and_a_closed_one_says_so(tmp_path):
    with jupyter(tmp_path, [MEMORY, COUNT, "made.close()", "made"]) as notebook:
        page, sizes = notebook.page, []
        for _ in range(4):
            notebook.run(0)
            notebook.wait_for_picture(0)
            time.sleep(7)
            alive, size = eval(notebook.run(1))
            sizes.append(size)
        assert alive == [False, False, False, True]
        # MB: what a view holds is 26 of voxels, 46 of values beside them and what OpenGL has of them.
        assert sizes[3] < sizes[1] + 20
        notebook.run(2)
        page.wait(f"{notebook.cell(0)}.innerText.includes('was closed')")
        assert "closed" in notebook.run(3)


def test_a_saved_notebook_shows_the_picture_without_its_kernel(tmp_path):
    with jupyter(tmp_path, [SHOWN, "viewer.widget(height=300)"]) as notebook:
        page = notebook.page
        for number in (0, 1):
            notebook.run(number)
            notebook.wait_for_picture(number)
        time.sleep(1)
        hidden = f"getComputedStyle({notebook.cell(0)}.querySelector('img').closest('.jp-OutputArea-child')).display"
        assert page.run(hidden) == "none"
        assert page.run(f"{notebook.cell(1)}.querySelector('.viewer3d-cell').offsetHeight") == 300
        # The page is loaded again, the kernel lives: the view comes back.
        saved = notebook.save()
        page.reload()
        notebook.wait_for_picture(0)
        assert page.run(hidden) == "none"
        # The kernel is another one: what was seen stays, and is told; in the file there is the picture.
        notebook.restart()
        page.wait(f"{notebook.cell(0)}.innerText.includes('kernel')")
        page.reload()
        page.wait(f"{notebook.cell(0)}?.querySelector('img')")
        time.sleep(4)
        assert page.run(f"{notebook.cell(0)}.querySelector('img').offsetHeight") > 300
        assert page.run(f"{notebook.cell(0)}.querySelector('canvas')") is None
    picture, widget = saved.cells[0].outputs
    assert set(widget.data) == {"application/vnd.jupyter.widget-view+json"}
    assert "CT" in picture.metadata["image/png"]["alt"]
    (tmp_path / "still.png").write_bytes(base64.b64decode(picture.data["image/png"]))
    from viewer3d.recipes.embed import read_recipe

    assert read_recipe(tmp_path / "still.png").figure == "shot"
    page_of = [sys.executable, "-m", "nbconvert", "--to", "html", "a.ipynb"]
    subprocess.run(page_of, cwd=tmp_path, check=True, capture_output=True)
    assert len(re.findall('<img[^>]*src="data:image/png', (tmp_path / "a.html").read_text(encoding="utf-8"))) == 2


FILM = """import time
sent, widget = [], viewer.widget()
widget.on_msg(lambda _, content, __: sent.append(str(content)))
for step in range(20):
    viewer.state = viewer.state.with_cursor((0, 0, 10 * step))
    viewer.render()
    time.sleep(0.1)
print("".join(sent).count("'ack'"))"""


def test_a_cell_that_runs_is_seen_drawing(tmp_path):
    with jupyter(tmp_path, [SHOWN, FILM]) as notebook:
        notebook.run(0)
        notebook.wait_for_picture(0)
        time.sleep(2)
        assert int(notebook.run(1)) > 8  # what was seen before the cell had run


FOLDER = """import viewer3d
viewer3d.phantom.write("series", shape=(48, 40, 32))
shown = viewer3d.show("series")
shown"""


def test_a_folder_loads_in_the_cell(tmp_path):
    with jupyter(tmp_path, [FOLDER, "shown.viewer.volume.shape, shown.show() is shown.viewer"]) as notebook:
        notebook.run(0)
        notebook.wait_for_picture(0)
        time.sleep(2)
        assert "(48, 40, 32), True" in notebook.run(1)
        picture, _ = notebook.save().cells[0].outputs
    assert "CT" in picture.metadata["image/png"]["alt"]


def test_notebooks_run_without_a_page(tmp_path):
    import nbformat

    cells = [nbformat.v4.new_code_cell(one) for one in (SHOWN, "viewer3d.show(volume, 'mpr')", "viewer.close()")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    made = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "a.ipynb", "--output", "b.ipynb"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    for cell in nbformat.read(tmp_path / "b.ipynb", 4).cells[:2]:
        assert ["image/png" in one.data for one in cell.outputs] == [True, False]
