package demo

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ErrMarker says that the file which remembers the first start cannot be read.
// The demonstration then refuses to start, because writing the photographs anew
// could bring back erased ones.
var ErrMarker = errors.New("the file demo.json of the demonstration cannot be read: delete its whole folder to begin anew")

// markerName is the file that says that the photographs were written.
const markerName = "demo.json"

const (
	markerFormat   = 1
	markerMaxBytes = 64 << 10
	// worldSeed chooses the faces, the hours and the names of files.
	worldSeed = 20260102
)

// marker is what a later start needs to build the same world again.
type marker struct {
	Format   int       `json:"format"`
	Seed     uint64    `json:"seed"`
	Now      time.Time `json:"now"` // UTC, whole seconds
	Password string    `json:"password"`
	Key      string    `json:"key"`
	Secret   string    `json:"secret"`
	// The ports of the last start, taken again when they are free, so that a
	// profile made then still finds the servers.
	IMAPPort int `json:"imap_port"`
	ShopPort int `json:"shop_port"`
}

// newMarker begins a world.
func newMarker(now time.Time) marker {
	return marker{
		Format: markerFormat, Seed: worldSeed, Now: now.UTC().Truncate(time.Second),
		Password: rand.Text(), Key: "ck_" + rand.Text(), Secret: "cs_" + rand.Text(),
	}
}

// readMarker returns false when there was no first start yet, and ErrMarker.
func readMarker(dir string) (marker, bool, error) {
	path := filepath.Join(dir, markerName)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return marker{}, false, nil
	}
	if err != nil {
		return marker{}, false, fmt.Errorf("%w: %w", ErrMarker, bare(err))
	}
	if info.Size() > markerMaxBytes {
		return marker{}, false, fmt.Errorf("%w: it is too long", ErrMarker)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return marker{}, false, fmt.Errorf("%w: %w", ErrMarker, bare(err))
	}
	var m marker
	if err := json.Unmarshal(raw, &m); err != nil {
		return marker{}, false, fmt.Errorf("%w: it is not JSON", ErrMarker)
	}
	year := m.Now.Year()
	port := func(p int) bool { return p >= 0 && p <= 65535 }
	if m.Format != markerFormat || year < 2000 || year > 2999 || !port(m.IMAPPort) || !port(m.ShopPort) ||
		m.Password == "" || m.Key == "" || m.Secret == "" {
		return marker{}, false, fmt.Errorf("%w: it is of another version, or damaged", ErrMarker)
	}
	m.Now = m.Now.UTC()
	return m, true, nil
}

// write replaces the marker as a whole: half a marker would be a refused start.
func (m marker) write(dir string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, markerName+".*") // 0600: it holds the mailbox's password
	if err != nil {
		return bare(err)
	}
	defer os.Remove(f.Name()) // gone already after the rename
	_, err = f.Write(append(raw, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return bare(err)
	}
	return bare(os.Rename(f.Name(), filepath.Join(dir, markerName)))
}

// bare takes the path out of an error: it may name a person's home.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return fmt.Errorf("%s: %w", link.Op, link.Err)
	}
	return err
}
