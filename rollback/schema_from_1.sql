-- Version 1 had no refs that were announced, and knew no pruning.

CREATE TABLE announced (
    ref TEXT PRIMARY KEY
);

DROP TRIGGER events_are_not_changed;
DROP TRIGGER events_are_not_deleted;
ALTER TABLE events RENAME TO events_1;

CREATE TABLE events (
    id     INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    at     REAL    NOT NULL,
    event  TEXT    NOT NULL CHECK (event IN
           ('applying', 'verifying', 'applied', 'failed', 'rolling-back', 'rolled-back', 'passed', 'committed', 'kept',
            'pruned')),
    detail TEXT    NOT NULL DEFAULT ''
);

INSERT INTO events SELECT id, run_id, at, event, detail FROM events_1;
DROP TABLE events_1;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

PRAGMA user_version = 2;
