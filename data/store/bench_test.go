package store_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/app/order"
	"greffier/app/request"
	"greffier/data/store"
)

// batch is how many orders or messages the façade stores in one transaction.
const batch = 64

func manyOrders(n int, at time.Time) []order.Order {
	out := make([]order.Order, n)
	for i := range out {
		out[i] = order.Order{Shop: "woo", Ref: fmt.Sprint(i), Number: fmt.Sprint(10000 + i), Status: "completed", State: order.Completed,
			CreatedAt: at.Add(time.Duration(i) * time.Minute), ModifiedAt: at.Add(time.Duration(i) * time.Minute), Total: "59.00", Currency: "EUR",
			Customer: order.Customer{Email: fmt.Sprintf("client%d@example.org", i*2/3), FirstName: "Anouk", LastName: "Morel", Address: "1 rue du Port", City: "Quimper", Country: "FR"},
			Photos:   []string{fmt.Sprintf("uploads/%d/a.jpg", i), fmt.Sprintf("uploads/%d/b.jpg", i)}}
	}
	return out
}

func putAll(tb testing.TB, s *store.Store, all []order.Order) {
	tb.Helper()
	for len(all) > 0 {
		n := min(batch, len(all))
		update(tb, s, func(tx *store.Tx) {
			for _, o := range all[:n] {
				_, _, _, err := tx.PutOrder(o)
				must(tb, err)
			}
		})
		all = all[n:]
	}
}

func BenchmarkPutOrder10000NewInBatches(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := fresh(b)
		all := manyOrders(10000, day)
		b.StartTimer()
		putAll(b, s, all)
	}
}

func BenchmarkPutOrder10000UnchangedInBatches(b *testing.B) {
	s := fresh(b)
	all := manyOrders(10000, day)
	putAll(b, s, all)
	for b.Loop() {
		putAll(b, s, all)
	}
}

func BenchmarkPutOrder10000ChangedInBatches(b *testing.B) {
	s := fresh(b)
	all := manyOrders(10000, day)
	putAll(b, s, all)
	n := 0
	for b.Loop() {
		n++
		for i := range all {
			all[i].Status = fmt.Sprint("state ", n)
			all[i].Customer.Email = fmt.Sprintf("client%d-%d@example.org", n, i)
		}
		putAll(b, s, all)
	}
}

func BenchmarkOrders10000(b *testing.B) {
	s := fresh(b)
	putAll(b, s, manyOrders(10000, day))
	for b.Loop() {
		view(b, s, func(tx *store.Tx) {
			got, err := tx.Orders()
			must(b, err)
			if len(got) != 10000 {
				b.Fatal(len(got))
			}
		})
	}
}

// Two hundred thousand orders are the largest shop that is promised.
const many = 200000

func BenchmarkEachOrder200000(b *testing.B) {
	s := fresh(b)
	putAll(b, s, manyOrders(many, day))
	for b.Loop() {
		var peak uint64
		n := 0
		view(b, s, func(tx *store.Tx) {
			must(b, tx.EachOrder(func(order.Order) error {
				if n++; n%20000 == 0 {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapAlloc)
				}
				return nil
			}))
		})
		if n != many {
			b.Fatal(n)
		}
		b.ReportMetric(float64(peak)/(1<<20), "peak-heap-MB")
	}
}

func BenchmarkMarkSeen200000AndUnseen(b *testing.B) {
	s := fresh(b)
	all := manyOrders(many, day)
	putAll(b, s, all)
	refs := make([]string, many)
	for i, o := range all {
		refs[i] = o.Ref
	}
	var reading int64
	for b.Loop() {
		reading++
		for at := 0; at < many; at += 1000 {
			update(b, s, func(tx *store.Tx) { must(b, tx.MarkSeen("woo", refs[at:at+1000], reading)) })
		}
		view(b, s, func(tx *store.Tx) {
			ids, err := tx.Unseen("woo", reading)
			must(b, err)
			if len(ids) != 0 {
				b.Fatal(len(ids))
			}
		})
	}
}

func BenchmarkPutMessage2000(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := fresh(b)
		b.StartTimer()
		for i := 0; i < 2000; i += batch {
			update(b, s, func(tx *store.Tx) {
				for k := i; k < min(i+batch, 2000); k++ {
					m := mailbox.Message{MessageID: fmt.Sprint(k, "@x"), ReceivedAt: day.Add(time.Duration(k) * time.Minute), FromFields: 1, Subject: "Where is my parcel?",
						From: []mailbox.Address{{Email: fmt.Sprintf("client%d@example.org", k)}}, Text: "Hello, where is my parcel?", Raw: fmt.Appendf(nil, "Message-ID: <%d@x>\r\n\r\nHello", k)}
					_, err := tx.CaseOfThread([]string{fmt.Sprint(k-1, "@x")})
					must(b, err)
					_, err = tx.CasesByEmail(m.From[0].Email)
					must(b, err)
					_, _, err = tx.PutMessage(request.Judged{Message: m, Verdict: request.Verdict{Kind: request.Ordinary, Confidence: 1}})
					must(b, err)
				}
			})
		}
	}
}
