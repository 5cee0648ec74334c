"""`python -m migrate` is the console script."""

from migrate.cli import main

if __name__ == "__main__":
    main()
