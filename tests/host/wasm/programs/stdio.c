// SPDX-License-Identifier: MIT OR Apache-2.0
// Arguments, environment, streams and formatted numbers.
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments)
{
	char line[100];
	for (int i = 1; i < count; i++)
		printf("argument %d: %s\n", i, arguments[i]);
	printf("NAME=%s\n", getenv("NAME"));
	while (fgets(line, sizeof(line), stdin) != NULL) {
		for (char *c = line; *c != 0; c++)
			*c = (char)toupper((unsigned char)*c);
		fputs(line, stdout);
	}
	for (int i = -3; i <= 3; i++)
		printf("%g %.3e %a %d\n", pow(10, i), sin(i), (double)i / 3, i * 1000003);
	printf("%lld %llu %x\n", -1234567890123ll, ~0ull, 0xdeadbeef);
	printf("%f %f %f\n", strtod("1e308", NULL) * 10, sqrt(-1.0) * 0 == 0 ? 1.0 : 0.0,
		ldexp(1, -1074) * 1e300);
	return 7;
}
