#!/bin/sh
pidof haproxy || { /etc/init.d/keepalived stop; }
