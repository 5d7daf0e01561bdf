package ui

// RulesFacade is what the window asks of retention rules, holds, archives and what they make due.
type RulesFacade interface {
}
