#!/bin/sh
if pidof nginx > /dev/null
then
    echo 0
else
    echo "1"
fi
