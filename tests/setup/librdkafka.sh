#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds librdkafka into build/deps from Debian 13's source package, for machines whose own one is older than
# 2.3 (docs: Debian 12's can skip offsets after a rebalance). `run` calls it; a second call does nothing.
# The source comes from the mirror that this machine's apt already uses, with the suite replaced, through a
# private apt configuration: lists and cache lie in build/deps, signatures are checked.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:?usage: librdkafka.sh PREFIX}
suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

mkdir -p "$prefix"
prefix=$(cd "$prefix" && pwd)
stamp=$prefix/.librdkafka-$suite
licence=$prefix/share/doc/librdkafka/copyright
exec 9>"$prefix/.lock"
flock 9
[ -e "$stamp" ] && [ -e "$licence" ] && exit 0

echo "librdkafka: building $suite's source package into ${prefix#"$PWD"/} (about a minute)"
work=$prefix/librdkafka-build
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/source"

mirror=$(/usr/bin/python3 "$here/apt_mirror.py")
echo "deb-src [signed-by=$keyring] $mirror $suite main" > "$work/sources.list"
cat > "$work/apt.conf" <<CONF
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$work/lists";
Dir::Cache "$work/cache";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::AllowInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "$(id -un)";
CONF
export APT_CONFIG=$work/apt.conf
log=$work/log
fail() { tail -n 20 "$log" >&2; echo "librdkafka: $1; see $log" >&2; exit 1; }
apt-get -q update > "$log" 2>&1 || fail "the package lists of $suite could not be fetched"
(cd "$work/source" && apt-get -q source --only-source librdkafka) >> "$log" 2>&1 ||
	fail "its source could not be fetched"

cd "$work"/source/librdkafka-*/
# What contains the library, such as natmill's package, has to tell its licences.
mkdir -p "$(dirname "$licence")"
cp debian/copyright "$licence"
[ -e "$stamp" ] && rm -rf "$work" && exit 0

./configure --prefix="$prefix" --enable-zstd --enable-ssl --enable-gssapi --enable-curl --enable-lz4-ext \
	--disable-debug-symbols >> "$log" 2>&1 || fail "its configure failed"
make -C src -j"$(nproc)" librdkafka.a >> "$log" 2>&1 || fail "it does not compile"

# Only the static library and its headers: the program then runs in place, without a search path.
version=$(sed -n 's/^RDKAFKA_VERSION_STR=[[:space:]]*//p' Makefile.config)
requires=$(sed -n 's/^MKL_PKGCONFIG_REQUIRES=[[:space:]]*//p' Makefile.config)
mkdir -p "$prefix/include/librdkafka" "$prefix/lib/pkgconfig"
cp src/rdkafka.h src/rdkafka_mock.h "$prefix/include/librdkafka/"
cp src/librdkafka.a "$prefix/lib/"
cat > "$prefix/lib/pkgconfig/rdkafka.pc" <<PC
prefix=\${pcfiledir}/../..
Name: librdkafka
Description: Apache Kafka C client, static
Version: $version
Requires: $requires
Cflags: -I\${prefix}/include
Libs: -L\${prefix}/lib -lrdkafka -lm -ldl -lpthread -lrt
PC
rm -rf "$work"
echo "$version" > "$stamp"
