package netstate

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func addrs(hosts ...int) (list []netip.Addr) {
	for _, h := range hosts {
		list = append(list, vip(h).Address.Prefix.Addr())
	}
	return list
}

// rest takes all that waits.
func rest(q *garpQueue) string {
	var got []string
	for {
		p, ok := q.nextFirst()
		if ok {
			got = append(got, "!"+short(p.addr))
			continue
		}
		if p, ok = q.nextRepetition(); !ok {
			return strings.Join(got, " ")
		}
		got = append(got, short(p.addr))
	}
}

func TestGARPQueue(t *testing.T) {
	a, b := new(claim), new(claim)
	for _, tt := range []struct {
		name   string
		rounds []garpRounds
		want   string
	}{
		{"nothing", nil, ""},
		{"no repetition", []garpRounds{{claim: a, left: 0, addrs: addrs(1)}}, ""},
		{"no address", []garpRounds{{claim: a, left: 3}}, ""},
		{"rounds", []garpRounds{{claim: a, left: 2, addrs: addrs(1, 2)}}, "1 2 1 2"},
		{"owners take turns", []garpRounds{{claim: a, left: 2, addrs: addrs(1, 2)}, {claim: b, left: 2, addrs: addrs(3)}}, "1 2 3 1 2 3"},
		{"the same again is joined", []garpRounds{{claim: a, left: 2, addrs: addrs(1)}, {claim: a, left: 3, addrs: addrs(1)}, {claim: a, left: 1, addrs: addrs(1)}}, "1 1 1"},
		{"more addresses are joined", []garpRounds{{claim: a, left: 1, addrs: addrs(1)}, {claim: a, left: 2, addrs: addrs(2)}}, "1 2 1 2"},
	} {
		var q garpQueue
		for _, r := range tt.rounds {
			q.addRounds(r)
		}
		if got := rest(&q); got != tt.want {
			t.Errorf("%s: announced %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestGARPQueueFirst(t *testing.T) {
	c := new(claim)
	var q garpQueue
	q.addRounds(garpRounds{claim: c, left: 1, addrs: addrs(1, 2)})
	for _, a := range addrs(3, 4) {
		q.addFirst(pendingGARP{claim: c, addr: a})
	}
	if got := rest(&q); got != "!3 !4 1 2" {
		t.Errorf("announced %q", got)
	}
	if cap(q.first) == 0 || q.first[:1][0].claim != nil {
		t.Error("the room is not used again, or keeps an owner")
	}
}

// What is asked for in the middle of a round is announced after that.
func TestGARPQueueJoin(t *testing.T) {
	c := new(claim)
	var q garpQueue
	q.addRounds(garpRounds{claim: c, left: 1, addrs: addrs(1, 2, 3)})
	q.nextRepetition()
	q.addRounds(garpRounds{claim: c, left: 1, addrs: addrs(1)})
	if got := rest(&q); got != "2 3 1 2 3" {
		t.Errorf("announced %q", got)
	}
}

// What was overtaken is dropped, in the middle of a round too, and the others stay.
func TestGARPQueueKeep(t *testing.T) {
	a, b := new(claim), new(claim)
	for _, tt := range []struct {
		name  string
		taken int   // repetitions
		stay  []int // hosts
		want  string
	}{
		{"nothing stays", 0, nil, "!9 7 7"},
		{"nothing stays of a round under way", 2, nil, "!9 7 7"},
		{"all stay", 1, []int{1, 2, 3, 4}, "!3 !4 !9 2 3 7 1 2 3 7"},
		{"those to come stay", 2, []int{3, 4}, "!3 !4 !9 3 7 3 7"},
		{"those of before stay", 2, []int{1}, "!9 1 7 7"},
		{"the first goes", 1, []int{2, 3}, "!3 !9 2 3 7 2 3 7"},
	} {
		var q garpQueue
		q.addRounds(garpRounds{claim: a, left: 2, addrs: addrs(1, 2, 3)})
		q.addRounds(garpRounds{claim: b, left: 2, addrs: addrs(7)})
		for range tt.taken {
			q.nextRepetition()
		}
		q.addFirst(pendingGARP{claim: a, addr: addrs(4)[0]})
		q.nextFirst() // a first one under way is not there any more
		q.addFirst(pendingGARP{claim: a, addr: addrs(3)[0]})
		q.addFirst(pendingGARP{claim: a, addr: addrs(4)[0]})
		q.addFirst(pendingGARP{claim: b, addr: addrs(9)[0]})
		stay := addrs(tt.stay...)
		for _, x := range q.keep(a, func(x netip.Addr) bool { return slices.Contains(stay, x) }) {
			if slices.Contains(stay, x) {
				t.Errorf("%s: %v was dropped", tt.name, x)
			}
		}
		if got := rest(&q); got != tt.want {
			t.Errorf("%s: announced %q, want %q", tt.name, got, tt.want)
		}
	}
}
