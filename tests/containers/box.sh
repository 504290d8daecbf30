#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command in an image's tree as a container with a read-only root file system would have it: box.sh ROOT USER
# FOLDER [-v FROM:TO[:ro]]... [-t TO]... -- COMMAND... It is process 1, without capabilities, and without a way to
# get any; -t is a file system in memory that belongs to USER. The network is the machine's. box.py calls it with
# namespaces of its own (mount, pid, ipc, uts), as root.
set -euo pipefail

root=$1 user=$2 folder=$3
shift 3
mount --bind "$root" "$root"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o nosuid,mode=0755 dev "$root/dev"
for device in null zero full random urandom; do
	touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
while [ "$1" != -- ]; do
	case $1 in
	-v)
		IFS=: read -r from to how <<< "$2"
		mount --bind "$from" "$root$to"
		[ -z "$how" ] || mount -o "remount,bind,$how" "$root$to"
		;;
	-t) mount -t tmpfs -o "nosuid,nodev,mode=0750,uid=${user%:*},gid=${user#*:}" tmpfs "$root$2" ;;
	esac
	shift 2
done
shift
mount -o remount,bind,ro "$root"
cd "$root"
exec chroot . setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --bounding-set=-all --inh-caps=-all \
	--ambient-caps=-all --no-new-privs sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
