"""What a cell outputs: a widget, and a picture that stays."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import viewer3d
from tests.web.canvas import Canvas
from tests.web.notebook.conftest import Page, in_loop, same, until
from viewer3d import phantom
from viewer3d.recipes.embed import read_recipe
from viewer3d.web.notebook.display import PICTURE, PLACEHOLDER, VIEW, end_of


def test_a_viewer_outputs_a_still_with_its_recipe_and_a_widget(kernel, volume, tmp_path):
    async def cell():
        viewer = viewer3d.Viewer(volume, "mpr")
        viewer.state = viewer.state.with_cursor((5, 5, 5))
        viewer._ipython_display_()
        (picture, about, _, _), (widget, _, _, _) = kernel.outputs
        assert (set(picture), set(widget)) == ({PICTURE}, {VIEW})
        assert "x = 5.0, y = 5.0" in about[PICTURE]["alt"]
        assert widget[VIEW]["model_id"] == viewer.widget().model_id
        assert viewer.widget().stills == [end_of(picture[PICTURE])]
        assert viewer.size == (1200, 900)
        (tmp_path / "a.png").write_bytes(picture[PICTURE])
        recipe = read_recipe(tmp_path / "a.png")
        assert recipe.state is not None
        shown = viewer3d.screenshot(volume, state=recipe.state, size=(900, 675))
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(picture[PICTURE]))), shown)
        both, _ = viewer._repr_mimebundle_()
        assert {PICTURE, VIEW} <= set(both)
        viewer.close()

    in_loop(cell)


def test_no_patient_is_in_the_still(kernel, tmp_path):
    phantom.write(tmp_path, shape=(24, 20, 16))
    volume = viewer3d.load(tmp_path)

    async def cell():
        viewer = viewer3d.Viewer(volume, "axial", (300, 200))
        viewer._ipython_display_()
        return str(kernel.outputs)

    told = in_loop(cell)
    header = viewer3d.load(tmp_path, identify=True).info.identity
    assert header
    assert not [one for one in header if str(one) in told]


def test_without_the_extra_the_picture_is_shown_and_what_is_missing_told(kernel, volume, monkeypatch, capsys):
    monkeypatch.setattr("viewer3d.web.notebook.cell.find_spec", lambda _: None)
    with viewer3d.Viewer(volume, "axial") as viewer:
        viewer._ipython_display_()
    assert [set(data) for data, *_ in kernel.outputs] == [{PICTURE}]
    assert "pip install 'viewer3d[notebook]'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("waits", [False, True])
def test_a_folder_loads_in_the_cell_and_its_still_follows(kernel, tmp_path, waits):
    phantom.write(tmp_path, shape=(24, 20, 16))

    async def cell():
        shown = viewer3d.show(tmp_path)
        shown._ipython_display_()
        assert kernel.outputs[0][0] == {"text/html": PLACEHOLDER}
        place = kernel.outputs[0][2]["display_id"]
        if waits:
            assert shown.show() is shown.viewer
        canvas = Canvas(Page(shown.widget()), (400, 300))
        await until(lambda: len(kernel.outputs) > 2)
        data, about, transient, is_update = kernel.outputs[2]
        assert (transient, is_update) == ({"display_id": place}, True)
        assert "CT" in about[PICTURE]["alt"]
        assert shown.widget().stills == [end_of(data[PICTURE])]
        assert shown.viewer.volume.shape == (24, 20, 16)
        await same(canvas, shown)
        shown.close()

    in_loop(cell)


def test_the_viewer_of_a_folder_is_shown_as_the_folder_is(kernel, tmp_path, capsys):
    phantom.write(tmp_path, shape=(24, 20, 16))

    async def cell():
        shown = viewer3d.show(tmp_path)
        viewer = shown.show()
        viewer._ipython_display_()
        (picture, _, _, _), (widget, _, _, _) = kernel.outputs
        assert viewer.widget() is shown.widget()
        assert widget[VIEW]["model_id"] == shown.widget().model_id
        assert shown.widget().stills == [end_of(picture[PICTURE])]
        assert VIEW in viewer._repr_mimebundle_()[0]
        shown.close()

    in_loop(cell)
    assert not capsys.readouterr().err
