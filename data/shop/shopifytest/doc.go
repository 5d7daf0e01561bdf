// Package shopifytest is a server that answers as Shopify's GraphQL Admin API
// does to a program that reads orders and erases personal data. It stands in
// for a shop in tests.
//
// It is shaped after the documentation of the API in version 2026-10: the names
// of types, fields, arguments and inputs, the two ways to a token, scopes, the
// cost of queries and THROTTLED, MAX_COST_EXCEEDED and ACCESS_DENIED, pages of at
// most 250, the 60 days without read_all_orders, bulk operations and their
// files. It refuses fields, arguments and inputs that the documentation does
// not have. No real shop was asked. From memory, or assumed because the
// documentation does not say, are: how costs add up, that status:any is the
// filter for all orders, that an empty text empties a field of an order, what a
// customer looks like when Shopify has erased her, and the texts of errors.
//
// In from the left: orders and customers put by a test. Out to the right: HTTP
// answers to data/shop. It never stores anything and never calls out.
package shopifytest
