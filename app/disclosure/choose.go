package disclosure

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// maxReason bounds a reason for leaving out, which the person reads.
const maxReason = 500

// Apply returns the copy as the owner decided: what she leaves out with her
// reason, what she puts in. It names the files of what is in it. ErrNoItem for a
// choice that names nothing that could be chosen, ErrLeaveOut without a reason,
// ErrEmptyCopy where nothing is left.
func (c Copy) Apply(ch Choices) (Copy, error) {
	p := pen{fr: c.Lang == "fr", zone: c.Zone}
	c.Categories = slices.Clone(c.Categories)
	for n := range c.Categories {
		c.Categories[n].Items = slices.Clone(c.Categories[n].Items)
	}
	find := func(id string) (*Item, error) {
		for n := range c.Categories {
			for k := range c.Categories[n].Items {
				if i := &c.Categories[n].Items[k]; i.ID == id && !i.Fixed {
					return i, nil
				}
			}
		}
		return nil, fmt.Errorf("choose what goes into a copy: %w", ErrNoItem)
	}
	for _, id := range ch.Include {
		i, err := find(id)
		if err != nil {
			return c, err
		}
		i.Included, i.Why, i.Article = true, "", ""
	}
	for _, id := range slices.Sorted(maps.Keys(ch.LeaveOut)) {
		i, err := find(id)
		if err != nil {
			return c, err
		}
		why := line(ch.LeaveOut[id], maxReason)
		if why == "" {
			return c, ErrLeaveOut
		}
		i.Included, i.Why, i.Article = false, why, others
		if c.Kind == Portability {
			i.Article = othersPortable
		}
	}
	if c.Items() == 0 {
		return c, ErrEmptyCopy
	}
	c.name(p)
	return c, nil
}

// folders are where the files of a category lie. The names tell nothing of the
// person: they can be read without the passphrase.
var folders = map[string]string{Photos: "photos", Portraits: "portraits", Derived: "derived", Messages: "messages"}

// imageKinds are the endings that are kept; any other is told by the original
// name in data.json alone.
var imageKinds = map[string]bool{".jpg": true, ".jpeg": true, ".png": true, ".heic": true, ".heif": true, ".webp": true, ".gif": true, ".tif": true, ".tiff": true, ".avif": true, ".bmp": true, ".pdf": true, ".svg": true, ".zip": true}

func (c *Copy) name(p pen) {
	for n := range c.Categories {
		k, at := &c.Categories[n], 0
		for j := range k.Items {
			i := &k.Items[j]
			i.File = ""
			if !i.Included || !i.HasContent() && i.eml == nil {
				continue
			}
			at++
			ext := ".eml"
			if i.HasContent() {
				if ext = strings.ToLower(path.Ext(i.Object.Key)); !imageKinds[ext] {
					ext = ".bin"
				}
			}
			i.File = fmt.Sprintf("%s/%03d%s", folders[k.Key], at, ext)
		}
	}
}
