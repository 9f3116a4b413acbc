host node-a eth0 198.51.100.11/24
host node-b eth0 198.51.100.12/24
host client eth0 198.51.100.9/24

start node-a node-a.conf net_admin,net_raw
log node-a 20s "Entering MASTER STATE"
owner 198.51.100.100 node-a 20s
start node-b node-b.conf net_admin,net_raw
log node-b 20s "Entering BACKUP STATE"
keeps 198.51.100.100 node-a 4s
stop node-a
owner 198.51.100.100 node-b 3s
restart node-a
owner 198.51.100.100 node-a 8s
# Nothing can take the address from a network that outlives its container: the
# other node takes over, and announces it. (The pid file stays as well, and the
# number in it is a process of the next container's, which keepalived takes for
# itself.)
kactl: kill node-a
kactl: log node-b 7s "Entering MASTER STATE"
kactl: restart node-a
kactl: owner 198.51.100.100 node-a 11s
