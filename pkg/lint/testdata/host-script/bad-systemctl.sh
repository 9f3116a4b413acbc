#!/bin/bash
# check nginx
if ! pidof nginx; then
    systemctl start nginx
    sleep 2
    if ! pidof nginx; then
        systemctl stop keepalived
    fi
fi
