package bench

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	r := NewReport("failover", "keepalived", "kactl")
	r.Row("first advert, median", "0.30 ms", "0.2 ms")
	r.Row("last ARP", "12.00 ms", "3.14 ms")
	if got := r.Past(); got != 0 {
		t.Errorf("%d limits past before there is one", got)
	}
	r.Limit("first advert, median, ratio", 1.1, 1.1, "")
	r.Limit("last ARP, ratio", 0.704, 0.7, "")
	r.Limit("worst", 3.25, 3, "ms")
	r.Limit("of nothing", math.NaN(), 1, "")
	r.Beside("beside, fine", 2, 9, 3, "ms")
	r.Beside("beside a peer that keeps to it", 4, 3, 3, "ms")
	r.Beside("beside a peer that does not", 4, 3.1, 3, "ms")
	r.Unknown("disturbed", "19 of 20 runs of kactl were disturbed")
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	const want = `
failover               keepalived   kactl
first advert, median   0.30 ms      0.2 ms
last ARP               12.00 ms     3.14 ms

first advert, median, ratio      1.1       at most 1.1    ok
last ARP, ratio                  0.704     at most 0.7    PAST THE LIMIT
worst                            3.25 ms   at most 3 ms   PAST THE LIMIT
of nothing                       NaN       at most 1      PAST THE LIMIT
beside, fine                     2 ms      at most 3 ms   ok
beside a peer that keeps to it   4 ms      at most 3 ms   PAST THE LIMIT
beside a peer that does not      4 ms      at most 3 ms   cannot be told on this machine: the peer's is 3.1 ms
disturbed                                                 cannot be told on this machine: 19 of 20 runs of kactl were disturbed
`
	if diff := cmp.Diff(want, "\n"+b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := r.Past(); got != 4 {
		t.Errorf("%d limits past, want 4", got)
	}
}

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestReportNotWritten(t *testing.T) {
	if err := NewReport("failover").Write(full{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func TestMedianAndWorst(t *testing.T) {
	for _, c := range []struct{ ds, median, worst string }{
		{"", "0s", "0s"},
		{"3ms", "3ms", "3ms"},
		{"3ms 1ms", "1ms", "3ms"},
		{"5ms 1ms 2ms", "2ms", "5ms"},
		{"-5ms -1ms -3ms -4ms", "-4ms", "-1ms"},
	} {
		var ds []time.Duration
		for _, f := range strings.Fields(c.ds) {
			d, err := time.ParseDuration(f)
			if err != nil {
				t.Fatal(err)
			}
			ds = append(ds, d)
		}
		before := slices.Clone(ds)
		if got := Median(ds).String(); got != c.median {
			t.Errorf("median of %q is %s, want %s", c.ds, got, c.median)
		}
		if got := Worst(ds).String(); got != c.worst {
			t.Errorf("worst of %q is %s, want %s", c.ds, got, c.worst)
		}
		if !slices.Equal(ds, before) {
			t.Errorf("%q came back as %v", c.ds, ds)
		}
	}
}

func TestPartCleansUp(t *testing.T) {
	b := &B{}
	var got []string
	mark := func(s string) func() { return func() { got = append(got, s) } }
	b.Cleanup(mark("all"))
	func() {
		defer func() {
			if recover() != errFailed {
				t.Error("Fatalf did not end the part")
			}
		}()
		b.Part(func() {
			b.Cleanup(mark("first"))
			b.Cleanup(mark("second"))
			b.Fatalf("as the test wants it")
		})
	}()
	got = append(got, "after")
	b.cleanUp(0)
	if want := []string{"second", "first", "after", "all"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !b.failed {
		t.Error("the benchmark did not fail")
	}
}
