// Package effects holds what a right other than copy and erasure does to the
// data: a restriction that every other function honours (GDPR Art. 18), a use
// that has stopped (Art. 21(2) and (3), 7(3)), a field that was put right (Art.
// 16). It is pure: records and the rules on them, the ports through which a shop
// is changed, and the lists that newsletter tools give and take. It stands on
// orders, cases and plans; it stores nothing, sends nothing and erases nothing.
package effects
