#!/bin/sh
# begin: start the engine as an init would after a crash, with whatever that has left; its socket is the argument.

# A number that may be another process's by now; systemd, which asks the kernel, needs no such file.
rm -f /run/docker.pid
containerd >>/var/log/containerd.log 2>&1 &
exec dockerd --containerd=/run/containerd/containerd.sock --host="unix://$1" >>/var/log/dockerd.log 2>&1
