#!/usr/bin/env bash
pidof haproxy || service keepalived stop
