host node-a eth0 198.51.100.11/24
host node-b eth0 198.51.100.12/24
host client eth0 198.51.100.9/24

start node-a node-a.conf
log node-a 20s "Entering MASTER STATE"
owner 198.51.100.100 node-a 20s
start node-b node-b.conf
log node-b 20s "Entering BACKUP STATE"
keeps 198.51.100.100 node-a 4s

cut node-a
owner 198.51.100.100 node-b 7s
# It comes back, and the address stays.
heal node-a
log node-a 3s "Entering BACKUP STATE"
keeps 198.51.100.100 node-b 6s
# It returns only when the other one goes.
stop node-b
owner 198.51.100.100 node-a 3s
restart node-b
keeps 198.51.100.100 node-a 6s
