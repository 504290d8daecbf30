# SPDX-License-Identifier: Apache-2.0
#
# The libraries that natmill stands on, as one interface target: natmill_libraries. All by pkg-config.
# librdkafka must be 2.3 or newer; where the system's is older, `./run set-up` builds one into build/deps.

set(deps ${PROJECT_SOURCE_DIR}/build/deps)
if(EXISTS ${deps}/lib/pkgconfig/rdkafka.pc)
	set(ENV{PKG_CONFIG_PATH} "${deps}/lib/pkgconfig:$ENV{PKG_CONFIG_PATH}")
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(RDKAFKA IMPORTED_TARGET "rdkafka>=2.3")
if(NOT RDKAFKA_FOUND)
	message(FATAL_ERROR "librdkafka 2.3 or newer is missing: run `./run set-up`, or install it")
endif()
pkg_check_modules(LIBRARIES REQUIRED IMPORTED_TARGET luajit libpcre2-8 simdjson libcrypto libssl yaml-0.1 sqlite3 libpq
	hiredis librabbitmq libcurl libzstd zlib libmicrohttpd)

add_library(natmill_libraries INTERFACE)
target_link_libraries(natmill_libraries INTERFACE PkgConfig::RDKAFKA PkgConfig::LIBRARIES Threads::Threads m)
