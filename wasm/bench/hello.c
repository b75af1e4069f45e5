// SPDX-License-Identifier: MIT OR Apache-2.0
// The program of the figures of instances.
#include <stdio.h>

int main(void)
{
	printf("Hello, %s!\n", "world");
	return 0;
}
