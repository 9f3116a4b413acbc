host director-a eth0 198.51.100.11/24
host director-b eth0 198.51.100.12/24
host client eth0 198.51.100.129/24 198.51.100.130/24 198.51.100.131/24 198.51.100.132/24 198.51.100.133/24 198.51.100.134/24 198.51.100.135/24 198.51.100.136/24
host web1 eth0 198.51.100.21/24
real web1 --vip 198.51.100.100
serve web1 80
host web2 eth0 198.51.100.22/24
real web2 --vip 198.51.100.100
serve web2 80

start director-a director-a.conf
owner 198.51.100.100 director-a 30s
start director-b director-b.conf

table director-a 198.51.100.100:80 30s rr Route 198.51.100.21:80=1 198.51.100.22:80=1
table director-b 198.51.100.100:80 30s rr Route 198.51.100.21:80=1 198.51.100.22:80=1
asks client 198.51.100.100:80 8 web1=4 web2=4

# A web server dies: six seconds until the next check, then three tries.
unserve web1 80
table director-a 198.51.100.100:80 25s rr Route 198.51.100.22:80=1
asks client 198.51.100.100:80 8 web2=8
serve web1 80
table director-a 198.51.100.100:80 20s rr Route 198.51.100.21:80=1 198.51.100.22:80=1

cut director-a
owner 198.51.100.100 director-b 9s
asks client 198.51.100.100:80 8 web1=4 web2=4
