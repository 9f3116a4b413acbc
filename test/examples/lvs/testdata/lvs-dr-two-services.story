host director-a eth0 198.51.100.11/24
host director-b eth0 198.51.100.12/24
host client eth0 198.51.100.129/24 198.51.100.130/24 198.51.100.131/24 198.51.100.132/24 198.51.100.133/24 198.51.100.134/24 198.51.100.135/24 198.51.100.136/24
host web1 eth0 198.51.100.21/24
real web1 --vip 198.51.100.100
serve web1 80
host web2 eth0 198.51.100.22/24
real web2 --vip 198.51.100.100
serve web2 80
host app1 eth0 198.51.100.23/24
real app1 --vip 198.51.100.100
serve app1 8000
host app2 eth0 198.51.100.24/24
real app2 --vip 198.51.100.100
serve app2 8000

page web1 80 /test.html "This is web1."
page web2 80 /test.html "This is web2."
page app1 8000 /check.html "app1 is well."
page app2 8000 /check.html "app2 is well."

start director-a director-a.conf
owner 198.51.100.100 director-a 30s
start director-b director-b.conf

table director-a 198.51.100.100:80 30s wlc Route 198.51.100.21:80=10 198.51.100.22:80=10
table director-a 198.51.100.100:8000 30s wlc Route 198.51.100.23:8000=10 198.51.100.24:8000=10
table director-b 198.51.100.100:8000 30s wlc Route 198.51.100.23:8000=10 198.51.100.24:8000=10
asks client 198.51.100.100:80 8 web1=some web2=some
asks client 198.51.100.100:8000 8 app1=some app2=some
sticks client 198.51.100.100:80 5

# The test page is not what it was: the other service is not concerned.
page web2 80 /test.html "It works!"
table director-a 198.51.100.100:80 25s wlc Route 198.51.100.21:80=10
table director-a 198.51.100.100:8000 25s wlc Route 198.51.100.23:8000=10 198.51.100.24:8000=10
page web2 80 /test.html "This is web2."
# A check passes each page, then once more for the server as a whole.
table director-a 198.51.100.100:80 30s wlc Route 198.51.100.21:80=10 198.51.100.22:80=10

# The second director keeps the address when the first comes back.
stop director-a
owner 198.51.100.100 director-b 6s
asks client 198.51.100.100:8000 8 app1=some app2=some
restart director-a
log director-a 12s "Entering BACKUP STATE"
keeps 198.51.100.100 director-b 5s
