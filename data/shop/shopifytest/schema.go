package shopifytest

import "strings"

// kind is the type of one field: what it is of, and whether it is a list or a
// connection.
type kind struct {
	of         string
	list, conn bool
	args       map[string]bool
}

// schema is the part of the Admin API, version 2026-10, that the server has.
// A type in brackets is a list, one with an @ a connection.
var schema = func() map[string]map[string]kind {
	page := "first,after,last,before,reverse"
	def := map[string]string{
		"QueryRoot": `orders(` + page + `,sortKey,query,savedSearchId):@Order order(id):Order customer(id):Customer customers(` + page + `,sortKey,query):@Customer customerByIdentifier(identifier):Customer ordersCount(limit,query,savedSearchId):Count
			currentAppInstallation:AppInstallation bulkOperation(id):BulkOperation`,
		"Mutation": `orderUpdate(input):OrderUpdatePayload customerUpdate(input):CustomerUpdatePayload metafieldsDelete(metafields):MetafieldsDeletePayload
			customerAddressDelete(customerId,addressId):CustomerAddressDeletePayload customerRequestDataErasure(customerId):CustomerRequestDataErasurePayload
			customerEmailMarketingConsentUpdate(input):CustomerEmailMarketingConsentUpdatePayload bulkOperationRunQuery(query,groupObjects):BulkOperationRunQueryPayload`,
		"Order": `id name createdAt updatedAt processedAt closedAt cancelledAt test displayFinancialStatus displayFulfillmentStatus email phone note tags clientIp poNumber
			customer:Customer billingAddress:MailingAddress shippingAddress:MailingAddress totalPriceSet:MoneyBag currentTotalPriceSet:MoneyBag customAttributes:[Attribute
			fulfillments(first,query):[Fulfillment lineItems(` + page + `):@LineItem metafields(` + page + `,namespace,keys):@Metafield`,
		"LineItem":    `id name sku quantity customAttributes:[Attribute`,
		"Fulfillment": `id status displayStatus createdAt updatedAt deliveredAt inTransitAt`,
		"Customer": `id firstName lastName note tags numberOfOrders defaultEmailAddress:CustomerEmailAddress defaultPhoneNumber:CustomerPhoneNumber
			addressesV2(` + page + `):@MailingAddress metafields(` + page + `,namespace,keys):@Metafield orders(` + page + `,sortKey,query):@Order`,
		"CustomerEmailAddress":  `emailAddress marketingState`,
		"CustomerPhoneNumber":   `phoneNumber`,
		"MailingAddress":        `id firstName lastName name company address1 address2 zip city province provinceCode country countryCodeV2 phone`,
		"MoneyBag":              `shopMoney:MoneyV2 presentmentMoney:MoneyV2`,
		"MoneyV2":               `amount currencyCode`,
		"Attribute":             `key value`,
		"Metafield":             `id namespace key type value`,
		"Count":                 `count precision`,
		"AppInstallation":       `id accessScopes:[AccessScope`,
		"AccessScope":           `handle description`,
		"BulkOperation":         `id status errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl type query`,
		"PageInfo":              `hasNextPage hasPreviousPage startCursor endCursor`,
		"UserError":             `field message`,
		"ErasureUserError":      `field message code`,
		"MetafieldIdentifier":   `key namespace ownerId`,
		"OrderUpdatePayload":    `order:Order userErrors:[UserError`,
		"CustomerUpdatePayload": `customer:Customer userErrors:[UserError`,

		"MetafieldsDeletePayload":                    `deletedMetafields:[MetafieldIdentifier userErrors:[UserError`,
		"CustomerAddressDeletePayload":               `deletedAddressId userErrors:[UserError`,
		"CustomerRequestDataErasurePayload":          `customerId userErrors:[ErasureUserError`,
		"CustomerEmailMarketingConsentUpdatePayload": `customer:Customer userErrors:[UserError`,
		"BulkOperationRunQueryPayload":               `bulkOperation:BulkOperation userErrors:[UserError`,
	}
	out := map[string]map[string]kind{}
	for name, fields := range def {
		out[name] = map[string]kind{}
		for _, f := range strings.Fields(fields) {
			k := kind{}
			f, k.of, _ = strings.Cut(f, ":")
			if k.of != "" {
				k.list, k.conn = k.of[0] == '[', k.of[0] == '@'
				k.of = strings.TrimLeft(k.of, "[@")
			}
			f, args, _ := strings.Cut(strings.TrimSuffix(f, ")"), "(")
			if args != "" {
				k.args = map[string]bool{}
				for _, a := range strings.Split(args, ",") {
					k.args[a] = true
				}
			}
			out[name][f] = k
		}
	}
	return out
}()

// inputs are the fields of the inputs.
var inputs = map[string]string{
	"OrderInput":    "id email phone note tags poNumber customAttributes shippingAddress metafields localizedFields",
	"CustomerInput": "id email phone firstName lastName note tags locale metafields taxExempt taxExemptions emailMarketingConsent smsMarketingConsent multipassIdentifier",
	"CustomerEmailMarketingConsentUpdateInput": "customerId emailMarketingConsent",
	"MailingAddressInput":                      "address1 address2 city company countryCode firstName lastName phone provinceCode zip",
}

// unknown returns the first field of an input that its type does not have.
func unknown(kind string, in map[string]any) string {
	have := map[string]bool{}
	for _, f := range strings.Fields(inputs[kind]) {
		have[f] = true
	}
	for f := range in {
		if !have[f] {
			return f
		}
	}
	return ""
}
