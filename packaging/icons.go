package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
)

// icons returns the icon, a square PNG, in other sizes.
func icons(from string, sizes []int) ([][]byte, error) {
	f, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	whole, err := png.Decode(f)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, n := range sizes {
		small := image.NewNRGBA(image.Rect(0, 0, n, n))
		draw.CatmullRom.Scale(small, small.Bounds(), whole, whole.Bounds(), draw.Src, nil)
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, small); err != nil {
			return nil, err
		}
		out = append(out, b.Bytes())
	}
	return out, nil
}

// windowsIcon writes the icon as Windows has it: a list of PNGs.
func (p *pack) windowsIcon(path string) error {
	sizes := []int{16, 32, 48, 256}
	images, err := icons(filepath.Join(p.root, "assets/icon.png"), sizes)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.LittleEndian, v) }
	put([]uint16{0, 1, uint16(len(images))})
	at := 6 + 16*len(images)
	for i, img := range images {
		put([]uint8{uint8(sizes[i]), uint8(sizes[i]), 0, 0}) // 256 is written as 0
		put([]uint16{1, 32})
		put([]uint32{uint32(len(img)), uint32(at)})
		at += len(img)
	}
	for _, img := range images {
		b.Write(img)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
