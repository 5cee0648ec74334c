"""One-form files for "this object lives there now", each run before and after; `python -m benchmarks.matrix`."""
