-- SPDX-License-Identifier: Apache-2.0
--
-- The language of vendor scripts for editors with lua-language-server. Made by `natmill check
-- --types`; no program reads it. See docs/vendor-scripts.md.

---@meta

---@alias natmill.ActionName
---| "created"
---| "deleted"
---| "updated"

---@alias natmill.Type
---| "session_mapping"
---| "port_mapping"
---| "port_block_mapping"
---| "address_mapping"

---@alias natmill.Kind natmill.Type|"ignore"

---@alias natmill.Field
---| "timestamp" # time of the event, UTC
---| "host" # address of the NAT device
---| "action" # what happened: created, deleted or updated
---| "vrf_id" # VRF, partition, VDOM or route domain
---| "protocol" # IP protocol number or name
---| "src_ip" # inside address
---| "src_port" # inside port
---| "x_ip" # outside (public) address
---| "x_port" # outside port
---| "dst_ip" # destination address
---| "dst_port" # destination port
---| "start_port" # first port of the block
---| "end_port" # last port of the block
---| "host_name" # name that header or line gives the device
---| "subscriber" # RADIUS user, MSISDN or other subscriber id

---Values that the line does not tell.
---@class natmill.Constants
---@field timestamp? string|number time of the event, UTC
---@field host? string address of the NAT device
---@field action? natmill.ActionName|integer what happened: created, deleted or updated
---@field vrf_id? string VRF, partition, VDOM or route domain
---@field protocol? integer|string IP protocol number or name
---@field src_ip? string inside address
---@field src_port? integer inside port
---@field x_ip? string outside (public) address
---@field x_port? integer outside port
---@field dst_ip? string destination address
---@field dst_port? integer destination port
---@field start_port? integer first port of the block
---@field end_port? integer last port of the block
---@field host_name? string name that header or line gives the device
---@field subscriber? string RADIUS user, MSISDN or other subscriber id

---@class natmill.Constants.session_mapping
---@field timestamp? string|number time of the event, UTC
---@field host? string address of the NAT device
---@field action? natmill.ActionName|integer what happened: created, deleted or updated
---@field vrf_id? string VRF, partition, VDOM or route domain
---@field protocol? integer|string IP protocol number or name
---@field src_ip? string inside address
---@field src_port? integer inside port
---@field x_ip? string outside (public) address
---@field x_port? integer outside port
---@field dst_ip? string destination address
---@field dst_port? integer destination port
---@field host_name? string name that header or line gives the device
---@field subscriber? string RADIUS user, MSISDN or other subscriber id

---@class natmill.Constants.port_mapping
---@field timestamp? string|number time of the event, UTC
---@field host? string address of the NAT device
---@field action? natmill.ActionName|integer what happened: created, deleted or updated
---@field vrf_id? string VRF, partition, VDOM or route domain
---@field protocol? integer|string IP protocol number or name
---@field src_ip? string inside address
---@field src_port? integer inside port
---@field x_ip? string outside (public) address
---@field x_port? integer outside port
---@field host_name? string name that header or line gives the device
---@field subscriber? string RADIUS user, MSISDN or other subscriber id

---@class natmill.Constants.port_block_mapping
---@field timestamp? string|number time of the event, UTC
---@field host? string address of the NAT device
---@field action? natmill.ActionName|integer what happened: created, deleted or updated
---@field vrf_id? string VRF, partition, VDOM or route domain
---@field src_ip? string inside address
---@field x_ip? string outside (public) address
---@field start_port? integer first port of the block
---@field end_port? integer last port of the block
---@field host_name? string name that header or line gives the device
---@field subscriber? string RADIUS user, MSISDN or other subscriber id

---@class natmill.Constants.address_mapping
---@field timestamp? string|number time of the event, UTC
---@field host? string address of the NAT device
---@field action? natmill.ActionName|integer what happened: created, deleted or updated
---@field vrf_id? string VRF, partition, VDOM or route domain
---@field src_ip? string inside address
---@field x_ip? string outside (public) address
---@field host_name? string name that header or line gives the device
---@field subscriber? string RADIUS user, MSISDN or other subscriber id

---The event under way. A field that is nil is not there.
---@class natmill.Event
---@field timestamp? string|number time of the event, UTC
---@field host? string address of the NAT device
---@field action? natmill.ActionName|integer what happened: created, deleted or updated
---@field vrf_id? string VRF, partition, VDOM or route domain
---@field protocol? integer|string IP protocol number or name
---@field src_ip? string inside address
---@field src_port? integer inside port
---@field x_ip? string outside (public) address
---@field x_port? integer outside port
---@field dst_ip? string destination address
---@field dst_port? integer destination port
---@field start_port? integer first port of the block
---@field end_port? integer last port of the block
---@field host_name? string name that header or line gives the device
---@field subscriber? string RADIUS user, MSISDN or other subscriber id
---@field event? natmill.ActionName|integer the same as action
---@field type? natmill.Type

