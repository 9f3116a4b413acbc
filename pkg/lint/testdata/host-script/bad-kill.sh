#!/bin/sh
pidof haproxy || kill -9 $(pidof keepalived)
