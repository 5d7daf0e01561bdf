-- The key of a subject is dropped when nothing is sealed under it any more:
-- without these, each drop reads whole tables.
CREATE INDEX orders_subject ON orders(subject);
CREATE INDEX message_subject ON message(subject);
CREATE INDEX cases_subject ON cases(subject);
CREATE INDEX run_subject ON run(subject);
CREATE INDEX hold_order ON hold(order_id);
CREATE INDEX message_received ON message(received_at);

-- INSERT OR REPLACE deletes without asking the trigger on deletion: an entry is
-- taken only when it is the next one and follows the last.
CREATE TRIGGER journal_only_next BEFORE INSERT ON journal
WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM journal)
  OR NEW.prev IS NOT COALESCE((SELECT hash FROM journal ORDER BY seq DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000')
BEGIN
  SELECT RAISE(ABORT, 'the journal is append-only');
END;
