package firewall

import (
	"context"
	"encoding/binary"
	"maps"
	"time"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// ifNameSize is the size of an interface's name in the kernel (IFNAMSIZ).
const ifNameSize = 16

// within is how long the kernel may take for a change. Addresses wait for it.
const within = time.Second

// bufferSize has room for a transaction of 100,000 addresses.
const bufferSize = 8 << 20

// An element is what a packet's address is compared with, in the set of those that
// are link-local or in that of all others.
type element struct {
	key   string
	local bool
}

// A table is one table of nftables. Its socket owns it.
type table struct {
	key     tableKey
	options []nftables.ConnOption
	there   map[vrrp.Drop]element // what is dropped, or is to be again

	conn *nftables.Conn // nil: there is no table
	sock *netlink.Conn  // that of conn
	nft  *nftables.Table
	sets [2]*nftables.Set // of all others, and of those that are link-local
}

func newTable(key tableKey, options []nftables.ConnOption) *table {
	return &table{key: key, options: options, there: map[vrrp.Drop]element{}}
}

func (t *table) copy() map[vrrp.Drop]element { return maps.Clone(t.there) }

// open says that the table is in the kernel.
func (t *table) open() bool { return t.conn != nil }

// set makes next what is dropped, in one transaction. Where the kernel refuses, the
// table is made anew: what it has by then is not known.
func (t *table) set(ctx context.Context, next map[vrrp.Drop]element) error {
	if len(next) == 0 {
		t.close()
	} else if !t.open() || t.change(ctx, next) != nil {
		t.close()
		if err := t.create(ctx, next); err != nil {
			t.close()
			return t.explain(err)
		}
	}
	t.there = next
	return nil
}

// change lets the sets of a table that is there have next.
func (t *table) change(ctx context.Context, next map[vrrp.Drop]element) error {
	if err := t.elements(t.conn.SetDeleteElements, t.there, next); err != nil {
		return err
	}
	if err := t.elements(t.conn.SetAddElements, next, t.there); err != nil {
		return err
	}
	return t.flush(ctx)
}

// chunk is how many elements fit into one message: an attribute has 64 kB.
const chunk = 1000

// elements does something with what a has and b has not.
func (t *table) elements(do func(*nftables.Set, []nftables.SetElement) error, a, b map[vrrp.Drop]element) error {
	var lists [2][]nftables.SetElement
	for d, e := range a {
		if other, ok := b[d]; ok && other == e {
			continue
		}
		n := 0
		if e.local {
			n = 1
		}
		lists[n] = append(lists[n], nftables.SetElement{Key: []byte(e.key)})
	}
	for n, list := range lists {
		for len(list) > 0 {
			part := list[:min(chunk, len(list))]
			list = list[len(part):]
			if err := do(t.sets[n], part); err != nil {
				return err
			}
		}
	}
	return nil
}

// create makes the table, which drops next from the moment that it has rules.
func (t *table) create(ctx context.Context, next map[vrrp.Drop]element) error {
	options := append(t.options[:len(t.options):len(t.options)], nftables.AsLasting(), nftables.WithSockOptions(func(c *netlink.Conn) error {
		t.sock = c
		// Where the system refuses, its own size has room for thousands.
		_ = c.SetWriteBuffer(bufferSize)
		return nil
	}))
	conn, err := nftables.New(options...)
	if err != nil {
		return err
	}
	t.conn = conn
	t.nft = &nftables.Table{Name: t.key.Table, Family: t.family()}
	if err := t.own(ctx); err != nil {
		return err
	}
	if err := t.addRules(); err != nil {
		return err
	}
	if err := t.elements(conn.SetAddElements, next, nil); err != nil {
		return err
	}
	return t.flush(ctx)
}

func (t *table) family() nftables.TableFamily {
	if t.key.ipv6 {
		return nftables.TableFamilyIPv6
	}
	return nftables.TableFamilyIPv4
}

// flush carries out what was queued, as one transaction.
func (t *table) flush(ctx context.Context) error {
	defer t.arm(ctx)()
	return t.conn.Flush()
}

// arm bounds the time that the kernel may take, until the returned function is
// called.
func (t *table) arm(ctx context.Context) (disarm func()) {
	sock := t.sock
	deadline, ok := ctx.Deadline()
	if limit := time.Now().Add(within); !ok || limit.Before(deadline) {
		deadline = limit
	}
	_ = sock.SetDeadline(deadline) // a closed one fails at the send
	stop := context.AfterFunc(ctx, func() { _ = sock.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

// close lets the kernel remove the table with its owner.
func (t *table) close() {
	if t.conn != nil {
		_ = t.conn.CloseLasting()
		t.conn, t.sock = nil, nil
	}
}

// own makes the table, and the socket its owner, which google/nftables v0.3.0 has no
// way to ask for. One that is there already is another's.
func (t *table) own(ctx context.Context) error {
	attrs, err := netlink.MarshalAttributes([]netlink.Attribute{
		{Type: unix.NFTA_TABLE_NAME, Data: append([]byte(t.key.Table), 0)},
		{Type: unix.NFTA_TABLE_FLAGS, Data: binary.BigEndian.AppendUint32(nil, tableOwner)},
	})
	if err != nil {
		return err
	}
	const subsystem = unix.NFNL_SUBSYS_NFTABLES << 8
	batch := []netlink.Message{
		{Header: netlink.Header{Type: unix.NFNL_MSG_BATCH_BEGIN, Flags: netlink.Request}, Data: header(0, unix.NFNL_SUBSYS_NFTABLES)},
		{
			Header: netlink.Header{Type: subsystem | unix.NFT_MSG_NEWTABLE, Flags: netlink.Request | netlink.Acknowledge | netlink.Create | netlink.Excl},
			Data:   append(header(byte(t.family()), 0), attrs...),
		},
		{Header: netlink.Header{Type: unix.NFNL_MSG_BATCH_END, Flags: netlink.Request}, Data: header(0, unix.NFNL_SUBSYS_NFTABLES)},
	}
	defer t.arm(ctx)()
	if _, err := t.sock.SendMessages(batch); err != nil {
		return err
	}
	_, err = t.sock.Receive()
	return err
}

// tableOwner is NFT_TABLE_F_OWNER, which Linux 5.12 brought.
const tableOwner = 2

// header is a struct nfgenmsg.
func header(family byte, resource uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{family, unix.NFNETLINK_V0}, resource)
}

func nativeUint32(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
