"""`python -m migrate` is the console script."""

import sys

# Python puts the current folder first: the code of the target, which may have a typer.py of its own.
if not sys.flags.safe_path and sys.path[0] != __file__.rsplit("/", 2)[0]:
    del sys.path[0]

from migrate.cli import main

if __name__ == "__main__":
    main()
