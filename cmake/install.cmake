# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install build [--prefix FOLDER]` installs: program, manual, unit, documentation, and configuration
# with vendor scripts in PREFIX/etc/natmill (of the prefix /usr: /etc/natmill; CMAKE_INSTALL_SYSCONFDIR may say
# otherwise). The prefix may be chosen as late as then, so settle.cmake does what depends on it.
# Sets vendor_files. cmake/package.cmake makes the Debian package of the same rules.

include(GNUInstallDirs)
file(GLOB vendor_files RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS vendors/*.lua vendors/*.samples)
file(GLOB pages CONFIGURE_DEPENDS docs/*.md)

install(TARGETS natmill RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)

set(handed_over PROJECT_SOURCE_DIR PROJECT_BINARY_DIR PROJECT_VERSION SYSTEM_PYTHON CMAKE_INSTALL_BINDIR
	CMAKE_INSTALL_SYSCONFDIR CMAKE_INSTALL_DATADIR CMAKE_INSTALL_DOCDIR CMAKE_INSTALL_MANDIR vendor_files)
foreach(name IN LISTS handed_over)
	install(CODE "set(${name} \"${${name}}\")")
endforeach()
install(SCRIPT cmake/settle.cmake)
