-- SPDX-License-Identifier: Apache-2.0
-- LuaJIT everywhere; a vendor script sees `vendor` and little else, the tests see busted.
std = "luajit"
max_line_length = 110
exclude_files = { "build" }
files["vendors"] = { std = "min", globals = {}, read_globals = { "vendor" } }
files["tests/lua"] = { std = "+busted" }
