# SPDX-License-Identifier: Apache-2.0
#
# Run by CPack while it lays out the package: adds what only Debian wants, copyright and changelog. Variables are those
# of cmake/package.cmake; DESTDIR is set.

set(source ${CMAKE_CURRENT_LIST_DIR}/../dist/debian)
set(made ${CPACK_TOPLEVEL_DIRECTORY}/debian)
set(docdir ${CMAKE_INSTALL_PREFIX}/share/doc/natmill)
set(version ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, if it is set

configure_file(${source}/changelog.in ${made}/changelog.Debian @ONLY)
execute_process(COMMAND gzip -9 -n -f ${made}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
file(INSTALL DESTINATION ${docdir} TYPE FILE FILES ${source}/copyright ${made}/changelog.Debian.gz)
if(CPACK_NATMILL_LIBRDKAFKA)
	file(INSTALL DESTINATION ${docdir} TYPE FILE RENAME librdkafka.copyright
		FILES ${CPACK_NATMILL_LIBRDKAFKA}/share/doc/librdkafka/copyright)
endif()
