package reach

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

func TestTheClockIsComparedWithWhatServersSay(t *testing.T) {
	now := time.Now()
	answer := func(host string, said time.Time, head ...string) {
		h := http.Header{"Date": {said.UTC().Format(http.TimeFormat)}}
		if len(head) == 2 {
			h.Set(head[0], head[1])
		}
		Hear(&http.Response{Header: h, Request: &http.Request{URL: &url.URL{Scheme: "https", Host: host}}})
	}
	clear(heard.by)
	Hear(nil)
	answer("127.0.0.1:8080", now.Add(-72*time.Hour))
	answer("localhost", now.Add(-72*time.Hour))
	answer("[::1]:1", now.Add(-72*time.Hour))
	answer("cache.example", now.Add(-72*time.Hour), "Age", "9")
	answer("odd.example", now, "Date", "yesterday")
	if ahead, known := Ahead(); known {
		t.Errorf("nobody outside said the time, and: %s", ahead)
	}
	answer("shop.example", now)
	if ahead, known := Ahead(); !known || ahead > time.Minute || ahead < -time.Minute {
		t.Errorf("the same time: %s %v", ahead, known)
	}
	// One server is enough to doubt it; what comes late from the same one is not.
	answer("shop.example", now.Add(-50*time.Hour))
	if ahead, _ := Ahead(); ahead > time.Minute {
		t.Errorf("an answer that waited on the way: %s", ahead)
	}
	answer("storage.example", now.Add(-50*time.Hour))
	if ahead, known := Ahead(); !known || ahead < 49*time.Hour || ahead > 51*time.Hour {
		t.Errorf("two days ahead: %s %v", ahead, known)
	}
	if ahead, known := aheadAt(now.Add(2 * time.Hour)); known {
		t.Errorf("what was said two hours ago: %s", ahead)
	}
}
