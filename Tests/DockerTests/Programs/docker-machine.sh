# Makes a machine for a Docker engine, and is process 1 of it: this machine's programs, and folders of its own for everything that
# Docker and the plugin write to. To be run by
#
#     unshare --pid --fork --kill-child --mount --propagation unchanged --ipc --uts --net sh docker-machine.sh FOLDER
#
# FOLDER/repo is its /etc/secretary; when FOLDER/pid is there it is ready, and has its process number as the host knows it.
set -eu
folder=$1

# What is mounted from here on is not to appear elsewhere. In a chroot "/" is no mount that could be made private.
if mount --make-rprivate / 2>/dev/null; then
    # Other mounts of secrets must not wait for this machine to end.
    umount --all --lazy --types fuse.secretfs || true
else
    mount --make-rprivate "$(stat -c %m /dev/fuse)"
fi
mount -t tmpfs -o mode=0755 machine /mnt
cp -a /etc/. /mnt
mkdir -p /mnt/secretary /mnt/docker
mount --move /mnt /etc
mount --bind "$folder/repo" /etc/secretary
for place in /run /var/lib /var/log; do
    mount -t tmpfs -o mode=0755 machine "$place"
    # Mounts made in there later are to be seen by containers.
    mount --make-shared "$place"
done
read -r process _ </proc/self/stat
mount -t proc proc /proc
busybox ip link set lo up
echo "$process" >"$folder/pid.new"
mv "$folder/pid.new" "$folder/pid"
# Whoever loses its parent becomes this one's child, and is waited for.
tail -f /dev/null &
wait
