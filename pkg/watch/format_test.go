package watch

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// sample is a sound advert of version 2 with a password.
func sample(t *testing.T) *Packet {
	d := NewDissector()
	for _, f := range readVector(t, "v2-pass") {
		var p Packet
		if d.Dissect(&f, &p); p.Kind == Advert {
			p.Interface, p.VLANs = "eth0", []uint16{7}
			return &p
		}
	}
	t.Fatal("there is no advert")
	return nil
}

// TestVerdicts has a word for whatever may be wrong with an advert.
func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		change func(*Packet)
		want   string
	}{
		{func(*Packet) {}, "ok"},
		{func(p *Packet) { p.Fault = vrrp.RejectChecksum }, "wrong checksum"},
		{func(p *Packet) { p.Fault = vrrp.RejectShort }, "malformed: too short"},
		{func(p *Packet) { p.Fault = vrrp.RejectLong }, "malformed: too long"},
		{func(p *Packet) { p.Fault = vrrp.RejectVersion }, "malformed: unknown version"},
		{func(p *Packet) { p.Fault = vrrp.RejectType }, "malformed: unknown type"},
		{func(p *Packet) { p.Fault, p.Fragment = vrrp.RejectShort, true }, "malformed: fragmented"},
		{func(p *Packet) { p.Fault, p.CutShort = vrrp.RejectShort, true }, "cut short by the capture"},
		{func(p *Packet) { p.Advert.VRID = 0 }, "malformed: VRID 0"},
		{func(p *Packet) { p.Advert.Interval = 0 }, "malformed: interval of 0"},
		{func(p *Packet) { p.TTL = 254 }, "wrong TTL"},
		{func(p *Packet) { p.HMAC = &HMAC{KeyID: 3, Verdict: Forged} }, "wrong signature"},
		{func(p *Packet) { p.Advert.Key[0] ^= 1 }, "password changed"},
		{func(p *Packet) { p.Advert.Key[0] ^= 1; p.SourceMAC[5] ^= 1 }, "password differs"},
	} {
		o, p := NewObserver(), sample(t)
		o.See(p)
		o.See(p)
		p.Time = p.Time.Add(time.Second)
		tt.change(p)
		o.See(p)
		text := string((&Text{}).Advert(nil, p, o.Remark()))
		text = strings.TrimSuffix(text, " 254, expected 255\n")
		if !strings.HasSuffix(strings.TrimSpace(text), map[bool]string{true: " vips 192.0.2.100,192.0.2.101 ", false: " v2 vrid 51 "}[p.Fault == vrrp.Accepted]+tt.want) {
			t.Errorf("want %s: %s", tt.want, text)
		}
		var object map[string]any
		line := (&JSON{}).Advert(nil, p, o.Remark())
		if err := json.Unmarshal(line, &object); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if object["verdict"] != tt.want {
			t.Errorf("want %s: %s", tt.want, line)
		}
		if strings.Contains(text+string(line), "51ea2a78") {
			t.Errorf("the password is shown: %s%s", text, line)
		}
	}
}

// TestInterfaceNames writes names that JSON has to quote.
func TestInterfaceNames(t *testing.T) {
	p := sample(t)
	for name, want := range map[string]string{`a"b\c`: `a"b\c`, "t\x01\n": "t\x01\n", "\xff": "�", "ü": "ü"} {
		p.Interface = name
		var object struct{ Interface string }
		line := (&JSON{}).Advert(nil, p, Sound)
		if err := json.Unmarshal(line, &object); err != nil || object.Interface != want {
			t.Errorf("%q is %q: %v: %s", name, object.Interface, err, line)
		}
	}
}

// TestSeconds writes intervals as short as they can be.
func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "1", 50 * time.Millisecond: "0.05", 500 * time.Millisecond: "0.5", 40950 * time.Millisecond: "40.95", 0: "0",
	} {
		if got := string(appendSeconds(nil, d)); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}

// TestTopFits shows the gravest of more routers than there are lines.
func TestTopFits(t *testing.T) {
	rows := []Status{{Router: Router{VRID: 1}, State: Mastered}, {Router: Router{VRID: 2}, State: Mastered}, {Router: Router{VRID: 3}, State: Split}}
	top := &Top{}
	lines := top.table(rows, began, 4)
	if len(lines) != 4 || !strings.Contains(lines[2].text, " 3  ") || lines[2].color != red || lines[3].text != "and 2 more" {
		t.Errorf("%q", lines)
	}
	if lines := top.table(rows, began, 5); len(lines) != 5 || !strings.HasPrefix(lines[4].text, "-          3 ") {
		t.Errorf("%q", lines)
	}
}

// TestTopRates shows the rate over the whole time at first, and then that of
// late.
func TestTopRates(t *testing.T) {
	top := &Top{}
	row := Status{Router: Router{VRID: 1}, First: began}
	now := began
	rate := func(perSecond uint64, seconds int) float64 {
		for range seconds {
			now = now.Add(time.Second)
			row.Adverts += perSecond
			top.measure([]Status{row}, now)
			top.drawn = now
		}
		return top.rates[row.Router]
	}
	for _, tt := range []struct {
		perSecond uint64
		seconds   int
		want      float64
	}{{2, 3, 2}, {2, 30, 2}, {10, 60, 10}, {0, 60, 0}} {
		if got := rate(tt.perSecond, tt.seconds); got < tt.want-0.1 || got > tt.want+0.1 {
			t.Errorf("after %d s of %d a second the rate is %.2f", tt.seconds, tt.perSecond, got)
		}
	}
}

// TestInterfaceEvents writes of an interface what there is to write.
func TestInterfaceEvents(t *testing.T) {
	o := NewObserver()
	for _, tt := range []struct {
		up         bool
		text, json string
	}{
		{false, "12:00:00.000000 warning interface-down eth0: it is down or gone, and nothing can be heard there\n",
			`{"event":"interface-down","severity":"warning","time":"2026-01-01T12:00:00.000000000Z","interface":"eth0","vlans":[],"family":"","vrid":0,"message":"it is down or gone, and nothing can be heard there"}` + "\n"},
		{true, "12:00:01.500000 info interface-down-end eth0: it is up again, after 1.5s\n",
			`{"event":"interface-down-end","severity":"info","time":"2026-01-01T12:00:01.500000000Z","interface":"eth0","vlans":[],"family":"","vrid":0,"message":"it is up again, after 1.5s","since":"2026-01-01T12:00:00.000000000Z","duration":1.5}` + "\n"},
	} {
		now := began
		if tt.up {
			now = now.Add(1500 * time.Millisecond)
		}
		events := o.Link(now, "eth0", tt.up)
		if len(events) != 1 {
			t.Fatalf("%d events", len(events))
		}
		if got := string((&Text{}).Event(nil, &events[0])); got != tt.text {
			t.Errorf("it is %swant %s", got, tt.text)
		}
		if got := string((&JSON{}).Event(nil, &events[0])); got != tt.json {
			t.Errorf("it is %swant %s", got, tt.json)
		}
	}
}
