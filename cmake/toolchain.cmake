# SPDX-License-Identifier: Apache-2.0
#
# Language, warnings and the build types, as one interface target: natmill_toolchain.
# Sets program_link_options: what only the program itself is linked with; optimised_bench: the bench programs that are
# linked as it is.

set(NATMILL_BUILD release CACHE STRING "release, asan, tsan or fuzz")
set_property(CACHE NATMILL_BUILD PROPERTY STRINGS release asan tsan fuzz)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

find_program(CCACHE ccache)
if(CCACHE)
	set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
	set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(natmill_toolchain INTERFACE)
set(warnings -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Wvla -Werror)
set(c_warnings -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings)
target_compile_options(natmill_toolchain INTERFACE
	${warnings} $<$<COMPILE_LANGUAGE:C>:${c_warnings}> $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
	-g)
target_compile_definitions(natmill_toolchain INTERFACE _GNU_SOURCE NATMILL_VERSION="${PROJECT_VERSION}")

# There are many test programs: lld, where it is there, links one in a fraction of the time. What ships is linked by
# the compiler's own linker wherever it is built.
find_program(LLD ld.lld)
set(lld $<$<BOOL:${LLD}>:-fuse-ld=lld>)

set(program_link_options "")
set(optimised_bench "")
if(NATMILL_BUILD STREQUAL release)
	# What makes a fault in C end the process instead of running somebody's code. tests/system/test_hardening.py
	# reads it off the built program.
	set(hardening -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fPIE)
	include(CheckCCompilerFlag)
	foreach(flag -fstack-clash-protection -fcf-protection) # not on every processor
		string(MAKE_C_IDENTIFIER "has${flag}" has)
		check_c_compiler_flag(${flag} ${has})
		if(${has})
			list(APPEND hardening ${flag})
		endif()
	endforeach()
	# Events are cleared and copied whole, 200 bytes at a time: `rep stos`, gcc's choice on x86, takes longer to
	# begin than these moves take.
	set(moves "")
	foreach(of memset memcpy)
		check_c_compiler_flag(-m${of}-strategy=unrolled_loop:256:noalign,libcall:-1:noalign has_strategy_${of})
		if(has_strategy_${of})
			list(APPEND moves -m${of}-strategy=unrolled_loop:256:noalign,libcall:-1:noalign)
		endif()
	endforeach()
	target_compile_options(natmill_toolchain INTERFACE -O3 ${hardening} "$<$<COMPILE_LANGUAGE:C>:${moves}>")
	target_link_options(natmill_toolchain INTERFACE -pie -Wl,--as-needed,-z,relro,-z,now,-z,noexecstack)
	if(CMAKE_C_COMPILER_ID STREQUAL GNU)
		# Fat objects: the program is optimised across files, as is what measures its parts; the many test
		# programs link the plain half.
		set(optimised_bench bench_host bench_vendors bench_postgresql)
		set(is_program $<IN_LIST:$<TARGET_PROPERTY:NAME>,natmill;${optimised_bench}>)
		target_compile_options(natmill_toolchain INTERFACE -flto=auto -ffat-lto-objects)
		target_link_options(natmill_toolchain INTERFACE
			$<$<NOT:${is_program}>:-fno-lto> $<$<NOT:${is_program}>:${lld}>)
		list(APPEND program_link_options -O3 -flto=auto ${moves})
	endif()
else()
	set(sanitize_asan -fsanitize=address,undefined -fno-sanitize-recover=all)
	set(sanitize_tsan -fsanitize=thread)
	set(sanitize_fuzz -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
	if(NOT DEFINED sanitize_${NATMILL_BUILD})
		message(FATAL_ERROR "NATMILL_BUILD=${NATMILL_BUILD}: choose release, asan, tsan or fuzz")
	endif()
	if(NATMILL_BUILD STREQUAL fuzz AND NOT CMAKE_C_COMPILER_ID MATCHES Clang)
		message(FATAL_ERROR "the fuzz build needs clang: -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++")
	endif()
	target_compile_options(natmill_toolchain INTERFACE -O1 -fno-omit-frame-pointer ${sanitize_${NATMILL_BUILD}})
	target_link_options(natmill_toolchain INTERFACE ${sanitize_${NATMILL_BUILD}} ${lld})
	if(NOT NATMILL_BUILD STREQUAL tsan)
		# clang does not define what gcc does; the arena poisons its memory when it sees this.
		target_compile_definitions(natmill_toolchain INTERFACE __SANITIZE_ADDRESS__=1)
	endif()
endif()
