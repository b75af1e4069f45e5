// SPDX-License-Identifier: MIT OR Apache-2.0
// Small programs that are compiled natively and for wasm32-wasi: each line is name, seconds,
// checksum.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
// Seconds of a monotonic clock.
static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}
static const uint32_t K[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
	0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6,
	0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
	0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585,
	0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
	0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
#define R(x, n) ((x) >> (n) | (x) << (32 - (n)))
static void blk(uint32_t *h, const uint8_t *p)
{
	uint32_t w[64], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6],
			hh = h[7];
	for (int i = 0; i < 16; i++)
		w[i] = p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = (R(w[i - 2], 17) ^ R(w[i - 2], 19) ^ w[i - 2] >> 10) + w[i - 7] +
		       (R(w[i - 15], 7) ^ R(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 16];
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = hh + (R(e, 6) ^ R(e, 11) ^ R(e, 25)) + ((e & f) ^ (~e & g)) + K[i] +
			      w[i],
			 t2 = (R(a, 2) ^ R(a, 13) ^ R(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		hh = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
	h[5] += f;
	h[6] += g;
	h[7] += hh;
}
static uint32_t sha(void)
{
	uint32_t h[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	static uint8_t buf[65536];
	for (int i = 0; i < 65536; i++)
		buf[i] = i * 7;
	for (int r = 0; r < 400; r++)
		for (int i = 0; i < 65536; i += 64)
			blk(h, buf + i);
	return h[0];
}
static int mandel(void)
{
	int tot = 0;
	for (int y = 0; y < 400; y++)
		for (int x = 0; x < 400; x++) {
			double cr = x / 200.0 - 1.5, ci = y / 200.0 - 1, zr = 0, zi = 0;
			int i = 0;
			for (; i < 200 && zr * zr + zi * zi < 4; i++) {
				double t = zr * zr - zi * zi + cr;
				zi = 2 * zr * zi + ci;
				zr = t;
			}
			tot += i;
		}
	return tot;
}
static int fannkuch(int n)
{
	int p[16], q[16], s[16], sign = 1, maxf = 0, sum = 0;
	for (int i = 0; i < n; i++)
		p[i] = q[i] = s[i] = i;
	for (;;) {
		int q0 = p[0];
		if (q0) {
			for (int i = 1; i < n; i++)
				q[i] = p[i];
			int fl = 1;
			for (;;) {
				int qq = q[q0];
				if (!qq) {
					sum += sign * fl;
					if (fl > maxf)
						maxf = fl;
					break;
				}
				q[q0] = q0;
				if (q0 >= 3) {
					int i = 1, j = q0 - 1;
					do {
						int t = q[i];
						q[i] = q[j];
						q[j] = t;
						i++;
						j--;
					} while (i < j);
				}
				q0 = qq;
				fl++;
			}
		}
		if (sign == 1) {
			int t = p[0];
			p[0] = p[1];
			p[1] = t;
			sign = -1;
		} else {
			int t = p[1];
			p[1] = p[2];
			p[2] = t;
			sign = 1;
			for (int i = 2; i < n; i++) {
				int sx = s[i];
				if (sx) {
					s[i] = sx - 1;
					break;
				}
				if (i == n - 1)
					return sum * 1000 + maxf;
				s[i] = i;
				t = p[0];
				for (int j = 0; j <= i; j++)
					p[j] = p[j + 1];
				p[i + 1] = t;
			}
		}
	}
}
static int cmp(const void *a, const void *b)
{
	int x = *(int *)a, y = *(int *)b;
	return x < y ? -1 : x > y;
}
// Heap sort with a comparison by callback: the C library's own would differ between the two sides.
static void sort_with(int *a, int n, int (*less)(const void *, const void *))
{
	for (int start = n / 2, end = n; end > 1;) {
		int root;
		if (start > 0)
			root = --start;
		else {
			int t = a[--end];
			a[end] = a[0];
			a[0] = t;
			root = 0;
		}
		for (int child; (child = 2 * root + 1) < end; root = child) {
			if (child + 1 < end && less(&a[child], &a[child + 1]) < 0)
				child++;
			if (less(&a[root], &a[child]) >= 0)
				break;
			int t = a[root];
			a[root] = a[child];
			a[child] = t;
		}
	}
}
static int sorts(void)
{
	static int a[200000];
	uint32_t s = 1;
	int r = 0;
	for (int k = 0; k < 8; k++) {
		for (int i = 0; i < 200000; i++) {
			s = s * 1664525 + 1013904223;
			a[i] = s >> 1;
		}
		sort_with(a, 200000, cmp);
		r ^= a[777];
	}
	return r;
}
// Allocation and recursion.
struct tree_node {
	struct tree_node *l, *r;
};
static struct tree_node *mk(int d)
{
	struct tree_node *x = malloc(sizeof *x);
	if (d) {
		x->l = mk(d - 1);
		x->r = mk(d - 1);
	} else
		x->l = x->r = 0;
	return x;
}
static int ck(struct tree_node *x)
{
	int r = 1;
	if (x->l)
		r += ck(x->l) + ck(x->r);
	free(x);
	return r;
}
static int tree(void)
{
	int r = 0;
	for (int i = 0; i < 30; i++)
		r += ck(mk(15));
	return r;
}
// Floating point in short vectors.
static double nbody(void)
{
	double p[5][3] = {{0, 0, 0}, {4.84, -1.16, -.10}, {8.34, 4.12, -4.03e-1},
		{1.28e1, -1.51e1, -2.23e-1}, {1.53e1, -2.59e1, 1.79e-1}},
	       v[5][3] = {{0, 0, 0}, {.606, 2.81, -.02}, {-1.01, 1.82, .008}, {1.08, .868, -.01},
		       {.979, .594, -.034}},
	       m[5] = {39.47, .037, .011, .0017, .002};
	for (int s = 0; s < 500000; s++) {
		for (int i = 0; i < 5; i++)
			for (int j = i + 1; j < 5; j++) {
				double d[3], q = 0;
				for (int k = 0; k < 3; k++) {
					d[k] = p[i][k] - p[j][k];
					q += d[k] * d[k];
				}
				double g = .01 / (q * sqrt(q));
				for (int k = 0; k < 3; k++) {
					v[i][k] -= d[k] * m[j] * g;
					v[j][k] += d[k] * m[i] * g;
				}
			}
		for (int i = 0; i < 5; i++)
			for (int k = 0; k < 3; k++)
				p[i][k] += .01 * v[i][k];
	}
	return p[0][0];
}
// Match finding as in LZ compressors.
static int lz(void)
{
	static uint8_t in[1 << 20];
	static int tab[1 << 14];
	uint32_t s = 1;
	for (int i = 0; i < 1 << 20; i++) {
		s = s * 1664525 + 1013904223;
		in[i] = "the quick brown fox"[(s >> 24) % 19 & ~1];
	}
	int out = 0;
	for (int r = 0; r < 6; r++) {
		memset(tab, 0, sizeof tab);
		for (int i = 1; i < (1 << 20) - 8;) {
			uint32_t x;
			memcpy(&x, in + i, 4);
			uint32_t h = x * 2654435761u >> 18;
			int c = tab[h];
			tab[h] = i;
			if (c && !memcmp(in + c, in + i, 4)) {
				int l = 4;
				while (i + l < (1 << 20) - 8 && in[c + l] == in[i + l] && l < 255)
					l++;
				out += 3;
				i += l;
			} else {
				out++;
				i++;
			}
		}
	}
	return out;
}
// An interpreter's loop with a switch.
static int interp(void)
{
	static const uint8_t prog[] = {0, 1, 2, 3, 1, 4, 5, 2, 0, 6, 7, 3, 4, 8};
	int a = 1, b = 2, c = 3;
	for (int i = 0; i < 8000000; i++) {
		for (int k = 0; k < 3; k++)
			switch (prog[(i * 3 + k) % 14]) {
			case 0:
				a += b;
				break;
			case 1:
				b ^= c;
				break;
			case 2:
				c = a * 3 + 1;
				break;
			case 3:
				a -= c >> 2;
				break;
			case 4:
				b = b * 5 + a;
				break;
			case 5:
				c ^= a << 3;
				break;
			case 6:
				a |= 1;
				break;
			case 7:
				b &= 0xffffff;
				break;
			default:
				c += b;
			}
	}
	return a ^ b ^ c;
}
typedef int (*fn)(int, int);
static int f0(int a, int b)
{
	return a + b;
}
static int f1(int a, int b)
{
	return a ^ b;
}
static int f2(int a, int b)
{
	return a * 3 - b;
}
static int f3(int a, int b)
{
	return (a >> 1) + b;
}
static fn fs[4] = {f0, f1, f2, f3};
// Calls through a table.
static int indirect(void)
{
	volatile int z = 0;
	int a = 1 + z;
	for (int i = 0; i < 20000000; i++)
		a = fs[(i ^ a >> 7) & 3](a, i);
	return a;
}
// A product of matrices: compilers make vector instructions of the innermost loop.
enum { SIDE = 160 };
static float matrix(void)
{
	static float a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
	float sum = 0;
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++)
			a[i][j] = (float)(i * 7 % 13 - j),
			b[i][j] = (float)(j * 5 % 11) / (float)(i + 1);
	for (int round = 0; round < 8; round++) {
		for (int i = 0; i < SIDE; i++)
			for (int k = 0; k < SIDE; k++)
				for (int j = 0; j < SIDE; j++)
					c[i][j] += a[i][k] * b[k][j];
		a[round][0] = c[round][round];
	}
	for (int i = 0; i < SIDE; i++)
		sum += c[i][SIDE - 1 - i];
	return sum;
}
// A mix of what small controllers do: a linked list, integer matrices, a state machine over text.
struct item {
	struct item *next;
	int key, value;
};
static struct item *merge_items(struct item *a, struct item *b)
{
	struct item head = {0, 0, 0}, *last = &head;
	while (a && b) {
		struct item **least = a->key <= b->key ? &a : &b;
		last->next = *least;
		last = *least;
		*least = last->next;
	}
	last->next = a ? a : b;
	return head.next;
}
static struct item *sort_items(struct item *list)
{
	struct item *slow = list, *fast = list ? list->next : 0, *rest;
	if (!list || !list->next)
		return list;
	while (fast && fast->next) {
		slow = slow->next;
		fast = fast->next->next;
	}
	rest = slow->next;
	slow->next = 0;
	return merge_items(sort_items(list), sort_items(rest));
}
static unsigned mix_list(unsigned seed)
{
	static struct item items[500];
	unsigned sum = 0;
	for (int i = 0; i < 500; i++) {
		seed = seed * 1664525 + 1013904223;
		items[i] = (struct item){i < 499 ? &items[i + 1] : 0, (int)(seed >> 20), i};
	}
	for (struct item *i = sort_items(items); i; i = i->next)
		sum = sum * 31 + (unsigned)(i->key ^ i->value);
	return sum;
}
static unsigned mix_matrix(unsigned seed)
{
	static short a[24][24], b[24][24];
	static int c[24][24];
	unsigned sum = 0;
	for (int i = 0; i < 24; i++)
		for (int j = 0; j < 24; j++) {
			a[i][j] = (short)(seed + (unsigned)(i * j));
			b[i][j] = (short)(seed * 3 - (unsigned)(i + j));
		}
	for (int i = 0; i < 24; i++)
		for (int j = 0; j < 24; j++) {
			int s = 0;
			for (int k = 0; k < 24; k++)
				s += a[i][k] * b[k][j];
			c[i][j] = s;
		}
	for (int i = 0; i < 24; i++)
		sum = sum * 17 + (unsigned)c[i][(i * 7) % 24];
	return sum;
}
static unsigned mix_states(unsigned seed)
{
	static const char text[] = "12,-7,3.25,+4e6,0x1f,abc,.5,1e-3,--2,99999,";
	unsigned counts[6] = {0}, state = 0;
	for (int round = 0; round < 20; round++)
		for (const char *p = text; *p; p++) {
			char c = (char)(*p ^ ((seed >> 28) == 15 && *p == '9'));
			switch (state) {
			case 0:
				state = c == '+' || c == '-'   ? 1
					: c >= '0' && c <= '9' ? 2
					: c == '.'             ? 3
							       : 5;
				break;
			case 1:
				state = c >= '0' && c <= '9' ? 2 : c == '.' ? 3 : 5;
				break;
			case 2:
				state = c == '.' ? 3 : c == 'e' ? 4 : c >= '0' && c <= '9' ? 2 : 5;
				break;
			case 3:
				state = c == 'e' ? 4 : c >= '0' && c <= '9' ? 3 : 5;
				break;
			case 4:
				state = c == '-' || (c >= '0' && c <= '9') ? 4 : 5;
				break;
			default:
				break;
			}
			counts[state]++;
			if (c == ',')
				state = 0;
		}
	return counts[0] + counts[1] * 3 + counts[2] * 5 + counts[3] * 7 + counts[4] * 11 +
	       counts[5] * 13;
}
static unsigned mix(void)
{
	unsigned sum = 1;
	for (int i = 0; i < 1500; i++)
		sum += mix_list(sum) ^ mix_matrix(sum) ^ mix_states(sum);
	return sum;
}
static const char *wanted; // null: all
#define T(n, e)                                             \
	do {                                                \
		if (wanted != 0 && strcmp(wanted, n) != 0)  \
			break;                              \
		double t = now();                           \
		double r = (double)(e);                     \
		printf("%s %.4f %.17g\n", n, now() - t, r); \
	} while (0)
int main(int count, char **arguments)
{
	wanted = count > 1 ? arguments[1] : 0;
	T("mix", mix());
	T("sha256", sha());
	T("mandelbrot", mandel());
	T("fannkuch", fannkuch(9));
	T("sort", sorts());
	T("tree", tree());
	T("nbody", nbody());
	T("lz", lz());
	T("switch", interp());
	T("indirect", indirect());
	T("matrix", matrix());
}
