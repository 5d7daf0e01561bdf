// Package prestatest is a server that answers as PrestaShop's webservice does
// to a program that reads orders and erases personal data. It stands in for a
// shop in tests.
//
// It is shaped after the documentation of the webservice for PrestaShop 8 and 9
// (lists and their parameters, the fields of each resource, which are required
// and which are not writable) and after the published source of
// WebserviceRequest, Order, Customer, Address and Customization (numbers of
// errors, what PUT does to a field that is missing, what writing an order's
// state sets off, what deleting a customer takes along). No real PrestaShop was
// run beside it. An empty list as [] in JSON, and the order of the elements of
// a text in several languages, are from memory.
//
// In from the left: records put by a test. Out to the right: HTTP answers to
// data/shop. It never stores anything and never calls out.
package prestatest
