# SPDX-License-Identifier: MIT OR Apache-2.0
# Lua's interpreter. Its pcall is setjmp and longjmp, here WebAssembly exceptions (lib/wasm/setjmp).

LUA := $(BUILD)/source/lua
LUA_FILES := $(addprefix src/,$(addsuffix .c,lapi lcode lctype ldebug ldo ldump lfunc lgc llex lmem lobject lopcodes \
	lparser lstate lstring ltable ltm lundump lvm lzio lauxlib lbaselib lcorolib ldblib liolib lmathlib loadlib \
	loslib lstrlib ltablib lutf8lib linit lua))
$(eval $(call source,lua,$(LUA_FILES)))
$(eval $(call port,lua,$(addprefix $(LUA)/,$(LUA_FILES)) lib/wasm/setjmp/setjmp.c,$(SETJMP_CFLAGS) -std=gnu23 -I$(LUA)/src -include apps/ports/lua/lua_craton.h))
