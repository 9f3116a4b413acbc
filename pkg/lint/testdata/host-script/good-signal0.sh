#!/bin/sh
killall -0 keepalived && pkill -USR1 keepalived
kill -HUP $(pidof keepalived)
systemctl is-active keepalived
systemctl stop keepalived-exporter
logger "service keepalived stop"