---The record under way, read-only.
---@class natmill.Message
---@field text string what the rules see
---@field host string? address of the device
---@field host_name string?
---@field program string?
---@field topic string?
---@field timestamp string?
local Message = {}

---The member of a JSON record as text; nil when it has none.
---@param key string
---@return string?
function Message:get(key) end

---The record is no NAT event, and that is all right.
function Message:ignore() end

---Starts at the beginning of the text, each time.
---@return natmill.Cursor
function Message:cursor() end

---Moves over the text of the record; what is not there leaves it where it is.
---@class natmill.Cursor
local Cursor = {}

---Over this text, if it stands here. A blank is one or more blanks.
---@param text string
---@return boolean
function Cursor:skip(text) end

---Behind the next place where this text stands.
---@param text string
---@return boolean
function Cursor:find(text) end

---Reads a value of the field into the event.
---@param field natmill.Field
---@return boolean
function Cursor:read(field) end

---Reads address:port into two fields of the event.
---@param address natmill.Field
---@param port natmill.Field
---@return boolean
function Cursor:endpoint(address, port) end

---Up to the next blank; nil at the end.
---@return string?
function Cursor:word() end

---A whole number; nil if there is none.
---@return integer?
function Cursor:number() end

---Everything that is left; nil at the end.
---@return string?
function Cursor:rest() end

---The column, from 1.
---@return integer
function Cursor:position() end

---One vendor's scripts. Rules are tried in the order written; the first that fits settles the record.
---@class natmill.Vendor
local Vendor = {}

---Topics that the script reads, by name or ^regex; the configuration's `topics` is stronger.
---@param names string|string[]
function Vendor:topics(names) end

---Words that {action} reads. Stands before the rules.
---@param words table<string, natmill.ActionName>
function Vendor:actions(words) end

---More words that {protocol} reads, with their numbers. Stands before the rules.
---@param words table<string, integer>
function Vendor:protocols(words) end

---Zone of times that tell none: `UTC`, or hours and minutes east such as `+02:00`.
---@param zone string
function Vendor:zone(zone) end

---Separator of several records in one message.
---@param separator string
function Vendor:records(separator) end

---An event whose outside address and port are the inside ones is no NAT: its record is ignored.
function Vendor:ignore_untranslated() end

---Templates of lines that are no NAT events.
---@param templates string|string[]
function Vendor:ignore(templates) end

---PCRE2 patterns whose named groups are fields; they search anywhere.
---@param kind natmill.Kind
---@param patterns string|string[]
---@param constants? natmill.Constants
function Vendor:regex(kind, patterns, constants) end

---Code, for what the other rules cannot say. A handler that neither emits nor ignores lets the next rule try.
---@param handler fun(message: natmill.Message, event: natmill.Event, emit: fun(event: natmill.Event))
function Vendor:handler(handler) end

---Templates of lines that make this event. Needs {action} {src_ip} {x_ip}.
---@param templates string|string[]
---@param constants? natmill.Constants.session_mapping
function Vendor:session_mapping(templates, constants) end

---Templates of lines that make this event. Needs {action} {src_ip} {x_ip}.
---@param templates string|string[]
---@param constants? natmill.Constants.port_mapping
function Vendor:port_mapping(templates, constants) end

---Templates of lines that make this event. Needs {action} {src_ip} {x_ip} {start_port} {end_port}.
---@param templates string|string[]
---@param constants? natmill.Constants.port_block_mapping
function Vendor:port_block_mapping(templates, constants) end

---Templates of lines that make this event. Needs {action} {src_ip} {x_ip}.
---@param templates string|string[]
---@param constants? natmill.Constants.address_mapping
function Vendor:address_mapping(templates, constants) end

---Keys with the template of each one's value.
---@param kind natmill.Kind
---@param keys table<string|integer, string>|table[]
---@param constants? natmill.Constants
function Vendor:key_value(kind, keys, constants) end

---Keys with the template of each one's value.
---@param kind natmill.Kind
---@param keys table<string|integer, string>|table[]
---@param constants? natmill.Constants
function Vendor:cef(kind, keys, constants) end

---Keys with the template of each one's value.
---@param kind natmill.Kind
---@param keys table<string|integer, string>|table[]
---@param constants? natmill.Constants
function Vendor:structured_data(kind, keys, constants) end

---Keys with the template of each one's value; keys are numbers of columns, from 1.
---@param kind natmill.Kind
---@param keys table<integer, string>|table[]
---@param constants? natmill.Constants
function Vendor:csv(kind, keys, constants) end

---Keys with the template of each one's value.
---@param kind natmill.Kind
---@param keys table<string, string>|table[]
---@param constants? natmill.Constants
function Vendor:json(kind, keys, constants) end

---Begins a vendor script; the name is that of its file. The script ends with `return` and what this gave.
---@param name string
---@return natmill.Vendor
function vendor(name) end
