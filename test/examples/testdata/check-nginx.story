host node-a eth0 198.51.100.11/24
host node-b eth0 198.51.100.12/24
host client eth0 198.51.100.9/24

serve node-a 80
start node-a node-a.conf
owner 198.51.100.100 node-a 20s
# One without nginx begins in fault; keepalived does not say so.
start node-b node-b.conf
kactl: log node-b 20s "Entering FAULT STATE"
keepalived: log node-b 20s "VRRP_Script(nginx) failed"
serve node-b 80
log node-b 8s "Entering BACKUP STATE"
keeps 198.51.100.100 node-a 4s

unserve node-a 80
log node-a 11s "Entering FAULT STATE"
owner 198.51.100.100 node-b 11s
serve node-a 80
log node-a 11s "Entering BACKUP STATE"
owner 198.51.100.100 node-a 15s

# It answers, but with an error.
page node-a 80 / ""
owner 198.51.100.100 node-b 11s
# With nginx gone on both nobody has the address.
unserve node-b 80
nobody 198.51.100.100 11s
