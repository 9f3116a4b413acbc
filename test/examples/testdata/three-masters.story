host node-a eth0 198.51.100.11/24
host node-b eth0 198.51.100.12/24
host node-c eth0 198.51.100.13/24
host client eth0 198.51.100.9/24

start node-a node-a.conf
start node-b node-b.conf
start node-c node-c.conf
owner 198.51.100.101 node-a 20s
owner 198.51.100.102 node-b 20s
owner 198.51.100.103 node-c 20s

# b is the first in line for a's address.
cut node-a
owner 198.51.100.101 node-b 7s
owner 198.51.100.102 node-b 7s
owner 198.51.100.103 node-c 7s
# With two gone the third has all.
stop node-b
owner 198.51.100.101 node-c 7s
owner 198.51.100.102 node-c 7s
owner 198.51.100.103 node-c 7s
heal node-a
owner 198.51.100.101 node-a 8s
restart node-b
owner 198.51.100.102 node-b 8s
owner 198.51.100.103 node-c 8s
owner 198.51.100.101 node-a 8s
