package reports

import (
	"encoding/binary"
	"math"
	"sync"
)

// sRGB is the colour profile that an archived PDF names as its output intent:
// the primaries and the curve of IEC 61966-2-1, written here as a version 2
// matrix profile (ICC.1:2001-04), so that no file of anybody is shipped.
var sRGB = sync.OnceValue(func() []byte {
	type tag struct {
		name string
		data []byte
	}
	be := binary.BigEndian
	xyz := func(x, y, z uint32) []byte {
		b := append([]byte("XYZ "), 0, 0, 0, 0)
		return be.AppendUint32(be.AppendUint32(be.AppendUint32(b, x), y), z)
	}
	const name = "sRGB IEC61966-2-1"
	desc := append([]byte("desc"), 0, 0, 0, 0)
	desc = be.AppendUint32(desc, uint32(len(name)+1))
	desc = append(append(desc, name...), 0)
	desc = append(desc, make([]byte, 4+4+2+1+67)...) // neither Unicode nor Macintosh name

	const steps = 1024
	curve := append([]byte("curv"), 0, 0, 0, 0)
	curve = be.AppendUint32(curve, steps)
	for i := range steps {
		v := float64(i) / (steps - 1)
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		curve = be.AppendUint16(curve, uint16(math.Round(v*65535)))
	}
	// Numbers are s15Fixed16; the primaries are adapted to D50.
	tags := []tag{
		{"desc", desc},
		{"cprt", append([]byte("text\x00\x00\x00\x00"), "No copyright, use freely\x00"...)},
		{"wtpt", xyz(0xF6D6, 0x10000, 0xD32D)},
		{"rXYZ", xyz(0x6FA2, 0x38F5, 0x0390)},
		{"gXYZ", xyz(0x6299, 0xB785, 0x18DA)},
		{"bXYZ", xyz(0x24A0, 0x0F84, 0xB6CF)},
		{"rTRC", curve}, {"gTRC", nil}, {"bTRC", nil}, // one curve for all three
	}
	at := 128 + 4 + 12*len(tags)
	table := be.AppendUint32(nil, uint32(len(tags)))
	var body []byte
	var last, size int
	for _, t := range tags {
		if t.data != nil {
			last, size = at+len(body), len(t.data)
			body = append(body, t.data...)
			body = append(body, make([]byte, -len(body)&3)...)
		}
		table = append(table, t.name...)
		table = be.AppendUint32(be.AppendUint32(table, uint32(last)), uint32(size))
	}
	head := make([]byte, 128)
	be.PutUint32(head, uint32(at+len(body)))
	be.PutUint32(head[8:], 0x02100000)
	copy(head[12:], "mntrRGB XYZ ")
	be.PutUint16(head[24:], 2026) // made in January 2026
	be.PutUint16(head[26:], 1)
	be.PutUint16(head[28:], 1)
	copy(head[36:], "acsp")
	be.PutUint32(head[68:], 0xF6D6) // D50, the illuminant of the connection space
	be.PutUint32(head[72:], 0x10000)
	be.PutUint32(head[76:], 0xD32D)
	return append(append(head, table...), body...)
})
