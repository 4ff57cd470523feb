/* Canny edges of RGB pictures: 3x3 Sobel with replicated borders, L1 gradient, hysteresis; the same pixels as OpenCV gives. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TAN_22 13573 /* tan 22.5 degrees in 15 fractional bits */

static inline int at(const int *g, int w, int h, int y, int x) {
    y = y < 0 ? 0 : y >= h ? h - 1 : y;
    x = x < 0 ? 0 : x >= w ? w - 1 : x;
    return g[y * w + x];
}

/* rgb [h,w,3] -> edges [h,w] of 0 and 255; thresholds in units of the gradient. Returns 0, or -1 without memory. */
int canny(int w, int h, int low, int high, const uint8_t *rgb, uint8_t *edges) {
    long n = (long)w * h, top = 0;
    int wide = w + 2;
    int *grey = malloc(n * sizeof(int)), *dx = malloc(n * sizeof(int)), *dy = malloc(n * sizeof(int));
    int *mag = calloc((long)wide * (h + 2), sizeof(int)), *stack = malloc(n * sizeof(int)); /* a frame of zeros: beyond it nothing is steeper */
    int failed = !grey || !dx || !dy || !mag || !stack;
    if (failed) goto end;
    for (long i = 0; i < n; i++) grey[i] = (rgb[3 * i] * 9798 + rgb[3 * i + 1] * 19235 + rgb[3 * i + 2] * 3735 + (1 << 14)) >> 15;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int a = at(grey, w, h, y - 1, x - 1), b = at(grey, w, h, y - 1, x), c = at(grey, w, h, y - 1, x + 1);
            int d = at(grey, w, h, y, x - 1), e = at(grey, w, h, y, x + 1);
            int f = at(grey, w, h, y + 1, x - 1), g = at(grey, w, h, y + 1, x), k = at(grey, w, h, y + 1, x + 1);
            int gx = c + 2 * e + k - a - 2 * d - f, gy = f + 2 * g + k - a - 2 * b - c;
            dx[y * w + x] = gx; dy[y * w + x] = gy;
            mag[(y + 1) * wide + x + 1] = abs(gx) + abs(gy);
        }
    memset(edges, 0, n);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const int *m = mag + (y + 1) * wide + x + 1;
            if (*m <= low) continue;
            int gx = dx[y * w + x], gy = dy[y * w + x], keep;
            long ax = abs(gx), ay = (long)abs(gy) << 15, flat = ax * TAN_22, steep = flat + (ax << 16);
            if (ay < flat) keep = *m > m[-1] && *m >= m[1];
            else if (ay > steep) keep = *m > m[-wide] && *m >= m[wide];
            else {
                int s = (gx ^ gy) < 0 ? -1 : 1;
                keep = *m > m[-wide - s] && *m > m[wide + s];
            }
            if (!keep) continue;
            edges[y * w + x] = *m > high ? 255 : 1;
            if (*m > high) stack[top++] = y * w + x;
        }
    while (top > 0) { /* weak edges stay where they touch strong ones */
        int i = stack[--top], y = i / w, x = i % w;
        for (int v = y - 1; v <= y + 1; v++)
            for (int u = x - 1; u <= x + 1; u++)
                if (v >= 0 && v < h && u >= 0 && u < w && edges[v * w + u] == 1) { edges[v * w + u] = 255; stack[top++] = v * w + u; }
    }
    for (long i = 0; i < n; i++) if (edges[i] == 1) edges[i] = 0;
end:
    free(grey); free(dx); free(dy); free(mag); free(stack);
    return failed ? -1 : 0;
}
