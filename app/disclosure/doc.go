// Package disclosure decides what goes into the copy of a person's data, what
// is told with it, and what is left out and why.
//
// In from the left: the orders of a case, its messages, objects that the
// storages hold now, the registers. Out to the right: a Copy of items by
// category, and what is made of it for a person to read and for a machine.
//
// It serves GDPR Art. 15(1) to (4) (access) and Art. 20 (portability). Data of
// other people are masked or left out unless the owner says otherwise (Art.
// 15(4), 20(4)); the recipients are named (CJEU C-154/21).
//
// It never looks at a storage, a clock or a file, and writes nothing.
package disclosure
