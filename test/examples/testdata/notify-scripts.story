host node-a eth0 198.51.100.11/24
host node-b eth0 198.51.100.12/24
host client eth0 198.51.100.9/24

start node-a node-a.conf
owner 198.51.100.100 node-a 20s
says node-a /run/keepalived-VI_1.state 20s MASTER
says node-a /run/role 20s active
start node-b node-b.conf
says node-b /run/keepalived-VI_1.state 20s BACKUP
says node-b /run/role 20s standby

cut node-a
says node-a /run/keepalived-VI_1.state 7s FAULT
says node-a /run/role 7s standby
says node-b /run/keepalived-VI_1.state 8s MASTER
says node-b /run/role 8s active
heal node-a
says node-a /run/role 10s active
says node-b /run/role 10s standby
stop node-a
says node-a /run/keepalived-VI_1.state 3s STOP
says node-a /run/role 3s standby
