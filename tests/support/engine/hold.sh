#!/bin/sh
# hold: let an engine have cgroups, and be the first process, which buries the dead and outlives them.

# Docker mounts these read-only.
for place in /proc/sys /sys /sys/fs/cgroup /sys/fs/cgroup/*/; do
    if mountpoint -q "$place"; then mount -o remount,bind,rw "$place"; fi
done
# With cgroup v2 no process may be where the engine makes cgroups of its own (https://github.com/moby/moby/blob/master/hack/dind).
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs || true
    sed -e 's/ / +/g' -e 's/^/+/' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
fi
while :; do sleep infinity; done
