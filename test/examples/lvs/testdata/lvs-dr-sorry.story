host director-a eth0 198.51.100.11/24
host director-b eth0 198.51.100.12/24
host client eth0 198.51.100.129/24 198.51.100.130/24 198.51.100.131/24 198.51.100.132/24 198.51.100.133/24 198.51.100.134/24 198.51.100.135/24 198.51.100.136/24
host web1 eth0 198.51.100.21/24
real web1 --vip 198.51.100.100
serve web1 80
host web2 eth0 198.51.100.22/24
real web2 --vip 198.51.100.100
serve web2 80
host sorry eth0 198.51.100.29/24
real sorry --vip 198.51.100.100
serve sorry 80

start director-a director-a.conf
owner 198.51.100.100 director-a 30s
start director-b director-b.conf

table director-a 198.51.100.100:80 30s wrr Route 198.51.100.21:80=3 198.51.100.22:80=1
table director-b 198.51.100.100:80 30s wrr Route 198.51.100.21:80=3 198.51.100.22:80=1
asks client 198.51.100.100:80 8 web1=6 web2=2

# A page that is not there any more is a server that is not there.
page web1 80 /health ""
table director-a 198.51.100.100:80 20s wrr Route 198.51.100.22:80=1
asks client 198.51.100.100:80 8 web2=8
unserve web2 80
table director-a 198.51.100.100:80 20s wrr Route 198.51.100.29:80=1
asks client 198.51.100.100:80 8 sorry=8
table director-b 198.51.100.100:80 20s wrr Route 198.51.100.29:80=1
page web1 80 /health "well again"
table director-a 198.51.100.100:80 20s wrr Route 198.51.100.21:80=3
asks client 198.51.100.100:80 8 web1=8
