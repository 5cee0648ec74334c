"""One line per phase and for all of them, for `--help`, kept apart so that help needs no engine."""

HELP = {
    1: "Replace the first deprecated module by a redirect to its new home.",
    2: "Replace the other deprecated modules by redirects.",
    3: "Point imports of moved objects, and the uses and strings that go with them, at their new home.",
    4: "Rename, add, remove, merge and name arguments in calls of changed callables; rename attributes.",
    5: "List what is left of deprecated uses, and run the plan's checks.",
}

RUN = "Step through the plan's phases with a card, the diff and a prompt for each; stop at the first failure."

FLEET = "check, guard, status, rehearse, phase1 to phase5, run, rollback"
