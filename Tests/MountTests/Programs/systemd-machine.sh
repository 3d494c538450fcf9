# Becomes systemd, as process 1 of a machine that has this one's files and can change none of them. To be run by
#
#     unshare --pid --fork --kill-child --mount --propagation unchanged --ipc --uts --net sh systemd-machine.sh FOLDER GROUP
#
# FOLDER is all that it may write to: `units` there has all its units, `repo` is its /etc/secretary. GROUP is the control
# group that its processes are in. The folder of the programs, with this one in `bin`, is its /run/programs.
set -eu
folder=$1 group=$2
programs=$(dirname "$(dirname "$0")")
echo 0 >"$group/cgroup.procs"

# What is mounted from here on is not to appear elsewhere. In a chroot "/" is no mount that could be made private.
if mount --make-rprivate / 2>/dev/null; then
    # Other mounts of secrets must not wait for this machine to end.
    umount --all --lazy --types fuse.secretfs || true
else
    mount --make-rprivate "$(stat -c %m /dev/fuse)"
fi
mount -t tmpfs -o mode=0755 machine /dev
root=/dev/root
mkdir "$root"
mount --rbind / "$root"
mount --make-rprivate "$root"
mount -o remount,bind,ro "$root"
mount --bind "$folder" "$root$folder"

# Where services have folders of their own. The tests' are below /tmp, too.
mount -t tmpfs -o mode=1777 machine "$root/var/tmp"
mount -t tmpfs -o mode=1777 machine "$root/mnt"
for place in "$root$folder" "$root$programs"; do
    mkdir "$root/mnt/${place##*/}"
    mount --bind "$place" "$root/mnt/${place##*/}"
done
mount --move "$root/mnt" "$root/tmp"

mount -t tmpfs -o mode=0755 machine "$root/dev"
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 fuse:10:229; do
    numbers=${device#*:}
    mknod -m 0666 "$root/dev/${device%%:*}" c "${numbers%:*}" "${numbers#*:}"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=0755 machine "$root/var/log"
mount -t tmpfs -o mode=0755 machine "$root/run"
mount -t tmpfs -o mode=0755 machine "$root/var/lib"
# As systemd itself does with /, where that is a mount: credentials are mounted in another namespace, and have to appear here.
mount --make-shared "$root/run"
# Services may have another /tmp.
mkdir "$root/run/programs"
mount --bind "$root$programs" "$root/run/programs"
mkdir -p "$root/run/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\n' >"$root/run/systemd/journald.conf.d/volatile.conf"
mount -t tmpfs -o mode=0755 machine "$root/mnt"
cp -a /etc/. "$root/mnt"
mkdir -p "$root/mnt/secretary"
mount --move "$root/mnt" "$root/etc"
mount --bind "$folder/repo" "$root/etc/secretary"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"

# shellcheck disable=SC2016
exec unshare --cgroup sh -euc '
    mount -t cgroup2 cgroup2 "$0/sys/fs/cgroup"
    exec env container=lxc SYSTEMD_UNIT_PATH="$1/units" SYSTEMD_GENERATOR_PATH="$1/none" \
        chroot "$0" /lib/systemd/systemd --unit=machine.target --log-target=journal
' "$root" "$folder"
