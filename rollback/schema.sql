-- The journal of one working tree. Times are seconds since the epoch, UTC; paths are bytes as on disk.

CREATE TABLE IF NOT EXISTS runs (
    id          INTEGER PRIMARY KEY,
    prefix      BLOB    NOT NULL,                -- the root, relative to the working tree's top, "" or "a/b/"
    plan        TEXT    NOT NULL,
    phase       INTEGER NOT NULL CHECK (phase BETWEEN 1 AND 5),
    state       TEXT    NOT NULL CHECK (state IN
                ('applying', 'verifying', 'applied', 'failed', 'rolling-back', 'rolled-back', 'passed')),
    started_at  REAL    NOT NULL,
    applied_at  REAL,
    ended_at    REAL,
    edits       INTEGER NOT NULL DEFAULT 0 CHECK (edits >= 0),
    manual      INTEGER NOT NULL DEFAULT 0 CHECK (manual >= 0),
    snapshot    TEXT,                            -- commit with the pre-images
    ref         TEXT,                            -- the private ref that keeps it
    commit_id   TEXT,                            -- commit made of the run's files
    detail      TEXT    NOT NULL DEFAULT '',
    checks      TEXT    NOT NULL DEFAULT '[]',   -- JSON, of a run that only checks
    sites       TEXT    NOT NULL DEFAULT '{}',   -- JSON: how many edits of each kind
    person_seconds REAL NOT NULL DEFAULT 0 CHECK (person_seconds >= 0),  -- of the run's time, waiting for answers
    partial     INTEGER NOT NULL DEFAULT 0 CHECK (partial IN (0, 1)),    -- only some of what was offered
    findings    TEXT    NOT NULL DEFAULT '[]',   -- JSON: what was left to a person
    seen        TEXT    NOT NULL DEFAULT '{}',   -- JSON, of a run that only checks: sha256 by path before the first check
    CHECK (state <> 'applied' OR applied_at IS NOT NULL),
    CHECK (state NOT IN ('failed', 'rolled-back', 'passed') OR ended_at IS NOT NULL),
    CHECK ((snapshot IS NULL) = (ref IS NULL))
);

CREATE TABLE IF NOT EXISTS files (
    run_id        INTEGER NOT NULL REFERENCES runs (id),
    number        INTEGER NOT NULL CHECK (number >= 0),  -- names the file's temporary file
    path          BLOB    NOT NULL,                      -- relative to the run's root
    before_sha256 TEXT    CHECK (length(before_sha256) = 64),
    after_sha256  TEXT    CHECK (length(after_sha256) = 64),
    mode          INTEGER CHECK (mode BETWEEN 0 AND 4095),
    sites         TEXT    NOT NULL DEFAULT '{}',         -- JSON: how many edits of each kind
    PRIMARY KEY (run_id, number),
    UNIQUE (run_id, path),
    CHECK ((before_sha256 IS NULL) = (mode IS NULL))
);

CREATE TABLE IF NOT EXISTS folders (             -- created for new files, parents first
    run_id INTEGER NOT NULL REFERENCES runs (id),
    path   BLOB    NOT NULL,
    PRIMARY KEY (run_id, path)
);

CREATE TABLE IF NOT EXISTS events (
    id     INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    at     REAL    NOT NULL,
    event  TEXT    NOT NULL CHECK (event IN
           ('applying', 'verifying', 'applied', 'failed', 'rolling-back', 'rolled-back', 'passed', 'committed', 'kept',
            'pruned')),
    detail TEXT    NOT NULL DEFAULT ''
);

CREATE TABLE IF NOT EXISTS announced (           -- private refs about to be made, or to be deleted: nobody needs them
    ref TEXT PRIMARY KEY
);

CREATE TABLE IF NOT EXISTS outputs (             -- what the commands of a run had to say, the last megabyte
    run_id  INTEGER NOT NULL REFERENCES runs (id),
    name    TEXT    NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt >= 0),  -- from 1; 0 on the tree as it was before phase 1
    output  BLOB    NOT NULL,
    PRIMARY KEY (run_id, name, attempt)
);

CREATE TRIGGER IF NOT EXISTS events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

CREATE TRIGGER IF NOT EXISTS events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

PRAGMA user_version = 4;
