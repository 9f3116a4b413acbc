host node-a eth0 198.51.100.11/24
host node-b eth0 198.51.100.12/24
host client eth0 198.51.100.9/24

process node-a haproxy /run/haproxy.pid
process node-b haproxy /run/haproxy.pid
start node-a node-a.conf
owner 198.51.100.100 node-a 20s
start node-b node-b.conf
log node-b 20s "Entering BACKUP STATE"
keeps 198.51.100.100 node-a 4s

end node-a haproxy
log node-a 8s "Changing effective priority from 150 to 90"
owner 198.51.100.100 node-b 12s
# With haproxy gone on both the address stays somewhere: on the node with the
# higher priority left.
end node-b haproxy
owner 198.51.100.100 node-a 12s
process node-b haproxy /run/haproxy.pid
owner 198.51.100.100 node-b 12s
# Another program under the number of the dead one does not count.
process node-a another /run/haproxy.pid
keeps 198.51.100.100 node-b 5s
process node-a haproxy /run/haproxy.pid
owner 198.51.100.100 node-a 12s
