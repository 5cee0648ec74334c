"""What a command found out about a tree, kept for the next one that looks at the very same tree.

`answers` is the way in. `tool` and `state` say what an answer holds for, `footprint` what else was looked at on the way
to it, `places` what the system says of a file, `entries` and `store` how answers lie in the git directory.
"""
