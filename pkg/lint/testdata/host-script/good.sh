#!/bin/sh
# systemctl stop keepalived would not come back
if ! pidof nginx > /dev/null
then
    exit 1
fi
