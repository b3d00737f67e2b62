"""The program ``viewer3d``."""

from viewer3d.cli.program import main

__all__ = ["main"]
