// SPDX-License-Identifier: MIT OR Apache-2.0
// Takes memory, one MiB at a time, and touches it. With a number: at most that many MiB, then says
// so and ends. When there is no more, says how much there was; status 3.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments)
{
	long limit = count > 1 ? strtol(arguments[1], nullptr, 10) : 0, eaten = 0;
	constexpr size_t piece = 1 << 20;
	while (limit == 0 || eaten < limit) {
		char *memory = malloc(piece);
		if (!memory) {
			printf("no more memory after %ld MiB\n", eaten);
			return 3;
		}
		memset(memory, (int)(eaten & 255), piece);
		__asm__ volatile("" : : "r"(memory) : "memory");
		eaten++;
	}
	printf("%ld MiB eaten\n", eaten);
	return 0;
}
