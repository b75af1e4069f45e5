// SPDX-License-Identifier: MIT OR Apache-2.0
// The frame buffer of the graphics output protocol (section 12.9).
#include "uefi.h"

enum { FORMAT_NONE = 0, FORMAT_XRGB8888 = 1, FORMAT_XBGR8888 = 2, BYTES_PER_PIXEL = 4 };

static uint32_t format_of(EFI_GRAPHICS_PIXEL_FORMAT format)
{
	switch (format) {
	case PixelBlueGreenRedReserved8BitPerColor:
		return FORMAT_XRGB8888;
	case PixelRedGreenBlueReserved8BitPerColor:
		return FORMAT_XBGR8888;
	default:
		return FORMAT_NONE;
	}
}

void graphics_describe(struct boot_framebuffer *framebuffer)
{
	static EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
	EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics;
	*framebuffer = (struct boot_framebuffer){};
	if (uefi.boot->LocateProtocol(&guid, nullptr, (void **)&graphics) != EFI_SUCCESS ||
		!graphics->Mode || !graphics->Mode->Info)
		return;
	const EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode = graphics->Mode;
	uint32_t format = format_of(mode->Info->PixelFormat);
	if (format == FORMAT_NONE)
		return;
	*framebuffer = (struct boot_framebuffer){.physical = mode->FrameBufferBase,
		.size = mode->FrameBufferSize,
		.width = mode->Info->HorizontalResolution,
		.height = mode->Info->VerticalResolution,
		.stride = mode->Info->PixelsPerScanLine * BYTES_PER_PIXEL,
		.format = format};
}
