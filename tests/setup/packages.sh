# SPDX-License-Identifier: Apache-2.0
#
# The Debian packages that each command of `run` needs, and how they get there. Sourced by `run`.
# need_packages GROUP... installs what dpkg does not know yet; it says so once and plainly where it cannot.

# os_release: the release's codename for the systems this is tried on, else nothing.
os_release()
{
	(
		. /etc/os-release 2>/dev/null || exit 0
		case "${ID:-}:${VERSION_ID:-}" in
		debian:12) echo bookworm ;;
		debian:13) echo trixie ;;
		ubuntu:24.04) echo noble ;;
		esac
	)
}

# packages_of GROUP RELEASE: names, one a word.
packages_of()
{
	local clang
	case $2 in bookworm) clang=14 ;; noble) clang=18 ;; *) clang=19 ;; esac
	case $1 in
	build)
		echo gcc g++ cmake ninja-build pkgconf python3 ca-certificates libluajit-5.1-dev libpcre2-dev \
			libsimdjson-dev libyaml-dev libsqlite3-dev libpq-dev libssl-dev libcmocka-dev \
			libhiredis-dev librabbitmq-dev libcurl4-openssl-dev libzstd-dev zlib1g-dev libmicrohttpd-dev
		case $2 in
		bookworm) echo make dpkg-dev debian-archive-keyring libsasl2-dev liblz4-dev ;;
		*) echo librdkafka-dev ;;
		esac
		;;
	clang) echo clang lld llvm "libclang-rt-$clang-dev" ;;
	lint) echo clang-tidy lua-check ;;
	python) echo python3-venv python3-pip python3-pytest python3-pytest-timeout ;;
	kafka) echo maven default-jre-headless ;;
	lua) echo luajit lua-busted ;;
	valgrind) echo valgrind ;;
	service) echo systemd ;; # for systemd-analyze
	postgresql) echo postgresql python3-psycopg2 ;;
	servers)
		echo redis-server redis-tools rabbitmq-server influxdb nginx-light python3-redis python3-pika zstd \
			prometheus # for promtool
		;;
	package) echo dpkg-dev file ;;
	containers) # large, for slow tests only
		echo buildah debootstrap debian-archive-keyring lintian
		# For kubectl, which Ubuntu does not have; there may be another one already.
		case $2 in bookworm | trixie) command -v kubectl > /dev/null || echo kubernetes-client ;; esac
		;;
	esac
}

# installed: of the names given, those that dpkg has installed, sorted.
installed()
{
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u
}

# apt_install NAMES: the lists may be missing or old, so they are fetched anew when the first try fails.
apt_install()
{
	local root="" log=build/apt.log
	if [ "$(id -u)" != 0 ]; then
		root=sudo
		command -v sudo > /dev/null || {
			echo "run: not root and no sudo; as root: apt-get install --no-install-recommends $*" >&2
			exit 2
		}
	fi
	echo "set-up: installing $*"
	local apt="$root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3"
	local install="$apt install --no-install-recommends"
	$install "$@" > $log 2>&1 && return
	{ $apt update && $install "$@"; } > $log 2>&1 && return
	tail -n 20 $log >&2
	echo "run: apt-get could not install: $*" >&2
	exit 2
}

need_packages()
{
	[ -z "${RUN_NO_APT:-}" ] || return 0
	local release group wanted="" missing
	release=$(os_release)
	for group in "$@"; do
		wanted+=" $(packages_of "$group" "${release:-trixie}")"
	done
	wanted=$(printf '%s\n' $wanted | sort -u)
	if [ -z "$release" ]; then
		echo "run: sets itself up on Debian 12, Debian 13 and Ubuntu 24.04 only. Elsewhere install these" \
			"(Debian's names) and set RUN_NO_APT=1:" $wanted >&2
		exit 2
	fi
	missing=$(comm -23 <(echo "$wanted") <(installed $wanted))
	[ -z "$missing" ] || apt_install $missing
}
