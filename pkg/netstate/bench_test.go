package netstate

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A nothing is a machine on which everything is done at once.
type nothing struct{}

func (nothing) OpenAnnouncer(string) (Announcer, error) { return nothing{}, nil }
func (nothing) OpenAddresses() (Addresses, error)       { return nothing{}, nil }
func (nothing) OpenTables() (Tables, error)             { return nil, errRefused }
func (nothing) OpenFilter() (Filter, error)             { return nil, errRefused }
func (nothing) Announce(netip.Addr) error               { return nil }
func (nothing) Close() error                            { return nil }

func (nothing) AddLink(context.Context, iproute.Link) (bool, error)    { return false, nil }
func (nothing) SwitchLink(context.Context, iproute.Link, bool) error   { return nil }
func (nothing) RemoveLink(context.Context, iproute.Link) (bool, error) { return false, nil }
func (nothing) AddAddresses(_ context.Context, addrs []vrrp.Address, ack Ack) error {
	for n := range addrs {
		ack(n, true, nil)
	}
	return nil
}

func (nothing) RemoveAddresses(_ context.Context, addrs []vrrp.Address, ack Ack) error {
	return nothing{}.AddAddresses(context.Background(), addrs, ack)
}

// BenchmarkTakeOver is what a take-over and its end cost without the kernel.
func BenchmarkTakeOver(b *testing.B) {
	for _, size := range []int{1, 100, 500} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var list []vrrp.Address
			for n := range size {
				a := netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})
				list = append(list, vrrp.Address{Prefix: netip.PrefixFrom(a, 32), Device: "eth0"})
			}
			s := New(Config{System: nothing{}, Report: func(Report) {}})
			w := Want{Owner: "a", Parts: ByDevice(list), Repeat: 5}
			done := make(chan struct{}, 1)
			b.ReportAllocs()
			for b.Loop() {
				for _, w.Held = range []bool{true, false} {
					s.Set(w)
					s.After("a", func() { done <- struct{}{} })
					<-done
				}
			}
			if err := s.Close(context.Background()); err != nil {
				b.Error(err)
			}
		})
	}
}
