# SPDX-License-Identifier: Apache-2.0
#
# One executable each: tests/unit/test_*.c and tests/contract/test_*.c (ctest, labels unit and contract),
# tests/bench/bench_*.c, and in the fuzz build tests/fuzz/fuzz_*.c instead of the others.

file(GLOB fuzz_sources CONFIGURE_DEPENDS tests/fuzz/fuzz_*.c)
file(GLOB unit_sources CONFIGURE_DEPENDS tests/unit/test_*.c)
file(GLOB contract_sources CONFIGURE_DEPENDS tests/contract/test_*.c)
file(GLOB bench_sources CONFIGURE_DEPENDS tests/bench/bench_*.c)
file(GLOB setup_sources CONFIGURE_DEPENDS tests/setup/*.c)

if(NATMILL_BUILD STREQUAL fuzz)
	foreach(source IN LISTS fuzz_sources)
		cmake_path(GET source STEM name)
		natmill_program(${name} ${source})
		target_link_options(${name} PRIVATE -fsanitize=fuzzer)
		set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/fuzz)
	endforeach()
	return()
endif()

enable_testing()
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# What several tests share: the capture double and the cases of the contract.
file(GLOB double_sources CONFIGURE_DEPENDS tests/contract/*.c)
list(FILTER double_sources EXCLUDE REGEX "/test_[^/]*\\.c$")
add_library(natmill_doubles STATIC ${double_sources})
target_link_libraries(natmill_doubles PUBLIC natmill_core PkgConfig::CMOCKA)

function(natmill_tests label)
	foreach(source IN LISTS ARGN)
		cmake_path(GET source STEM name)
		natmill_program(${label}_${name} ${source})
		target_link_libraries(${label}_${name} PRIVATE natmill_doubles)
		set_target_properties(${label}_${name} PROPERTIES
			RUNTIME_OUTPUT_DIRECTORY tests/${label} OUTPUT_NAME ${name})
		add_test(NAME ${label}/${name} COMMAND ${label}_${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
		set_tests_properties(${label}/${name} PROPERTIES LABELS ${label} TIMEOUT 300 SKIP_RETURN_CODE 77)
		if(NATMILL_BUILD STREQUAL asan AND label STREQUAL contract)
			# Libraries have no frame pointers: only the slow way tells who in them took what is lost.
			set(lost suppressions=${PROJECT_SOURCE_DIR}/tests/setup/lsan.supp:print_suppressions=0)
			set_tests_properties(${label}/${name} PROPERTIES ENVIRONMENT
				"ASAN_OPTIONS=fast_unwind_on_malloc=0;LSAN_OPTIONS=${lost}")
		endif()
	endforeach()
endfunction()

natmill_tests(unit ${unit_sources})
natmill_tests(contract ${contract_sources})

# What is optimised across files takes long to link and no test runs it: `all` only compiles it, `bench` makes it.
add_custom_target(bench)
foreach(source IN LISTS bench_sources setup_sources)
	cmake_path(GET source STEM name)
	cmake_path(GET source PARENT_PATH folder)
	cmake_path(GET folder FILENAME folder)
	if(name IN_LIST optimised_bench)
		add_library(${name}_object OBJECT ${source})
		target_link_libraries(${name}_object PRIVATE natmill_core)
		natmill_program(${name} $<TARGET_OBJECTS:${name}_object>)
		set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
		target_link_options(${name} PRIVATE ${program_link_options})
		add_dependencies(bench ${name})
	else()
		natmill_program(${name} ${source})
	endif()
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/${folder})
endforeach()
