#!/bin/sh
# Called with "active" when this node gets the address, with "standby" when it
# has not, or no longer. Put here what only one node may do; it may be called
# again with what it was called with before.
role=$1

case $role in
active | standby) echo "$role" >/run/role ;;
*)
    echo "usage: role.sh active|standby" >&2
    exit 2
    ;;
esac
