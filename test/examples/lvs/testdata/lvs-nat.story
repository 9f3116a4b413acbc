host director-a eth0 203.0.113.11/24
host director-a eth1@inside 198.51.100.11/24
sysctl director-a net/ipv4/ip_forward 1
host director-b eth0 203.0.113.12/24
host director-b eth1@inside 198.51.100.12/24
sysctl director-b net/ipv4/ip_forward 1
host client eth0 203.0.113.129/24 203.0.113.130/24 203.0.113.131/24 203.0.113.132/24 203.0.113.133/24 203.0.113.134/24 203.0.113.135/24 203.0.113.136/24
host web1 eth0@inside 198.51.100.21/24
route web1 0.0.0.0/0 198.51.100.1
serve web1 8080
host web2 eth0@inside 198.51.100.22/24
route web2 0.0.0.0/0 198.51.100.1
serve web2 8080

start director-a director-a.conf
owner 203.0.113.100 director-a 30s
start director-b director-b.conf
table director-a 203.0.113.100:80 30s rr Masq 198.51.100.21:8080=1 198.51.100.22:8080=1
table director-b 203.0.113.100:80 30s rr Masq 198.51.100.21:8080=1 198.51.100.22:8080=1
asks client 203.0.113.100:80 8 web1=4 web2=4

# Cut off from the real servers it gives up the clients too, and the gateway
# moves with the address.
cut director-a eth1
log director-a 5s "Entering FAULT STATE"
owner 203.0.113.100 director-b 9s
owner 198.51.100.1 director-b 9s
asks client 203.0.113.100:80 8 web1=4 web2=4
heal director-a
owner 203.0.113.100 director-a 12s
table director-a 203.0.113.100:80 20s rr Masq 198.51.100.21:8080=1 198.51.100.22:8080=1
asks client 203.0.113.100:80 8 web1=4 web2=4
