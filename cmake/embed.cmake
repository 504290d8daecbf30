# SPDX-License-Identifier: Apache-2.0
#
# Makes the C file with everything that the program carries inside itself: each scripts/*.lua, and under the name
# "ffi.cdef" what LuaJIT's ffi.cdef gets, which is engine/script/ffi_api.h, preprocessed. Sets embedded_source.
# Declared in engine/script/embedded.h.

set(generated ${PROJECT_BINARY_DIR}/generated)
set(embedded_source ${generated}/embedded.c)
file(MAKE_DIRECTORY ${generated})
file(GLOB embedded_inputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scripts/*.lua)

set(ffi_header ${PROJECT_SOURCE_DIR}/engine/script/ffi_api.h)
set(ffi_text ${generated}/ffi.cdef)
add_custom_command(
	OUTPUT ${ffi_text}
	COMMAND ${CMAKE_C_COMPILER} -E -P -x c -DNATMILL_FFI_CDEF -I ${PROJECT_SOURCE_DIR}/engine
		-MMD -MQ ${ffi_text} -MF ${ffi_text}.d ${ffi_header} -o ${ffi_text}
	DEPENDS ${ffi_header}
	DEPFILE ${ffi_text}.d
	COMMENT "Preprocessing the FFI declarations"
	VERBATIM)
list(APPEND embedded_inputs ${ffi_text})

set(embed_script ${PROJECT_SOURCE_DIR}/cmake/embed.py)
find_program(SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
add_custom_command(
	OUTPUT ${embedded_source}
	COMMAND ${SYSTEM_PYTHON} ${embed_script} ${embedded_source} ${embedded_inputs}
	DEPENDS ${embed_script} ${embedded_inputs}
	COMMENT "Embedding the Lua scripts"
	VERBATIM)
# A target of its own, so that what is built of it in front of natmill_core does not wait for natmill_core's parts.
add_custom_target(natmill_embedded DEPENDS ${embedded_source})
