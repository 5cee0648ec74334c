"""The five phases, each one Bowler query built from the plan."""
