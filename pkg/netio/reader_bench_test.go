package netio

import (
	"bytes"
	"io"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
)

// manyFrames is a file of adverts.
func manyFrames(t testing.TB, format FileFormat, n int) []byte {
	t.Helper()
	var file bytes.Buffer
	w := NewFileWriter(&file, format)
	f := written(format)[0]
	for range n {
		if err := w.Write(&f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestReadDoesNotAllocate(t *testing.T) {
	for _, format := range []FileFormat{Pcap, Pcapng} {
		r, err := NewFileReader(bytes.NewReader(manyFrames(t, format, 20_000)))
		if err != nil {
			t.Fatal(err)
		}
		var f Frame
		if n := testing.AllocsPerRun(19_000, func() {
			if err := r.Next(&f); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v: %v allocations a frame", format, n)
		}
	}
}

const benchFrames = 100_000

func BenchmarkRead(b *testing.B) {
	for _, format := range []FileFormat{Pcap, Pcapng} {
		file := manyFrames(b, format, benchFrames)
		b.Run(format.String(), func(b *testing.B) {
			for b.Loop() {
				r, err := NewFileReader(bytes.NewReader(file))
				if err != nil {
					b.Fatal(err)
				}
				var f Frame
				for err == nil {
					err = r.Next(&f)
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchFrames, "ns/frame")
		})
		// What it is measured against.
		b.Run(format.String()+"/gopacket", func(b *testing.B) {
			for b.Loop() {
				var r interface {
					ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error)
				}
				var err error
				if format == Pcap {
					r, err = pcapgo.NewReader(bytes.NewReader(file))
				} else {
					r, err = pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
				}
				for err == nil {
					_, _, err = r.ZeroCopyReadPacketData()
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchFrames, "ns/frame")
		})
	}
}
