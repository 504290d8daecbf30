# SPDX-License-Identifier: Apache-2.0
#
# The Debian package, `./run package`: CPack lays out what cmake/install.cmake installs below /usr and /etc, and adds
# what is Debian's own, dist/debian. dpkg-shlibdeps reads off the program which libraries it depends on; a
# librdkafka from build/deps is a part of the program.

cmake_host_system_information(RESULT system QUERY DISTRIB_ID DISTRIB_VERSION_ID)
list(TRANSFORM system REPLACE "^debian$" "deb")
list(JOIN system "" system)

set(debian_made ${PROJECT_BINARY_DIR}/debian)
list(TRANSFORM vendor_files PREPEND /etc/natmill/ OUTPUT_VARIABLE conffiles)
list(JOIN conffiles "\n" conffiles)
file(CONFIGURE OUTPUT ${debian_made}/conffiles CONTENT "/etc/natmill/natmill.yaml\n${conffiles}\n" @ONLY)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME natmill)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "natmill developers <natmill@natmill.example>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR})
# The prefix is the target's, and /etc lies outside of it: staged by DESTDIR, as Debian's own packages are.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
if(pkgcfg_lib_RDKAFKA_rdkafka MATCHES "^${deps}/")
	set(CPACK_NATMILL_LIBRDKAFKA ${deps})
endif()
set(CPACK_INSTALL_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian.cmake)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
	GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "1~${system}") # so that the next Debian's counts as newer
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql, libsasl2-modules-gssapi-mit")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "events of carrier-grade NAT from Kafka into databases
natmill consumes the raw logs of carrier-grade NAT devices from Kafka, runs
one small Lua script per vendor over each message, and writes the normalised
events to PostgreSQL, SQLite, Kafka, Redis, AMQP, HTTP, InfluxDB or files.

It answers who held a public address and port at a given time.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian_made}/conffiles
	${PROJECT_SOURCE_DIR}/dist/debian/postinst
	${PROJECT_SOURCE_DIR}/dist/debian/prerm
	${PROJECT_SOURCE_DIR}/dist/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
