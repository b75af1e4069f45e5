// SPDX-License-Identifier: MIT OR Apache-2.0
// The smallest useful program: greets, shows its arguments and directory.
#include <stdio.h>
#include <unistd.h>

int main(int count, char **arguments)
{
	char directory[1024];
	printf("Hello from a WASM program on Craton.\n");
	for (int i = 0; i < count; i++)
		printf("argument %d: %s\n", i, arguments[i]);
	if (getcwd(directory, sizeof directory))
		printf("directory: %s\n", directory);
	return 0;
}
