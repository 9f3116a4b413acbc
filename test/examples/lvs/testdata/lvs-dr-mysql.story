host director-a eth0 198.51.100.11/24
host director-b eth0 198.51.100.12/24
host client eth0 198.51.100.129/24 198.51.100.130/24 198.51.100.131/24 198.51.100.132/24 198.51.100.133/24 198.51.100.134/24 198.51.100.135/24 198.51.100.136/24
host db1 eth0 198.51.100.31/24
real db1 --vip 198.51.100.100
serve db1 3306
host db2 eth0 198.51.100.32/24
real db2 --vip 198.51.100.100
serve db2 3306

start director-a director-a.conf
owner 198.51.100.100 director-a 30s
start director-b director-b.conf

table director-a 198.51.100.100:3306 30s wlc Route 198.51.100.31:3306=1 198.51.100.32:3306=1
table director-b 198.51.100.100:3306 30s wlc Route 198.51.100.31:3306=1 198.51.100.32:3306=1
sticks client 198.51.100.100:3306 5
unserve db1 3306
table director-a 198.51.100.100:3306 20s wlc Route 198.51.100.32:3306=1
stop director-a
owner 198.51.100.100 director-b 6s
table director-b 198.51.100.100:3306 20s wlc Route 198.51.100.32:3306=1
sticks client 198.51.100.100:3306 3
