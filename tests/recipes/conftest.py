"""What the tests of recipes share with those of rendering."""

from tests.render.conftest import east_asian, no_opengl, opengl

__all__ = ["east_asian", "no_opengl", "opengl"]
