# SPDX-License-Identifier: Apache-2.0
#
# Compiles the hot path by a profile: the layers up to the script host are built once more, counting, and read the
# samples of every shipped vendor, in a collector's envelope (tests/bench/bench_host.c) and raw (bench_vendors.c); then
# the compiler knows which way lines usually take.
# Only gcc's release build for the machine it is built on: the profile's form is gcc's own, and what counts must run.

option(NATMILL_PROFILE "compile the hot path by a profile of the vendors' samples; needs gcc" ON)
if(NOT NATMILL_PROFILE OR NOT NATMILL_BUILD STREQUAL release OR CMAKE_CROSSCOMPILING
   OR NOT CMAKE_C_COMPILER_ID STREQUAL GNU OR NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU)
	return()
endif()

set(profiled ${core_sources})
list(FILTER profiled INCLUDE REGEX "/engine/(base|event|script)/")
set(counts ${PROJECT_BINARY_DIR}/profile)
set(counted ${counts}/counted)

# Both compilations of a source must call it the same: that is where its counts are, and how static functions are found.
function(profile_options)
	foreach(source IN LISTS profiled)
		cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE name)
		string(REPLACE / . name ${name})
		set_source_files_properties(${source} PROPERTIES
			COMPILE_OPTIONS "-dumpdir;${counts}/;-dumpbase;${name};${ARGN}")
	endforeach()
endfunction()

add_subdirectory(cmake/profile)
profile_options(-fprofile-use -fprofile-partial-training -Wno-missing-profile)
set_source_files_properties(${profiled} PROPERTIES OBJECT_DEPENDS ${counted})
list(APPEND program_link_options -fprofile-use -fprofile-partial-training -Wno-missing-profile)

# A count is added to what its file holds, so an old one goes first. A vendor script that changes later changes no
# count: its author shall not wait for a compiler.
add_custom_command(
	OUTPUT ${counted}
	COMMAND ${CMAKE_COMMAND} -E rm -rf ${counts}
	COMMAND ${CMAKE_COMMAND} -E make_directory ${counts}
	COMMAND natmill_counting_enveloped ${PROJECT_SOURCE_DIR}/vendors 20 > ${counted}
	COMMAND natmill_counting_raw ${PROJECT_SOURCE_DIR}/vendors 100 >> ${counted}
	DEPENDS natmill_counting_enveloped natmill_counting_raw
	COMMENT "Counting which ways the vendors' samples take"
	VERBATIM)
