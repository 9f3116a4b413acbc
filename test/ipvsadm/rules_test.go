package ipvsadm

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
)

// schedulers are those of the kernel.
var schedulers = strings.Fields("rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf")

// rules are a table that has everything once. What ipvsadm -S loses is in
// lossy.
func rules() string {
	var b strings.Builder
	b.WriteString(`
-A -t 198.51.100.1:80 -s rr
-a -t 198.51.100.1:80 -r 10.0.0.1:80 -m -w 1
-a -t 198.51.100.1:80 -r 10.0.0.2:8080 -m -w 2147483647
-a -t 198.51.100.1:80 -r 10.0.0.99:80 -m -w 1
-A -t 198.51.100.1:443 -s wrr -p 500 -M 255.255.255.0
-a -t 198.51.100.1:443 -r 10.0.0.2:80 -m -w 2
-a -t 198.51.100.1:443 -r 10.0.0.1:443 -g -w 0
-a -t 198.51.100.1:443 -r 127.0.0.1:443 -g -w 0
-A -t 198.51.100.1:0 -s wlc -p
-A -u 198.51.100.1:53 -s lc -p 400 -M 255.255.0.0 -o
-a -u 198.51.100.1:53 -r 10.0.0.1:53 -m
-A -u 198.51.100.1:54 -s rr
-a -u 198.51.100.1:54 -r 10.0.0.1:53 -m
-A --sctp-service 198.51.100.1:5060 -s wlc
-a --sctp-service 198.51.100.1:5060 -r 10.0.0.1:5060 -m
-a --sctp-service 198.51.100.1:5060 -r 10.0.0.3:5060 -i -w 0
-A -u 198.51.100.1:5060 -s rr --pe sip -p 360
-a -u 198.51.100.1:5060 -r 10.0.0.1:53 -m
-A -u 198.51.100.1:5062 -s sh -b sh-port --pe sip -p 360 -M 255.255.255.0 -o
-A -u 198.51.100.1:4500 -s sh -b sh-port,sh-fallback
-a -u 198.51.100.1:4500 -r 10.0.0.3:4500 -i --tun-type gue --tun-port 6080 --tun-csum
-a -u 198.51.100.1:4500 -r 10.0.0.4:4500 -i --tun-type gue --tun-port 6081 --tun-remcsum
-a -u 198.51.100.1:4500 -r 10.0.0.5:4500 -i --tun-type gue --tun-port 65535 --tun-nocsum
-a -u 198.51.100.1:4500 -r 10.0.0.6:4500 -i --tun-type gre --tun-csum
-a -u 198.51.100.1:4500 -r 10.0.0.7:4500 -i --tun-type gre
-a -u 198.51.100.1:4500 -r 10.0.0.8:4500 -i
-A -t 198.51.100.3:1 -s mh -b mh-port,mh-fallback
-A -t 198.51.100.3:2 -s mh -b mh-port
-A -t 198.51.100.3:3 -s rr -b flag-1,flag-3
-A -t 10.9.0.1:80 -s rr
-A -t 128.9.0.1:80 -s rr
-A -t 254.9.0.1:80 -s rr
-A -t [2001:db8::1]:80 -s rr -p 1000 -M 64
-a -t [2001:db8::1]:80 -r [fd00::1]:80 -m -w 3
-a -t [2001:db8::1]:80 -r [fd00::2]:80 -g -w 0
-a -t [2001:db8::1]:80 -r [fd00:1111:2222:3333:4444:5555:6666:7777]:80 -i -w 0
-a -t [2001:db8::1]:80 -r 10.0.0.9:80 -i -w 0
-A -u [2001:db8:1111:2222:3333:4444:5555:6666]:80 -s rr
-A -t [2001:db8::1]:443 -s rr -p 10
-A -t [::10.0.0.1]:8080 -s rr
-A -t [::2]:8080 -s rr
-A -t [fe80::1:0:0:2]:8080 -s rr
-A -t 198.51.100.1:6000 -s rr
-a -t 198.51.100.1:6000 -r [fd00::5]:6000 -i --tun-type ipip
-A -f 1 -s rr
-a -f 1 -r 10.0.0.1:0 -m
-a -f 1 -r 10.0.0.2:80 -m -w 0
-A -f 1 -6 -s rr -p 2000 -M 48
-a -f 1 -6 -r [fd00::1]:0 -m
-A -f 2 -s wlc -p 33 -M 255.255.0.0
-A -f 3 -6 -s wlc -b flag-2
-A -f 2147483647 -s sh -b sh-fallback
`)
	for i, s := range schedulers {
		fmt.Fprintf(&b, "-A -t 198.51.100.2:%d -s %s\n", 1000+i, s)
		fmt.Fprintf(&b, "-a -t 198.51.100.2:%d -r 10.0.0.1:%d -g -w %d\n", 1000+i, 1000+i, i)
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// lossy is what ipvsadm -S loses, or writes so that ipvsadm -R refuses it.
const lossy = `-A -t 198.51.100.4:1 -s rr
-a -t 198.51.100.4:1 -r 10.0.0.1:1 -g -w 1 -x 1000 -y 100
-a -t 198.51.100.4:1 -r 10.0.0.2:1 -g -w 1 -x 65535
-A -t 198.51.100.4:2 -s sh -b flag-3
-A -t 198.51.100.4:3 -s mh -b mh-port,flag-3
-A -f 4294967295 -s wlc
-A -f 2147483648 -s wlc -p 300
`

// randomRules are services and servers whose addresses are all over the place,
// the same for the same seed.
func randomRules(seed uint64, services int) string {
	r := rand.New(rand.NewPCG(seed, 5))
	addr := func() netip.Addr {
		if r.IntN(2) == 0 {
			first := []byte{1, 10, 100, 126, 129, 172, 200, 223}
			return netip.AddrFrom4([4]byte{first[r.IntN(len(first))], byte(r.IntN(2)), 1, byte(1 + r.IntN(254))})
		}
		b := [16]byte{byte(0x20 | r.IntN(2)<<7), byte(r.IntN(256)), 4: byte(r.IntN(2) << 7), 15: byte(r.IntN(4))}
		return netip.AddrFrom16(b)
	}
	var b strings.Builder
	seen := map[string]bool{}
	for range services {
		vip := addr()
		option, server, more := "-t", "-g", ""
		if r.IntN(3) == 0 {
			option = "-u"
		}
		name := netip.AddrPortFrom(vip, uint16(1+r.IntN(4))).String()
		if r.IntN(4) == 0 {
			option, name, server = "-f", fmt.Sprint(1+r.Uint32N(1<<31)<<r.IntN(2)), "-i"
			if vip.Is6() {
				more = " -6"
			}
		}
		if seen[option+name+more] {
			continue
		}
		seen[option+name+more] = true
		fmt.Fprintf(&b, "-A %s %s%s -s rr\n", option, name, more)
		for range r.IntN(5) {
			real := addr()
			method := server
			if real.Is4() != vip.Is4() {
				method = "-i"
			}
			line := fmt.Sprintf("%s %s%s -r %s", option, name, more, netip.AddrPortFrom(real, uint16(1+r.IntN(3))))
			if !seen[line] {
				seen[line] = true
				fmt.Fprintf(&b, "-a %s %s\n", line, method)
			}
		}
	}
	return b.String()
}
