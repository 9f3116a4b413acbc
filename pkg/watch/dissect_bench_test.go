package watch

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

func TestDissectDoesNotAllocate(t *testing.T) {
	d := NewDissector(vectorKey())
	var frames []netio.Frame
	for _, name := range vectors(t) {
		frames = append(frames, readVector(t, name)...)
	}
	var p Packet
	signed := 0
	if n := testing.AllocsPerRun(10, func() {
		for i := range frames {
			if d.Dissect(&frames[i], &p); p.HMAC != nil {
				signed++
			}
		}
	}); n != 0 || signed == 0 {
		t.Errorf("%v allocations for %d frames, %d of them signed", n, len(frames), signed)
	}
}

func BenchmarkDissect(b *testing.B) {
	for _, name := range vectors(b) {
		b.Run(name, func(b *testing.B) {
			d, frame := NewDissector(vectorKey()), firstAdvert(b, name)
			var p Packet
			b.ReportAllocs()
			for b.Loop() {
				if d.Dissect(&frame, &p); p.Fault != vrrp.Accepted {
					b.Fatal(p.Fault)
				}
			}
		})
	}
}

// BenchmarkFile reads a file of adverts and takes them apart.
func BenchmarkFile(b *testing.B) {
	for _, format := range []netio.FileFormat{netio.Pcap, netio.Pcapng} {
		b.Run(format.String(), func(b *testing.B) {
			frame := readVector(b, "v3-ipv4")[0]
			const frames = 100_000
			var file bytes.Buffer
			w := netio.NewFileWriter(&file, format)
			for range frames {
				if err := w.Write(&frame); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			d := NewDissector()
			var f netio.Frame
			var p Packet
			for b.Loop() {
				r, err := netio.NewFileReader(bytes.NewReader(file.Bytes()))
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for ; ; n++ {
					if err := r.Next(&f); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						b.Fatal(err)
					}
					if d.Dissect(&f, &p); p.Kind != Advert {
						b.Fatal("no advert")
					}
				}
				if n != frames {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/frames, "ns/frame")
		})
	}
}
