# SPDX-License-Identifier: Apache-2.0
#
# Runs at install time, when the prefix is known: puts the folders into the unit, writes the manual, and installs
# the configuration without touching what somebody has changed. Its variables come from cmake/install.cmake.

string(RANDOM LENGTH 12 made)
set(made ${PROJECT_BINARY_DIR}/install-${made}) # of this run alone
file(MAKE_DIRECTORY ${made})

# out folder: the full path of an install folder, as it will be on the target.
function(full out folder)
	cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} NORMALIZE)
	set(${out} ${folder} PARENT_SCOPE)
endfunction()

full(bindir ${CMAKE_INSTALL_BINDIR})
full(docdir ${CMAKE_INSTALL_DOCDIR})
full(confdir ${CMAKE_INSTALL_SYSCONFDIR}/natmill)
if(confdir STREQUAL /usr/etc/natmill)
	set(confdir /etc/natmill)
endif()

# A file that is there and differs is somebody's work: ours goes beside it, as NAME.dist.
function(install_configuration source folder)
	cmake_path(GET source FILENAME name)
	set(there "$ENV{DESTDIR}${folder}/${name}")
	if(EXISTS ${there})
		file(SHA256 ${there} old)
		file(SHA256 ${source} new)
		if(NOT old STREQUAL new)
			message(STATUS "Kept: ${there} differs from ours, which is ${name}.dist beside it")
			string(APPEND name .dist)
		endif()
	endif()
	file(INSTALL DESTINATION ${folder} TYPE FILE RENAME ${name} FILES ${source})
endfunction()

install_configuration(${PROJECT_SOURCE_DIR}/dist/natmill.yaml ${confdir})
foreach(file IN LISTS vendor_files)
	install_configuration(${PROJECT_SOURCE_DIR}/${file} ${confdir}/vendors)
endforeach()

# The commands find the scripts beside the program, whatever folder they are called in.
full(data ${CMAKE_INSTALL_DATADIR}/natmill)
file(MAKE_DIRECTORY $ENV{DESTDIR}${data})
file(CREATE_LINK ${confdir}/vendors $ENV{DESTDIR}${data}/vendors SYMBOLIC)

# systemd looks into lib/systemd below /usr and /usr/local alike.
full(units lib/systemd/system)
configure_file(${PROJECT_SOURCE_DIR}/dist/systemd/natmill.service.in ${made}/natmill.service @ONLY)
file(INSTALL DESTINATION ${units} TYPE FILE FILES ${made}/natmill.service)

full(manuals ${CMAKE_INSTALL_MANDIR}/man1)
execute_process(
	COMMAND ${SYSTEM_PYTHON} ${PROJECT_SOURCE_DIR}/cmake/manual.py
		${PROJECT_BINARY_DIR}/natmill ${confdir} ${made}/natmill.1.gz
	COMMAND_ERROR_IS_FATAL ANY)
file(INSTALL DESTINATION ${manuals} TYPE FILE FILES ${made}/natmill.1.gz)
file(REMOVE_RECURSE ${made})
