package app

import (
	"context"
	"errors"

	"greffier/app/evidence"
	"greffier/app/order"
)

// ErrNoColumns says that a shop is no file whose columns could be named.
var ErrNoColumns = errors.New("this shop has no columns to name")

// MappedShops returns the names of the shops that are files with columns.
func (a *App) MappedShops() []string {
	var out []string
	for _, s := range a.d.Shops {
		if _, ok := s.(order.Mapped); ok {
			out = append(out, s.Name())
		}
	}
	return out
}

func (a *App) mapped(shop string) (order.Mapped, error) {
	for _, s := range a.d.Shops {
		if m, ok := s.(order.Mapped); ok && s.Name() == shop {
			return m, nil
		}
	}
	return nil, ErrNoColumns
}

// ShopColumns returns the columns of a shop's file, what its first record has
// in them, and which of them is read as what. ErrNoColumns for a shop that is
// no such file.
func (a *App) ShopColumns(ctx context.Context, shop string) (ColumnsView, error) {
	m, err := a.mapped(shop)
	if err != nil {
		return ColumnsView{}, err
	}
	v := ColumnsView{Shop: shop, Mapping: m.Mapping(), Fields: order.Columns(), Needed: order.NeededColumns()}
	v.Names, v.Sample, err = m.Columns(ctx)
	return v, err
}

// SaveColumns keeps which column of a shop's file is read as what. The next
// reading is a full one. ErrBusy while one is under way.
func (a *App) SaveColumns(ctx context.Context, shop string, mapping map[string]string) error {
	m, err := a.mapped(shop)
	if err != nil {
		return err
	}
	if !a.syncing.TryLock() {
		return ErrBusy // a reading under way would end as if nothing had changed
	}
	defer a.syncing.Unlock()
	if err := m.SetMapping(mapping); err != nil {
		return err
	}
	if a.d.SaveColumns != nil {
		if err := a.d.SaveColumns(shop, mapping); err != nil {
			return err
		}
	}
	return a.update(ctx, func(tx Tx) error {
		st, err := shopStateOf(tx, shop)
		if err != nil {
			return err
		}
		if err := putShopState(tx, shop, shopState{Reading: st.Reading}); err != nil {
			return err
		}
		return a.journal(tx, owner, evidence.ActSettingsChanged, "shop "+shop, nil)
	})
}
