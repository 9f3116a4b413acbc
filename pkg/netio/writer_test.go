package netio

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/need"
)

// written are frames of one link type and of several.
func written(format FileFormat) []Frame {
	frames := []Frame{
		{Time: time.Unix(1700000000, 123456789), Interface: "eth0", Link: LinkEthernet, Data: advertOf(1), Length: 70},
		{Time: time.Unix(1700000001, 0), Interface: "lb1.eth0.10", Link: LinkEthernet, Data: []byte("abc"), Length: 3},
		{Time: time.Unix(1700000002, 1), Interface: "eth0", Link: LinkEthernet, Data: []byte{}, Length: 0},
	}
	if format == Pcap {
		for i := range frames {
			frames[i].Interface = "" // which it cannot hold
		}
		return frames
	}
	return append(frames,
		Frame{Interface: "", Link: LinkRaw, Data: []byte("abcde"), Length: 5, Time: time.Unix(0, 0)},
		Frame{Time: time.Unix(1700000003, 0), Interface: "tun0", Link: LinkSLL, Data: []byte("abcdefgh"), Length: 8})
}

func TestWriteAndRead(t *testing.T) {
	for _, format := range []FileFormat{Pcap, Pcapng} {
		var file bytes.Buffer
		w := NewFileWriter(&file, format)
		for _, f := range written(format) {
			if err := w.Write(&f); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		got, err := readAll(&file)
		if d := cmp.Diff(written(format), got); d != "" || err != nil {
			t.Errorf("%v: %v (-want +got):\n%s", format, err, d)
		}
	}
}

// A capture of nothing is one.
func TestWriteNothing(t *testing.T) {
	for _, format := range []FileFormat{Pcap, Pcapng} {
		var file bytes.Buffer
		w := NewFileWriter(&file, format)
		for range 2 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if frames, err := readAll(&file); err != nil || len(frames) > 0 {
			t.Errorf("%v: %d frames, %v", format, len(frames), err)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	var file bytes.Buffer
	w := NewFileWriter(&file, Pcap)
	if err := w.Write(&Frame{Link: LinkEthernet}); err != nil {
		t.Fatal(err)
	}
	const want = "write the capture: a frame from tun0 has link type 113, those before have 1: pcap has one alone; write pcapng"
	if err := w.Write(&Frame{Interface: "tun0", Link: LinkSLL}); err == nil || err.Error() != want {
		t.Error(err)
	}
	if err := w.Write(&Frame{Link: LinkEthernet, Data: make([]byte, maxFrame+1)}); err == nil {
		t.Error("no error")
	}
}

type fullDisk struct{}

var errFullDisk = errors.New("the disk is full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFullDisk }

func TestWriteFullDisk(t *testing.T) {
	w := NewFileWriter(fullDisk{}, Pcapng)
	if err := w.Write(&Frame{Link: LinkEthernet, Data: make([]byte, maxFrame)}); !errors.Is(err, errFullDisk) {
		t.Error(err)
	}
	if err := w.Flush(); !errors.Is(err, errFullDisk) {
		t.Error(err)
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]FileFormat{"a.pcap": Pcap, "a.cap": Pcap, "a.pcapng": Pcapng, "a": Pcapng, "-": Pcapng} {
		if got := FormatOf(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// tcpdump and tshark read what is written.
func TestWriteForOthers(t *testing.T) {
	need.Time(t)
	for _, tt := range []struct {
		format FileFormat
		args   []string
		want   string
	}{
		{Pcap, []string{"tcpdump", "-nttr", "-", "-c", "1"}, "1700000000.123456 IP 198.51.100.1 > 224.0.0.18: VRRPv3"},
		{Pcap, []string{"tshark", "-nr", "-", "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len"},
			"1700000000.123456789\t70\n1700000001.000000000\t3\n1700000002.000000001\t0\n"},
		{Pcapng, []string{"tshark", "-nr", "-", "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.interface_name"},
			"1700000000.123456789\t70\teth0\n1700000001.000000000\t3\tlb1.eth0.10\n1700000002.000000001\t0\teth0\n0.000000000\t5\tunknown\n1700000003.000000000\t8\ttun0\n"},
	} {
		path, err := exec.LookPath(tt.args[0])
		if err != nil {
			need.Missing(t, "%v", err)
		}
		var file, out, stderr bytes.Buffer
		w := NewFileWriter(&file, tt.format)
		for _, f := range written(tt.format) {
			if err := w.Write(&f); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(path, tt.args[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = &file, &out, &stderr
		if err := cmd.Run(); err != nil || !strings.HasPrefix(out.String(), tt.want) {
			t.Errorf("%v: %v\n%s%s\nwant %s", tt.args, err, &out, &stderr, tt.want)
		}
	}
}
