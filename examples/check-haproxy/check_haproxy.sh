#!/bin/sh
# Exits with 0 if the process in haproxy's pid file lives and is a haproxy. It
# starts no other program, and so costs next to nothing each second.
pidfile=/run/haproxy.pid

read -r pid <"$pidfile" || exit 1
read -r name <"/proc/$pid/comm" || exit 1
[ "$name" = haproxy ]
