"""A folder with a git worktree in it, both of which are gone afterwards, however the process that made them ends."""
