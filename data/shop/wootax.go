package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strings"
	"time"
)

// wooTaxes is what the shop would work an order's taxes out with today.
type wooTaxes struct {
	read    time.Time
	on      bool
	country string // the shop's own
	percent map[string]*big.Rat
	where   map[string]bool // countries that have a rate; "" for all
}

// sameTaxes tells whether WooCommerce would come to the same taxes as the
// order's if it worked them out again, which it does whenever a line of the
// order is sent to it. ErrTaxes: it would not, or that cannot be known.
func (d *wooDesk) sameTaxes(ctx context.Context, o wooRecord) error {
	t, err := d.taxes(ctx)
	if errors.Is(err, ErrAuth) || errors.Is(err, ErrNotWoo) {
		return ErrTaxes // the key may not see the settings
	}
	if err != nil {
		return err
	}
	used := 0
	for _, r := range o.TaxLines {
		var line struct {
			Rate    loose `json:"rate_id"`
			Percent loose `json:"rate_percent"`
		}
		if err := json.Unmarshal(r, &line); err != nil {
			return fmt.Errorf("%w: tax_lines not shaped like lines of tax", ErrAnswer)
		}
		then, ok := new(big.Rat).SetString(string(line.Percent))
		now := t.percent[string(line.Rate)]
		if !t.on || !ok || now == nil || now.Cmp(then) != 0 {
			return ErrTaxes
		}
		used++
	}
	switch {
	case used > 0:
		return nil
	case strings.Trim(string(o.TotalTax), "0.") != "":
		return ErrTaxes // taxes from nowhere
	case !t.on:
		return nil
	}
	// The order has no taxes and the shop has them by now: they would be added.
	for _, c := range []string{"", string(o.Billing["country"]), string(o.Shipping["country"]), t.country} {
		if t.where[strings.ToUpper(c)] {
			return ErrTaxes
		}
	}
	return nil
}

func (d *wooDesk) taxes(ctx context.Context) (*wooTaxes, error) {
	d.mu.Lock()
	t := d.rates
	d.mu.Unlock()
	if t != nil && d.w.now().Sub(t.read) < wooRatesFor {
		return t, nil
	}
	t = &wooTaxes{read: d.w.now(), percent: map[string]*big.Rat{}, where: map[string]bool{}}
	setting := func(name string) (string, error) {
		raw, err := d.get(ctx, d.w.client, wooAPI+"/settings/general/"+name, nil)
		if err != nil {
			return "", err
		}
		var s struct {
			Value loose `json:"value"`
		}
		if err := json.Unmarshal(raw, &s); err != nil || s.Value == "" {
			return "", fmt.Errorf("%w: not a setting", ErrAnswer)
		}
		return string(s.Value), nil
	}
	on, err := setting("woocommerce_calc_taxes")
	if err != nil {
		return nil, err
	}
	if t.on = on != "no"; t.on {
		country, err := setting("woocommerce_default_country") // "FR", or "FR:59"
		if err != nil {
			return nil, err
		}
		t.country, _, _ = strings.Cut(strings.ToUpper(country), ":")
		for page := 1; page <= 100; page++ {
			a, err := d.w.list(ctx, "/taxes", url.Values{"per_page": {"100"}, "page": {fmt.Sprint(page)}})
			if err != nil {
				return nil, err
			}
			for _, r := range a.items {
				var rate struct {
					ID      loose `json:"id"`
					Country loose `json:"country"`
					Rate    loose `json:"rate"`
				}
				if err := json.Unmarshal(r, &rate); err != nil {
					return nil, fmt.Errorf("%w: not a rate of tax", ErrAnswer)
				}
				if p, ok := new(big.Rat).SetString(string(rate.Rate)); ok {
					t.percent[string(rate.ID)] = p
				}
				t.where[strings.ToUpper(string(rate.Country))] = true
			}
			if len(a.items) == 0 || a.pages <= page {
				break
			}
		}
	}
	d.mu.Lock()
	d.rates = t
	d.mu.Unlock()
	return t, nil
}
