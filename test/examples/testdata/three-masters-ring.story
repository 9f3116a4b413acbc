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

# b is behind a, c behind b, a behind c.
stop node-a
owner 198.51.100.101 node-b 3s
owner 198.51.100.102 node-b 3s
owner 198.51.100.103 node-c 3s
# Two that stand side by side: nobody is left for a's address.
stop node-b
owner 198.51.100.102 node-c 3s
owner 198.51.100.103 node-c 3s
nobody 198.51.100.101 3s
restart node-b
owner 198.51.100.101 node-b 8s
owner 198.51.100.102 node-b 8s
restart node-a
owner 198.51.100.101 node-a 8s
