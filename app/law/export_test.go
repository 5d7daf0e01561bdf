package law

// Easter and RuleIn let the tests see the computus and a table of their own.
var (
	Easter = easter
	RuleIn = ruleAt
)
