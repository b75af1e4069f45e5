-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Numbers, strings, tables, files and other programs.
print(1 // 0.0, -1 // 0.0, 7 // 2, -7 // 2, 7 % -3, 7.5 % 2, 1 << 63, 3 | 4, ~0)
print(math.maxinteger + 1 == math.mininteger, math.type(1), math.type(1.0), 0x7fffffffffffffff)
print(string.format("%5d|%-5s|%05.1f|%x|%q|%g", 42, "ab", 3.14159, 255, "a\nb", 1e300))
print(("hello world"):gsub("o", "0"), ("key=value"):match("(%w+)=(%w+)"), ("abc"):byte(1, -1))
print(string.pack("<i4z", 100000, "hi"):len(), string.unpack("<i4z", string.pack("<i4z", 100000, "hi")))
print(utf8.char(228, 8364, 128512), utf8.len("äöü"), #"äöü")
local t = {5, 2, 8, 1}
table.sort(t, function(a, b) return a > b end)
print(table.concat(t, ","), #t, table.unpack(t, 2, 3))
print(pcall(table.sort, {3, 1, "x"}))
goto done
print("never")
::done::
local name = os.tmpname()
local file <close> = assert(io.open(name, "w+"))
for i = 1, 1000 do file:write(i, "\n") end
file:seek("set", 0)
local sum = 0
for line in file:lines() do sum = sum + tonumber(line) end
print(sum, file:seek("end"))
print(os.remove(name), (io.open(name)))
print((select(2, io.open("/nowhere/x"))))
local program = io.popen("echo one; echo two; exit 3")
print(program:read("a"), program:close())
print(os.execute("exit 5"))
print(os.getenv("NOT_THERE"), type(os.time()), os.date("!%Y-%m-%d", 86400))
local words, n = {}, 0
for i = 1, 200000 do words[i % 5000] = (words[i % 5000] or "") .. "x"; n = n + 1 end
collectgarbage()
print(n, #words[17], collectgarbage("count") < 20000)
