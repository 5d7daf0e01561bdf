package shop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"greffier/app/order"
)

// openFile opens the file of a shop that is one and tells its size in bytes.
func openFile(name, path string) (*os.File, int, error) {
	// The kind of file is looked at before it is opened: opening a pipe that
	// nobody writes to would wait for ever.
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("open %s: %w", name, ErrNoFile)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open %s: %w: %w", name, ErrUnreadable, bare(err))
	}
	if !st.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("open %s: %w: not a regular file", name, ErrUnreadable)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("open %s: %w: %w", name, ErrUnreadable, bare(err))
	}
	return f, int(st.Size()), nil
}

// bare takes the path off a file error: a folder may be named after a person.
func bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// zoneAndNow are those of a file's source, with what stands in for none.
func zoneAndNow(name string, zone *time.Location, now func() time.Time) (*time.Location, time.Time, error) {
	if zone == nil {
		var err error
		if zone, err = time.LoadLocation("Europe/Paris"); err != nil {
			return nil, time.Time{}, fmt.Errorf("read %s: %w", name, err)
		}
	}
	if now == nil {
		now = time.Now
	}
	return zone, now(), nil
}

// checkFile reads a whole file without keeping anything and says what is in it.
func checkFile(ctx context.Context, file order.Source) (string, error) {
	orders, problems := 0, 0
	_, err := file.Changed(ctx, time.Time{},
		func(order.Order) error { orders++; return nil },
		func(order.Problem) error { problems++; return nil }, nil)
	if err != nil {
		return "", err
	}
	if problems > 0 {
		return fmt.Sprintf("%d orders, %d problems", orders, problems), nil
	}
	return fmt.Sprintf("%d orders", orders), nil
}

// rows hands over what a line of a file gave: first what is wrong, then the
// orders that are whole by now.
func (l listener) rows(name string, line int, orders []order.Order, problems []rowProblem) error {
	for _, q := range problems {
		if err := l.problem(fmt.Sprintf("%s line %d", name, q.line), q.what); err != nil {
			return err
		}
	}
	for i := range orders {
		if err := l.got(orders[i]); err != nil {
			return fmt.Errorf("keep order of %s line %d: %w", name, line, err)
		}
	}
	return nil
}
