package watch

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/vrrp"
)

// vectorsDir holds captures of what keepalived 2.4.3 sent.
const vectorsDir = "../vrrp/testdata/vectors"

// vectors are the names of the captures there, without the ending.
func vectors(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(vectorsDir + "/*.pcap")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d captures: %v", len(files), err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".pcap")
	}
	return files
}

// readVector returns the frames of a capture.
func readVector(t testing.TB, name string) []netio.Frame {
	t.Helper()
	return readCapture(t, filepath.Join(vectorsDir, name+".pcap"))
}

func readCapture(t testing.TB, path string) []netio.Frame {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := netio.NewFileReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var frames []netio.Frame
	for {
		var f netio.Frame
		switch err := r.Next(&f); {
		case errors.Is(err, io.EOF):
			return frames
		case err != nil:
			t.Fatal(err)
		}
		f.Data = append([]byte(nil), f.Data...)
		frames = append(frames, f)
	}
}

// firstAdvert returns the frame of the first advert of a capture.
func firstAdvert(t testing.TB, name string) netio.Frame {
	t.Helper()
	var p Packet
	for _, f := range readVector(t, name) {
		if NewDissector().Dissect(&f, &p); p.Kind == Advert {
			return f
		}
	}
	t.Fatalf("%s has no advert", name)
	return netio.Frame{}
}

// vectorKey is the key of the capture v3-hmac.
func vectorKey() vrrp.HMACKey {
	var b []byte
	for i := range 32 {
		b = append(b, byte(i))
	}
	return vrrp.HMACKey{ID: 1, Secret: secret.New(string(b))}
}
