host node-a eth0 198.51.100.11/24
host node-b eth0 198.51.100.12/24
host client eth0 198.51.100.9/24

# The delay counts from the first start too, but not when nobody else is there.
start node-a node-a.conf
owner 198.51.100.100 node-a 20s
start node-b node-b.conf
log node-b 20s "Entering BACKUP STATE"
keeps 198.51.100.100 node-a 4s

cut node-a
owner 198.51.100.100 node-b 7s
heal node-a
log node-a 8s "start preempt delay"
keeps 198.51.100.100 node-b 13s
owner 198.51.100.100 node-a 25s
