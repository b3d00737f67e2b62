"""``python -m viewer3d`` is the program ``viewer3d``."""

from viewer3d.cli import main

if __name__ == "__main__":
    main()
