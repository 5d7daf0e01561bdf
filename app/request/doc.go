// Package request recognises rights requests (GDPR Art. 7(3) and 15 to 21) in
// a message, and says why: the words that spoke and where they stand.
//
// In from the left: mailbox.Message. Out to the right: a Verdict for
// app/cases. It is pure: no clock, no network, no store; the same message
// always gives the same verdict.
//
// How it reads: newtext.go keeps what the sender wrote now and what is
// forwarded; normalise.go folds words and cuts sentences while it keeps their
// places; lexicon.txt, read by lexicon.go, says which concepts words express
// in six languages; rules.go is the grammar of concepts for each right;
// recognise.go weighs negation, tense, whose data it is and what is around;
// model.go is a second opinion, a small linear table trained on the examples
// of testdata, which moves only what the grammar is not sure of.
//
// After a change of the lexicon or of the examples, the table is trained anew:
//
//	go test ./app/request -run SecondOpinion -train
//
// It never decides anything about a case and never changes a message.
package request
