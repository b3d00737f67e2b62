"""Run the package from a terminal as the program ``viewer3d``."""

from viewer3d.cli.program import main

__all__ = ["main"]
