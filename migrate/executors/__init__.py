"""Who runs a step on many files: this process, a pool of processes, or a cluster; same results, same order."""
