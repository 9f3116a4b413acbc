host node-a eth0 198.51.100.11/24
host node-b eth0 198.51.100.12/24
host client eth0 198.51.100.9/24

start node-a node-a.conf
start node-b node-b.conf
owner 198.51.100.101 node-a 20s
owner 198.51.100.102 node-b 20s

cut node-a
owner 198.51.100.101 node-b 7s
owner 198.51.100.102 node-b 7s
heal node-a
owner 198.51.100.101 node-a 8s
owner 198.51.100.102 node-b 8s

stop node-b
owner 198.51.100.101 node-a 3s
owner 198.51.100.102 node-a 3s
restart node-b
owner 198.51.100.102 node-b 8s
owner 198.51.100.101 node-a 8s
