package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// writePhotos puts the photographs, portraits and thumbnails that the storage
// holds at the first start below root, each with the date at which it came. A
// file that is there already, from a start that was cut off, is written anew.
func (w *world) writePhotos(ctx context.Context, root string) error {
	for _, o := range w.orders {
		if !o.kept {
			continue
		}
		who := newPerson(w.random("person", o.LastName, o.Number))
		if err := w.writeUploads(ctx, root, who, o.files); err != nil {
			return err
		}
		// A cancelled order and one that came in yesterday have no portrait.
		made := o.Created.Add(26 * time.Hour)
		if o.Status == "cancelled" || made.After(w.now) {
			continue
		}
		key := path.Join("portraits", o.Number, "portrait-1.jpg")
		if err := writeJPEG(root, key, who.portrait(w.random("portrait", o.Number)), made); err != nil {
			return err
		}
	}
	for _, o := range w.orphans {
		if err := w.writeUploads(ctx, root, newPerson(w.random("person", o.folder)), o.files); err != nil {
			return err
		}
	}
	return nil
}

// writeUploads writes photographs and the thumbnail of each.
func (w *world) writeUploads(ctx context.Context, root string, who person, files []upload) error {
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		img := who.photo(w.random("photo", f.key))
		if err := writeJPEG(root, f.key, img, f.at); err != nil {
			return err
		}
		key := "thumbs/" + strings.TrimPrefix(f.key, "uploads/")
		if err := writeJPEG(root, key, thumb(img), f.at.Add(9*time.Second)); err != nil {
			return err
		}
	}
	return nil
}

func encodeJPEG(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 82}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeJPEG(root, key string, img image.Image, at time.Time) error {
	raw, err := encodeJPEG(img)
	if err != nil {
		return fmt.Errorf("draw %s: %w", key, err)
	}
	name := filepath.Join(root, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("write %s: %w", key, bare(err))
	}
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", key, bare(err))
	}
	if err := os.Chtimes(name, at, at); err != nil {
		return fmt.Errorf("date %s: %w", key, bare(err))
	}
	return nil
}
