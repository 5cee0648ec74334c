"""`migrate check`: every phase of a plan looked at before anything is touched."""
