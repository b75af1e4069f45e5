-- SPDX-License-Identifier: MIT OR Apache-2.0
-- pcall, error, xpcall and coroutines: all that Lua does with setjmp and longjmp.
print(pcall(error, "plain"))
print(pcall(error, {code = 7}) , select(2, pcall(error, {code = 7})).code)
print(select("#", pcall(error)))
print(pcall(function() return 1, 2, 3 end))
print(pcall(function() local t = nil; return t.x end))
print(pcall(function() return 1 + {} end))
print(pcall(string.rep, "x", -1))
print(pcall(string.rep))

-- Nested, with values that must survive.
local function deep(n)
	if n == 0 then error("bottom", 0) end
	local before = n * 2
	local ok, message = pcall(deep, n - 1)
	assert(not ok and before == n * 2)
	error(message .. "<" .. n, 0)
end
print(pcall(deep, 20))

-- A handler sees the stack, and its own errors do not escape.
print(xpcall(function() error("handled", 0) end, function(m) return m .. " by handler" end))
print((xpcall(function() error("x") end, function(m) error("again") end)))

-- Coroutines with errors inside and outside.
local co = coroutine.wrap(function(...)
	local a = coroutine.yield(...)
	local ok, e = pcall(function() coroutine.yield(a + 1); error("in coroutine", 0) end)
	coroutine.yield(ok, e)
	error("end", 0)
end)
print(co(1, 2))
print(co(10))
print(co())
print(pcall(co))
print(pcall(co))

-- Stack overflow is an error like others.
local function nest() return (string.gsub("x", "x", nest)) end
local ok, message = pcall(nest)
print(ok, message:match("stack overflow"))
print(pcall(string.gsub, "x", "x", function() error("in callback", 0) end))
print(select(2, pcall(load, "x = = 1")))
print(load("x = = 1"))

-- Closing of variables on the way out.
do
	local log = {}
	local function closer(name)
		return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. tostring(e) end})
	end
	print(pcall(function()
		local a <close> = closer("a")
		local b <close> = closer("b")
		error("closing", 0)
	end))
	print(table.concat(log, " "))
end

-- Many, so that nothing may leak.
local count = 0
for i = 1, 100000 do
	if not pcall(error, i) then count = count + 1 end
end
print(count)
