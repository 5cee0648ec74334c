-- Version 2 did not say by which forms a run counts its sites, what it left to a person, how long it waited for one,
-- whether it took only some of what was offered, nor what its commands had to say.

ALTER TABLE runs ADD COLUMN sites TEXT NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN person_seconds REAL NOT NULL DEFAULT 0 CHECK (person_seconds >= 0);
ALTER TABLE runs ADD COLUMN partial INTEGER NOT NULL DEFAULT 0 CHECK (partial IN (0, 1));
ALTER TABLE runs ADD COLUMN findings TEXT NOT NULL DEFAULT '[]';

CREATE TABLE outputs (
    run_id  INTEGER NOT NULL REFERENCES runs (id),
    name    TEXT    NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt >= 0),
    output  BLOB    NOT NULL,
    PRIMARY KEY (run_id, name, attempt)
);

PRAGMA user_version = 3;
