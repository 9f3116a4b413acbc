#!/bin/sh
pidof nginx
echo $?; echo 1
