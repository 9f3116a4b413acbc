#!/bin/sh
if true; then pkill -9 keepalived; fi
