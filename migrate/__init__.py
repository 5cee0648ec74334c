"""ssot-migrate: phased, reversible code migrations for Python repositories."""

__version__ = "0.1.0"
