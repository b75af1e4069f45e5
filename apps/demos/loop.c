// SPDX-License-Identifier: MIT OR Apache-2.0
// Computes for ever, to be ended by Ctrl-C, `kill` or a limit. With a number: that many rounds.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
	uint64_t rounds = count > 1 ? strtoull(arguments[1], nullptr, 10) : 0;
	uint64_t state = 1;
	for (uint64_t i = 0; rounds == 0 || i < rounds; i++) {
		state = state * 6364136223846793005 + 1442695040888963407;
		__asm__ volatile("" : "+r"(state));
	}
	printf("%016llx\n", (unsigned long long)state);
	return 0;
}
