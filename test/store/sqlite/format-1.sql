CREATE TABLE events (
     seq INTEGER PRIMARY KEY, type TEXT NOT NULL, version INTEGER NOT NULL, source TEXT, id TEXT,
     subject TEXT, received INTEGER NOT NULL, correlation TEXT, causation INTEGER,
     hops INTEGER NOT NULL, stream INTEGER, prev INTEGER, attributes TEXT, salt TEXT, data TEXT
   ) STRICT;
CREATE INDEX events_caused ON events (causation) WHERE causation IS NOT NULL AND stream IS NULL;
CREATE INDEX events_rare ON events (type, seq)
     WHERE (type = 'catalog.activated' OR type = 'event.dead_lettered' OR type = 'flow.paused'
       OR type = 'flow.resumed');
CREATE TABLE blobs (
     seq INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (seq, part)
   ) STRICT, WITHOUT ROWID;
CREATE TABLE segments (last INTEGER PRIMARY KEY, digest TEXT NOT NULL) STRICT;
CREATE TABLE runs (
     id INTEGER PRIMARY KEY, version INTEGER NOT NULL, flow TEXT NOT NULL, catalog TEXT NOT NULL,
     event INTEGER NOT NULL, correlation TEXT NOT NULL, hops INTEGER NOT NULL,
     started INTEGER NOT NULL, lane TEXT NOT NULL, parent INTEGER, fork INTEGER, branch INTEGER,
     state INTEGER NOT NULL, at TEXT NOT NULL, attempt INTEGER NOT NULL, due INTEGER,
     epoch INTEGER NOT NULL, crashes INTEGER NOT NULL, ended INTEGER, reason TEXT
   ) STRICT;
CREATE INDEX runs_due ON runs (lane, state, due, id) WHERE state IN (0, 2) AND due IS NOT NULL;
CREATE INDEX runs_held ON runs (state, id) WHERE state < 16 AND (state IN (1, 3) OR due IS NULL);
CREATE INDEX runs_event ON runs (event);
CREATE INDEX runs_parent ON runs (parent, id) WHERE parent IS NOT NULL;
CREATE TABLE letters (
     id INTEGER PRIMARY KEY, kind TEXT NOT NULL, event INTEGER NOT NULL, flow TEXT NOT NULL,
     run INTEGER, step TEXT, attempts INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
     at INTEGER NOT NULL, state TEXT NOT NULL, closed INTEGER
   ) STRICT;
CREATE INDEX letters_open ON letters (id) WHERE closed IS NULL;
CREATE TABLE seen (
     day INTEGER NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, seq INTEGER NOT NULL,
     sum TEXT NOT NULL, PRIMARY KEY (day, key)
   ) STRICT, WITHOUT ROWID;
CREATE TABLE seen_filters (day INTEGER PRIMARY KEY, bits BLOB NOT NULL) STRICT;
CREATE TABLE checkpoints (
     consumer TEXT PRIMARY KEY, seq INTEGER NOT NULL, state TEXT NOT NULL, sum TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
CREATE TABLE windows (
     flow TEXT NOT NULL, key TEXT NOT NULL, due INTEGER NOT NULL, state TEXT NOT NULL,
     sum TEXT NOT NULL, PRIMARY KEY (flow, key)
   ) STRICT, WITHOUT ROWID;
CREATE INDEX windows_due ON windows (due, flow, key);
CREATE TABLE meta (
     name TEXT PRIMARY KEY, value INTEGER NOT NULL, sum TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
CREATE TABLE names (
     since INTEGER PRIMARY KEY, log_id TEXT NOT NULL, sum TEXT NOT NULL
   ) STRICT;
INSERT INTO events VALUES (1, 'file.changed', 1, 'files', 'e-1', NULL, 1768478400000, NULL, NULL, 0, NULL, NULL, NULL, 'atsmpq79jzem5yb4', '{"path":"it''s a file.txt"}');
INSERT INTO events VALUES (2, 'run.started', 1, NULL, NULL, NULL, 1768478400000, NULL, 1, 1, 2, NULL, NULL, 'r5qpkyqngz42s7s1', '{}');
INSERT INTO events VALUES (3, 'event.dead_lettered', 1, NULL, NULL, NULL, 1768478400001, NULL, NULL, 0, NULL, NULL, NULL, 't626ypz1p6fcxxa3', 'xxx');
INSERT INTO segments VALUES (1, '235e0e00e66a6243634bba6b5e4dfddbc3034b03755a1ff9b51862033421c914');
INSERT INTO segments VALUES (2, '315cb8e0d83b4ee57dd522610b622bfda363c25edd187e299d06122b31bbb379');
INSERT INTO segments VALUES (3, 'a3d1c675b29d719c82e758ede6bb23e07e81f29d008f833bb23c8d58729ed9e6');
INSERT INTO runs VALUES (2, 2, 'build', 'c1', 1, 'root', 1, 1768478400000, 'build', NULL, NULL, NULL, 2, '0', 1, 1768478400005, 1, 0, NULL, NULL);
INSERT INTO letters VALUES (3, 'step', 1, 'build', 2, 'compile', 3, 'step.failed', 'exit status 1', 1768478400001, 'open', NULL);
INSERT INTO seen VALUES (20468, 'uU9SMZaqrNiPX2zfQj5FA/', 'bdKWI9yxGOeqPs+yv7GGv1', 1, 'ZQoDiG0S');
INSERT INTO checkpoints VALUES ('router', 1, '{"at":1}', '0SCoEWtD');
INSERT INTO windows VALUES ('build', 'k', 1768478400009, '{"of":"9"}', '0GsRzgcw');
INSERT INTO meta VALUES ('clean_epoch', 1, '5FA+r+os');
INSERT INTO meta VALUES ('epoch', 1, 'vI5nhv99');
INSERT INTO meta VALUES ('incarnation', 1, 'rVFdpbxk');
INSERT INTO names VALUES (1, 'sb8a6wk2c8', '5q2ha6vl');
PRAGMA user_version = 1;
