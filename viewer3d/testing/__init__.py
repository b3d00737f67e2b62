"""Checks of pictures for the tests of others, see :mod:`viewer3d.testing.figures`."""

from viewer3d.testing.figures import Savable, Subject, assert_figure, make_baseline

__all__ = ["Savable", "Subject", "assert_figure", "make_baseline"]
