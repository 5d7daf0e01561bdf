// Package request recognises rights requests (GDPR Art. 7(3) and 15 to 21) in
// a message, and says why: the words that spoke and where they stand.
//
// In from the left: mailbox.Message. Out to the right: a Verdict for
// app/cases. It is pure: no clock, no network, no store; the same message
// always gives the same verdict.
//
// How it reads: newtext.go keeps what the sender wrote now and what is
// forwarded, and assess.go reads attached documents apart; normalise.go folds
// words and cuts sentences while it keeps their places; lexicon.txt, read by
// lexicon.go, says which concepts words express in six languages; rules.go is
// the grammar of concepts for each right, match.go finds it in sentences,
// tense.go and owner.go say what is denied or done and whose it is, setting.go
// weighs what is around, short.go understands pronouns and mails of few words.
//
// How it decides: features.go turns words, parts of words, concepts and the
// grammar's findings into numbers, and model.go scores them with a table that
// was trained on the examples of testdata: the message as a whole and each
// sentence, for "asks for something" and for each right. A last step turns the
// scores into confidence that holds on mails that were not seen in training.
// decide.go joins both into the verdict; marks.go and orders.go find what else
// matters for a case; learn.go heeds the owner's corrections.
//
// After a change of the lexicon, of the grammar, of the features or of the
// examples, the table is trained anew, in a minute or two:
//
//	go test ./app/request -run TestTrain -train
//
// Files whose names begin with "eval" are never trained on: make bench prints
// how well they are read. How well mails by people are read whose others were
// not trained on is told by
//
//	go test ./app/request -run TestCrossValidation -cv -v
//
// A change of what the features mean needs another modelVersion, and lessons
// of the old one are left aside.
//
// It never decides anything about a case and never changes a message.
package request
