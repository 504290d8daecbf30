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
		echo gcc g++ cmake ninja-build pkgconf python3 ca-certificates \
			libluajit-5.1-dev libpcre2-dev libsimdjson-dev libyaml-dev libsqlite3-dev libpq-dev libcmocka-dev
		case $2 in
		bookworm) echo make dpkg-dev debian-archive-keyring libcurl4-openssl-dev libssl-dev libsasl2-dev \
			libzstd-dev liblz4-dev zlib1g-dev ;;
		*) echo librdkafka-dev ;;
		esac
		;;
	clang) echo clang llvm "libclang-rt-$clang-dev" ;;
	lint) echo clang clang-format clang-tidy lua-check python3-pytest ;;
	python) echo python3-venv python3-pip python3-pytest python3-pytest-timeout python3-yaml ;;
	kafka) echo maven default-jre-headless ;;
	lua) echo luajit lua-busted ;;
	esac
}

need_packages()
{
	[ -z "${NATMILL_NO_APT:-}" ] || return 0
	local release group wanted="" missing="" root=""
	release=$(os_release)
	for group in "$@"; do
		wanted+=" $(packages_of "$group" "${release:-trixie}")"
	done
	wanted=$(printf '%s\n' $wanted | sort -u)
	if [ -z "$release" ]; then
		echo "run: sets itself up on Debian 12, Debian 13 and Ubuntu 24.04 only. Install these (Debian's names) and" \
			"set NATMILL_NO_APT=1:" $wanted >&2
		exit 2
	fi
	missing=$(comm -23 <(echo "$wanted") \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort))
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		command -v sudo > /dev/null || {
			echo "run: not root and no sudo; as root: apt-get install --no-install-recommends" $missing >&2
			exit 2
		}
		root=sudo
	fi
	echo "set-up: installing" $missing
	local install="$root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends"
	# The lists may be missing or old: refresh them only when the first try fails.
	mkdir -p build
	if ! $install $missing > build/apt.log 2>&1; then
		$root apt-get -q update > build/apt.log 2>&1 && $install $missing >> build/apt.log 2>&1 || {
			tail -n 20 build/apt.log >&2
			echo "run: apt-get could not install:" $missing >&2
			exit 2
		}
	fi
}
