/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The compiled module (wasm/image.h): position independent, and whole pages. */
	.section .text.module, "ax"
	.balign 4096
	.globl module_image
	.hidden module_image
module_image:
	.incbin MODULE_IMAGE
	.globl module_image_end
	.hidden module_image_end
module_image_end:
	.balign 4096
	.section .note.GNU-stack, "", @progbits
