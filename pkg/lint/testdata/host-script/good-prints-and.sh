#!/bin/sh
pidof nginx > /dev/null && echo 1
