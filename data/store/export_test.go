package store

import "io/fs"

// SetMigrations replaces the migrations and returns what puts them back.
func SetMigrations(f fs.FS) (restore func()) {
	was := migrationFiles
	migrationFiles = f
	return func() { migrationFiles = was }
}

// Migrations are the program's own.
func Migrations() fs.FS { return migrations }

// NewestFirst is the query by which orders are listed.
const NewestFirst = selectOrders + newestFirst
