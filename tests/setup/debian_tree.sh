#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A fresh Debian as its images debian:SUITE-slim have it: debian_tree.sh SUITE TAR. Made by debootstrap, once, and
# kept as TAR. Inside, apt gets its packages where this machine does. Needs root, because the tree holds files of
# other users.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
suite=${1:?usage: debian_tree.sh SUITE TAR} tar=${2:?usage: debian_tree.sh SUITE TAR}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

mkdir -p "$(dirname "$tar")"
exec 9> "$tar.lock"
flock 9
[ -e "$tar" ] && exit 0

mirror=$(/usr/bin/python3 "$here/apt_mirror.py" 2> /dev/null) || mirror=http://deb.debian.org/debian
more=()
[ "${mirror%%:*}" != https ] || more=(--include=ca-certificates)
tree=$(mktemp -d)
trap 'rm -rf "$tree" "$tar.part"' EXIT
debootstrap --variant=minbase --keyring="$keyring" "${more[@]}" "$suite" "$tree" "$mirror" > "$tar.log" 2>&1 || {
	tail -n 20 "$tar.log" >&2
	echo "debian_tree.sh: debootstrap could not make $suite; see $tar.log" >&2
	exit 1
}

# What Debian's own slim images leave out, and have later packages leave out.
cat > "$tree/etc/dpkg/dpkg.cfg.d/docker" <<'CONF'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
CONF
for folder in usr/share/{doc,info,locale,man} var/cache/apt var/lib/apt/lists var/log; do
	find "$tree/$folder" -type f ! -name copyright -delete
	find "$tree/$folder" -mindepth 1 -type d -empty -delete
done
echo 'Acquire::Languages "none";' > "$tree/etc/apt/apt.conf.d/docker-no-languages"
# How this machine's apt gets at the archive: a proxy, a mirror with an old date.
apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-)' > "$tree/etc/apt/apt.conf.d/99machine" || true

tar -C "$tree" --exclude='./dev/*' --one-file-system -cf "$tar.part" .
mv "$tar.part" "$tar"
