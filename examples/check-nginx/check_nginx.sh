#!/bin/sh
# Exits with 0 if nginx answers a request on this machine, with what curl says
# otherwise. It ends by itself before the configuration's timeout.
exec curl --silent --show-error --fail --max-time 2 --output /dev/null \
    --header "Host: check.invalid" http://127.0.0.1/
