#!/bin/sh
# Called with the kind (INSTANCE), the name, the state and the priority at every
# change: notes the state for others to read, and tells the system's log.
kind=$1 name=$2 state=$3 priority=$4

file=/run/keepalived-$name.state
echo "$state" >"$file.new" && mv "$file.new" "$file"
logger -t keepalived-notify "$(uname -n): $kind $name is $state now, priority $priority"
