#!/bin/sh
pidof nginx > /dev/null && echo 0 || echo 1
