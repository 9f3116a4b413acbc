package lvs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/lvs"
)

// reported has a difference of each kind.
func reported() lvs.Comparison {
	a := ap("10.0.0.1:80")
	return lvs.Comparison{
		Services: 2,
		Differences: []lvs.Difference{
			{Kind: lvs.Missing, Service: webID, Want: "wlc, 2 real servers"},
			{Kind: lvs.Foreign, Service: webID, Destination: a, Have: "DR weight 1"},
			{Kind: lvs.Different, Service: webID, Destination: a, Field: lvs.FieldWeight, Want: "1", Have: "2"},
			{Kind: lvs.Down, Service: webID, Destination: a},
			{Kind: lvs.Sorry, Service: lvs.ServiceID{Mark: 7, Family: 6}, Destination: a, Want: "NAT weight 1", Have: "NAT weight 1"},
		},
		Uncompared: []lvs.Uncompared{{Name: "group G", Reason: "so & so"}},
	}
}

func TestWriteText(t *testing.T) {
	paint := func(k lvs.Kind, word string) string {
		if k == lvs.Missing {
			return "<" + word + ">"
		}
		return word
	}
	tests := []struct {
		name  string
		c     lvs.Comparison
		paint func(lvs.Kind, string) string
		want  string
	}{
		{"all kinds", reported(), nil, `missing    TCP 198.51.100.1:80  wlc, 2 real servers
foreign    TCP 198.51.100.1:80 -> 10.0.0.1:80  DR weight 1
different  TCP 198.51.100.1:80 -> 10.0.0.1:80  weight is 2, not 1
down       TCP 198.51.100.1:80 -> 10.0.0.1:80
sorry      FWM 7 IPv6 -> 10.0.0.1:80  NAT weight 1
2 services compared: 1 missing, 1 foreign, 1 different, 1 down, 1 sorry
`},
		{"painted", lvs.Comparison{Services: 1, Differences: reported().Differences[:1]}, paint,
			"<missing>    TCP 198.51.100.1:80  wlc, 2 real servers\n1 service compared: 1 missing\n"},
		{"no drift", lvs.Comparison{Services: 3, Differences: reported().Differences[3:4]}, nil,
			"down       TCP 198.51.100.1:80 -> 10.0.0.1:80\n3 services compared: no drift, 1 down\n"},
		{"nothing at all", lvs.Comparison{}, nil, "0 services compared: no drift\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := tt.c.WriteText(&b, tt.paint); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, b.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWriteJSON(t *testing.T) {
	c := reported()
	c.Differences = c.Differences[1:3]
	c.Differences[0].Destination = ap("[fd00::1]:80")
	var b strings.Builder
	if err := c.WriteJSON(&b, "keepalived.conf"); err != nil {
		t.Fatal(err)
	}
	want := `{
  "file": "keepalived.conf",
  "drift": true,
  "services": 2,
  "differences": [
    {
      "kind": "foreign",
      "service": "TCP 198.51.100.1:80",
      "destination": "[fd00::1]:80",
      "have": "DR weight 1"
    },
    {
      "kind": "different",
      "service": "TCP 198.51.100.1:80",
      "destination": "10.0.0.1:80",
      "field": "weight",
      "want": "1",
      "have": "2"
    }
  ],
  "uncompared": [
    {
      "name": "group G",
      "reason": "so & so"
    }
  ]
}
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
	b.Reset()
	if err := (lvs.Comparison{}).WriteJSON(&b, ""); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `"differences": [],`) {
		t.Errorf("no empty list in %s", &b)
	}
}
