host director-a eth0 198.51.100.11/24
host director-b eth0 198.51.100.12/24
host router eth0 198.51.100.1/24
host router eth1@far 203.0.113.1/24
sysctl router net/ipv4/ip_forward 1
route director-a 203.0.113.0/24 198.51.100.1
route director-b 203.0.113.0/24 198.51.100.1
host client eth0 198.51.100.129/24 198.51.100.130/24 198.51.100.131/24 198.51.100.132/24 198.51.100.133/24 198.51.100.134/24 198.51.100.135/24 198.51.100.136/24
host web1 eth0@far 203.0.113.21/24
host web2 eth0@far 203.0.113.22/24
route web1 0.0.0.0/0 203.0.113.1
route web2 0.0.0.0/0 203.0.113.1
real web1 --mode tun --vip 198.51.100.100
real web2 --mode tun --vip 198.51.100.100
serve web1 80
serve web2 80

start director-a director-a.conf
owner 198.51.100.100 director-a 30s
start director-b director-b.conf

table director-a 198.51.100.100:80 30s rr Tunnel 203.0.113.21:80=1 203.0.113.22:80=1
table director-b 198.51.100.100:80 30s rr Tunnel 203.0.113.21:80=1 203.0.113.22:80=1
asks client 198.51.100.100:80 8 web1=4 web2=4
unserve web1 80
table director-a 198.51.100.100:80 20s rr Tunnel 203.0.113.22:80=1
asks client 198.51.100.100:80 8 web2=8
stop director-a
owner 198.51.100.100 director-b 6s
table director-b 198.51.100.100:80 20s rr Tunnel 203.0.113.22:80=1
asks client 198.51.100.100:80 8 web2=8
