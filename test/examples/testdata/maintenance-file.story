host node-a eth0 198.51.100.11/24
host node-b eth0 198.51.100.12/24
host client eth0 198.51.100.9/24

start node-a node-a.conf
owner 198.51.100.100 node-a 20s
start node-b node-b.conf
log node-b 20s "Entering BACKUP STATE"
keeps 198.51.100.100 node-a 4s

write node-a /etc/keepalived/down
log node-a 7s "Changing effective priority from 150 to 90"
owner 198.51.100.100 node-b 11s
# The node works on as a backup: it takes the address if the other one dies.
stop node-b
owner 198.51.100.100 node-a 3s
restart node-b
owner 198.51.100.100 node-b 8s
remove node-a /etc/keepalived/down
log node-a 7s "Changing effective priority from 90 to 150"
owner 198.51.100.100 node-a 11s
