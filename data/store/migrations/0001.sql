-- Every column named sealed holds AES-GCM output; every column ending in _ix a
-- keyed hash. Other columns hold no personal data.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- One data key per subject, itself sealed by the store's key. Deleting the row
-- forgets whatever was sealed under it.
CREATE TABLE subject (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  kind     TEXT NOT NULL CHECK (kind IN ('person', 'order', 'case', 'run', 'message')),
  email_ix BLOB UNIQUE,
  sealed   BLOB NOT NULL
) STRICT;

CREATE TABLE orders (
  id           INTEGER PRIMARY KEY,
  shop         TEXT NOT NULL,
  ref          TEXT NOT NULL,
  number       TEXT NOT NULL,
  status       TEXT NOT NULL,
  state        INTEGER NOT NULL,
  created_at   TEXT NOT NULL,
  completed_at TEXT NOT NULL,
  modified_at  TEXT NOT NULL,
  total        TEXT NOT NULL,
  currency     TEXT NOT NULL,
  subject      INTEGER REFERENCES subject(id) ON DELETE SET NULL,
  email_ix     BLOB,
  sealed       BLOB,
  erased_at    TEXT NOT NULL DEFAULT '',
  UNIQUE (shop, ref)
) STRICT;
CREATE INDEX orders_number ON orders(number);
CREATE INDEX orders_email ON orders(email_ix) WHERE email_ix IS NOT NULL;

CREATE TABLE cases (
  id          INTEGER PRIMARY KEY,
  state       INTEGER NOT NULL,
  received_at TEXT NOT NULL,
  subject     INTEGER NOT NULL REFERENCES subject(id),
  email_ix    BLOB,
  sealed      BLOB NOT NULL
) STRICT;

CREATE TABLE message (
  id          INTEGER PRIMARY KEY,
  content_ix  BLOB NOT NULL UNIQUE, -- of Message-ID and content: the same mail in two folders is one
  msgid_ix    BLOB NOT NULL,
  email_ix    BLOB,
  received_at TEXT NOT NULL,
  kind        INTEGER NOT NULL,
  case_id     INTEGER REFERENCES cases(id),
  corrected   INTEGER NOT NULL DEFAULT 0,
  subject     INTEGER REFERENCES subject(id) ON DELETE SET NULL,
  sealed      BLOB,
  raw_sealed  BLOB
) STRICT;
CREATE INDEX message_kind ON message(kind, received_at);
CREATE INDEX message_case ON message(case_id) WHERE case_id IS NOT NULL;
CREATE INDEX message_msgid ON message(msgid_ix);
CREATE INDEX message_email ON message(email_ix) WHERE email_ix IS NOT NULL;

CREATE TABLE cursor (
  folder_ix BLOB PRIMARY KEY,
  sealed    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE hold (
  id       INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  lifted   INTEGER NOT NULL DEFAULT 0,
  sealed   BLOB NOT NULL
) STRICT;

CREATE TABLE run (
  id         INTEGER PRIMARY KEY,
  state      INTEGER NOT NULL,
  case_id    INTEGER,
  started_at TEXT NOT NULL,
  subject    INTEGER NOT NULL REFERENCES subject(id),
  sealed     BLOB NOT NULL
) STRICT;
-- One open run at a time: a second one is refused by the database itself.
CREATE UNIQUE INDEX run_open ON run((1)) WHERE state = 0;

CREATE TABLE run_order (
  run_id   INTEGER NOT NULL REFERENCES run(id),
  order_id INTEGER NOT NULL,
  PRIMARY KEY (run_id, order_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE step (
  run_id INTEGER NOT NULL REFERENCES run(id),
  n      INTEGER NOT NULL,
  status INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at     TEXT NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (run_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstone (
  hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  at   TEXT NOT NULL,
  run  INTEGER NOT NULL,
  PRIMARY KEY (hash, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
  register   TEXT NOT NULL,
  id         TEXT NOT NULL,
  place      INTEGER NOT NULL,
  changed_at TEXT NOT NULL,
  sealed     BLOB NOT NULL,
  PRIMARY KEY (register, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
  seq    INTEGER PRIMARY KEY,
  at     TEXT NOT NULL,
  actor  TEXT NOT NULL,
  act    TEXT NOT NULL,
  record TEXT NOT NULL,
  detail TEXT NOT NULL,
  prev   TEXT NOT NULL,
  hash   TEXT NOT NULL
) STRICT;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN
  SELECT RAISE(ABORT, 'the journal is append-only');
END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN
  SELECT RAISE(ABORT, 'the journal is append-only');
END;
