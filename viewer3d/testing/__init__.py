"""Checks of pictures for tests of other projects."""

from viewer3d.testing.figures import Savable, Subject, assert_figure, make_baseline

__all__ = ["Savable", "Subject", "assert_figure", "make_baseline"]
