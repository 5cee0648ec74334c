"""One command on many repositories: which ones, how they run, what came of each, and the record to resume by."""
