-- SPDX-License-Identifier: Apache-2.0
-- LuaJIT everywhere; a vendor script sees `vendor` beside plain Lua, the tests see busted.
std = "luajit"
max_line_length = 120
self = false -- a method may leave its object alone
exclude_files = { "build" }
-- A template is one line, however long.
files["vendors"] = { std = "lua51", read_globals = { "vendor" }, max_line_length = false }
-- Annotations for editors: nothing is ever run.
files["scripts/types"] = { globals = { "vendor" }, unused = false, unused_args = false, max_line_length = false }
files["tests/lua"] = { std = "+busted" }
