// Package plan makes the plan of an erasure: each object of the storages and
// each record of the shop in one of three groups, erase, restrict or keep,
// every one with its ground.
//
// In from the left: orders, locators, a fresh listing of the storages and of the
// shops' records, holds. Survey looks for a few orders, Sweep at everything,
// with an Index of all orders and without a list of what it sees.
//
// Out to the right: a Plan with a hash, which app/erasure runs once it was
// confirmed by that hash. Building is pure; it never erases anything.
package plan
