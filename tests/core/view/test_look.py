import pytest

from viewer3d.core.view.look import ImageLook
from viewer3d.core.window import Window
from viewer3d.errors import ViewError

WINDOW = Window(40, 400)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"opacity": 1.5}, "opacity 1.5 of a layer: give 0 to 1"),
        ({"opacity": float("nan")}, "opacity nan"),
        ({"ramp": -0.1}, "ramp -0.1"),
        ({"split": 2}, "split 2"),
        ({"blend": "under"}, "no blend of layers is named 'under': give over, checkerboard, split"),
        ({"member": -1}, "give a finite shift and a member from 0"),
        ({"rendering_shift": float("inf")}, "give a finite shift"),
        ({"rendering_stretch": 0.0}, "stretch 0.0 of a transfer function: give 0.05 to 20"),
        ({"rendering_stretch": float("nan")}, "stretch nan"),
    ],
)
def test_a_look_that_cannot_be_is_refused(given, says):
    with pytest.raises(ViewError, match=says):
        ImageLook(WINDOW, **given)
