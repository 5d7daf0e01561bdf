-- A case that was opened by mistake, for a mail that asks for nothing: its
-- number stays taken, and nothing else of it is kept.
ALTER TABLE cases ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;

-- Mails whose verdict the owner corrected are what the recognition learns from.
CREATE INDEX message_corrected ON message(corrected) WHERE corrected = 1;

-- Each mail that comes in asks for the cases of its sender.
CREATE INDEX cases_email ON cases(email_ix) WHERE email_ix IS NOT NULL;
