package cases_test

import (
	"time"

	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
)

var (
	paris = law.Paris()
	// received is Thursday 5 March 2026, 10:00 in Paris: due on 7 April.
	received = time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	now      = received.Add(2 * time.Hour)
)

func day(n int) time.Time { return received.AddDate(0, 0, n) }

var shop = []order.Order{
	{ID: 1, Number: "1042", Customer: order.Customer{Email: "Anne.Martin@Example.org", FirstName: "Anne", LastName: "Martin", Postcode: "59800"}},
	{ID: 2, Number: "1043", Customer: order.Customer{Email: "anne.martin@example.org", FirstName: "Anne", LastName: "Martin", Postcode: "59800"}},
	{ID: 3, Number: "1044", Customer: order.Customer{Email: "luc@fermeduchene.fr", FirstName: "Luc", LastName: "Éloi-Béchard", Postcode: "75011"}},
	{ID: 4, Number: "00077", Customer: order.Customer{Email: "zoe@example.net", FirstName: "Zoé", LastName: "D'Arcy", Postcode: "1000"}},
	{ID: 5, Number: "1045", Erased: true},
	{ID: 6, Number: "1046", Customer: order.Customer{}},
}

func mail(from, text string) mailbox.Message {
	return mailbox.Message{
		ID: 7, MessageID: "<a1@example.org>", ReceivedAt: received, Subject: "Mes photos", Text: text, FromFields: 1,
		From: []mailbox.Address{{Name: "Anne Martin", Email: from}},
	}
}

func signed(m mailbox.Message) mailbox.Message {
	m.Auth = mailbox.Authentication{AuthServID: "mx.example.net", SPF: mailbox.Pass, DKIM: mailbox.Pass, DMARC: mailbox.Pass, DKIMDomain: "example.org", SPFDomain: "example.org"}
	return m
}

func asks(rights ...request.Right) request.Verdict {
	v := request.Verdict{Kind: request.Request, Confidence: 0.97, Language: "fr"}
	for _, r := range rights {
		v.Findings = append(v.Findings, request.Finding{Right: r, Confidence: 0.97})
	}
	return v
}

func marked(v request.Verdict, ms ...request.Mark) request.Verdict {
	for _, m := range ms {
		v.Marks = append(v.Marks, request.MarkFound{Mark: m})
	}
	return v
}

func naming(v request.Verdict, numbers ...string) request.Verdict {
	v.Orders = numbers
	return v
}

// opened is a case on an erasure by the customer of two orders, her provider
// silent.
func opened(rights ...request.Right) cases.Case {
	if len(rights) == 0 {
		rights = []request.Right{request.Erasure}
	}
	c := cases.Open(mail("anne.martin@example.org", "Effacez mes photos."), asks(rights...), shop, now, paris)
	c.ID = 12
	return c
}

func input(n int) cases.Input { return cases.Input{At: day(n)} }
