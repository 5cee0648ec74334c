-- Version 3 did not say in which file a run made which edits, nor what the checks had before them.

ALTER TABLE runs ADD COLUMN seen TEXT NOT NULL DEFAULT '{}';
ALTER TABLE files ADD COLUMN sites TEXT NOT NULL DEFAULT '{}';

PRAGMA user_version = 4;
