/* Analytic ray caster of the Toybox world: a textured floor, a sky, one sun with hard shadows, a few solids.
 *
 * Everything is a function of one packed scene record (see render.py), so the same scene can be rendered again
 * after an edit and differs only where the edit acts. Supersampled ss x ss; colour is averaged in linear light.
 */
#include <math.h>
#include <stdint.h>

#define MAX_OBJECTS 6
#define HEADER 4
#define RECORD 9

typedef struct { float x, y, z; } V;
typedef struct { int shape; V colour; int metal; float r, x, z, c, s; } Obj;
typedef struct { V eye, right, up, front; float tx, ty; int floor, sky, n; Obj o[MAX_OBJECTS]; } Scene;
typedef struct { V top, horizon, sun, ambient, dir; } Sky;

enum { SPHERE, CUBE, CYLINDER, CONE, TORUS };
enum { WOOD, GRASS, SAND, CHECKER, STONE, SNOW };

static inline V v(float x, float y, float z) { V a = {x, y, z}; return a; }
static inline V add(V a, V b) { return v(a.x + b.x, a.y + b.y, a.z + b.z); }
static inline V sub(V a, V b) { return v(a.x - b.x, a.y - b.y, a.z - b.z); }
static inline V mul(V a, float k) { return v(a.x * k, a.y * k, a.z * k); }
static inline V had(V a, V b) { return v(a.x * b.x, a.y * b.y, a.z * b.z); }
static inline float dot(V a, V b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline V mix(V a, V b, float t) { return add(mul(a, 1 - t), mul(b, t)); }
static inline V norm(V a) { return mul(a, 1.0f / sqrtf(dot(a, a))); }
static inline V cross(V a, V b) { return v(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x); }
static inline float clamp01(float t) { return t < 0 ? 0 : t > 1 ? 1 : t; }

static const Sky SKIES[3] = {
    {{0.16f, 0.42f, 0.86f}, {0.62f, 0.80f, 0.96f}, {0.88f, 0.86f, 0.80f}, {0.34f, 0.38f, 0.44f}, {-0.55f, 0.75f, 0.45f}},
    {{0.30f, 0.12f, 0.34f}, {0.95f, 0.42f, 0.16f}, {0.85f, 0.50f, 0.28f}, {0.32f, 0.24f, 0.28f}, {-0.75f, 0.48f, 0.40f}},
    {{0.006f, 0.010f, 0.035f}, {0.03f, 0.045f, 0.12f}, {0.30f, 0.34f, 0.46f}, {0.13f, 0.145f, 0.22f}, {-0.45f, 0.80f, 0.45f}},
};
static const V FLOOR_MEAN[6] = {{0.36f, 0.17f, 0.07f}, {0.10f, 0.34f, 0.06f}, {0.66f, 0.50f, 0.27f},
                                {0.36f, 0.36f, 0.36f}, {0.22f, 0.23f, 0.25f}, {0.82f, 0.86f, 0.92f}};

/* Distance along the ray to the solid, or -1. o and d are in the object's frame (base centre at the origin). */
static float hit(const Obj *b, V o, V d, V *n) {
    float r = b->r, best = -1;
    if (b->shape == SPHERE) {
        V p = v(o.x, o.y - r, o.z);
        float k = dot(p, d), q = dot(p, p) - r * r, disc = k * k - q;
        if (disc < 0) return -1;
        best = -k - sqrtf(disc);
        if (best < 1e-3f) return -1;
        *n = mul(add(p, mul(d, best)), 1 / r);
    } else if (b->shape == CUBE) {
        float e = 0.82f * r, lo = -1e9f, hi = 1e9f;
        float po[3] = {o.x, o.y - e, o.z}, pd[3] = {d.x, d.y, d.z};
        int axis = 0;
        for (int i = 0; i < 3; i++) {
            float inv = 1 / (fabsf(pd[i]) < 1e-9f ? 1e-9f : pd[i]);
            float t0 = (-e - po[i]) * inv, t1 = (e - po[i]) * inv;
            if (t0 > t1) { float t = t0; t0 = t1; t1 = t; }
            if (t0 > lo) { lo = t0; axis = i; }
            if (t1 < hi) hi = t1;
        }
        if (lo > hi || lo < 1e-3f) return -1;
        best = lo;
        *n = v(0, 0, 0);
        if (axis == 0) n->x = pd[0] > 0 ? -1 : 1;
        if (axis == 1) n->y = pd[1] > 0 ? -1 : 1;
        if (axis == 2) n->z = pd[2] > 0 ? -1 : 1;
    } else if (b->shape == CYLINDER) {
        float R = 0.78f * r, H = 1.75f * r;
        float a = d.x * d.x + d.z * d.z, k = o.x * d.x + o.z * d.z, c = o.x * o.x + o.z * o.z - R * R;
        float disc = k * k - a * c;
        if (disc < 0) return -1;
        float t = (-k - sqrtf(disc)) / a, y = o.y + t * d.y;
        if (t > 1e-3f && y >= 0 && y <= H) { *n = v((o.x + t * d.x) / R, 0, (o.z + t * d.z) / R); return t; }
        t = (H - o.y) / d.y;
        float px = o.x + t * d.x, pz = o.z + t * d.z;
        if (t > 1e-3f && px * px + pz * pz <= R * R) { *n = v(0, 1, 0); return t; }
        return -1;
    } else if (b->shape == CONE) {
        float H = 2.0f * r, k = 0.98f * r / H, y0 = o.y - H;
        float a = d.x * d.x + d.z * d.z - k * k * d.y * d.y;
        float h = o.x * d.x + o.z * d.z - k * k * y0 * d.y, c = o.x * o.x + o.z * o.z - k * k * y0 * y0;
        float disc = h * h - a * c;
        if (disc < 0) return -1;
        float s = sqrtf(disc), ts[2] = {(-h - s) / a, (-h + s) / a};
        for (int i = 0; i < 2; i++) {
            float y = y0 + ts[i] * d.y;
            if (ts[i] > 1e-3f && y <= 0 && y >= -H && (best < 0 || ts[i] < best)) best = ts[i];
        }
        if (best < 0) return -1;
        V p = v(o.x + best * d.x, y0 + best * d.y, o.z + best * d.z);
        *n = norm(v(p.x, -k * k * p.y, p.z));
    } else { /* a torus standing on its rim: its hole is what makes it a torus to the eye */
        float m = 0.31f * r, R = r - m;
        V p0 = v(o.x, o.y - r, o.z);
        float k = dot(p0, d), q = dot(p0, p0) - r * r * 1.01f, disc = k * k - q;
        if (disc < 0) return -1;
        float t = -k - sqrtf(disc), end = -k + sqrtf(disc);
        if (t < 1e-3f) t = 1e-3f;
        V p = p0;
        for (int i = 0; i < 48 && t < end; i++) {
            p = add(p0, mul(d, t));
            float ring = sqrtf(p.x * p.x + p.y * p.y) - R, dist = sqrtf(ring * ring + p.z * p.z) - m;
            if (dist < 2e-3f * r) { best = t; break; }
            t += dist;
        }
        if (best < 0) return -1;
        float len = sqrtf(p.x * p.x + p.y * p.y);
        *n = norm(sub(p, v(p.x / len * R, p.y / len * R, 0)));
    }
    return best;
}

static inline V into(const Obj *b, V p) { return v(b->c * p.x + b->s * p.z, p.y, -b->s * p.x + b->c * p.z); }
static inline V outof(const Obj *b, V p) { return v(b->c * p.x - b->s * p.z, p.y, b->s * p.x + b->c * p.z); }

static int cast(const Scene *s, V o, V d, float *t, V *n, int any) {
    int id = -1;
    for (int i = 0; i < s->n; i++) {
        const Obj *b = &s->o[i];
        V rel = sub(o, v(b->x, 0, b->z)), pc = v(rel.x, rel.y - b->r, rel.z), nn;
        float k = dot(pc, d); /* bounding sphere of radius sqrt(2) r around every solid */
        if (k * k - dot(pc, pc) + 2.05f * b->r * b->r < 0) continue;
        float q = hit(b, into(b, rel), into(b, d), &nn);
        if (q > 0 && (id < 0 || q < *t)) {
            id = i; *t = q; *n = outof(b, nn);
            if (any) return id;
        }
    }
    return id;
}

static inline float fade(float distance, float period) { /* patterns melt into their mean where they would alias */
    return clamp01(1.6f - distance * 0.045f / period);
}

static V floor_colour(int kind, float x, float z, float distance) {
    V mean = FLOOR_MEAN[kind];
    if (kind == WOOD) {
        float u = x / 0.9f, f = u - floorf(u), tone = ((int)floorf(u) & 1) ? 1.22f : 0.82f;
        if (f < 0.06f) tone = 0.40f;
        return mul(mean, 1 + (tone - 1) * fade(distance, 0.9f));
    }
    if (kind == CHECKER) {
        int odd = ((int)floorf(x / 1.2f) + (int)floorf(z / 1.2f)) & 1;
        return mul(mean, 1 + (odd ? 0.60f : -0.60f) * fade(distance, 1.2f));
    }
    if (kind == STONE) {
        float row = floorf(z / 1.0f), u = x / 1.5f + 0.5f * ((int)row & 1), fx = u - floorf(u), fz = z / 1.0f - row;
        float tone = (fx < 0.05f || fz < 0.07f) ? 0.45f : 1.12f;
        return mul(mean, 1 + (tone - 1) * fade(distance, 0.8f));
    }
    if (kind == GRASS) {
        float w = sinf(3.1f * x + 1.3f * sinf(2.3f * z)) * sinf(2.7f * z + 1.1f * sinf(1.9f * x));
        return mul(mean, 1 + 0.28f * w * fade(distance, 0.9f));
    }
    if (kind == SAND) return mul(mean, 1 + 0.11f * sinf(4.2f * z + 1.2f * sinf(1.1f * x)) * fade(distance, 0.8f));
    return mul(mean, 1 + 0.05f * sinf(1.3f * x) * sinf(1.1f * z));
}

static V sky_colour(const Sky *k, V d) {
    float t = clamp01(d.y * 3.2f);
    return mix(k->horizon, k->top, sqrtf(t));
}

static V shade(const Scene *s, const Sky *k, V o, V d, float *depth, int *inst) {
    float t; V n;
    int id = cast(s, o, d, &t, &n, 0);
    float tf = d.y < -1e-5f ? -o.y / d.y : -1;
    if (id < 0 && tf < 0) { *depth = 1e3f; *inst = 0; return sky_colour(k, d); }
    V base;
    if (id < 0 || (tf > 0 && tf < t)) { t = tf; id = -1; n = v(0, 1, 0); }
    V p = add(o, mul(d, t));
    *depth = t; *inst = id + 1;
    base = id < 0 ? floor_colour(s->floor, p.x, p.z, t) : s->o[id].colour;
    V l = norm(k->dir), nn; float tt, lambert = dot(n, l);
    if (lambert > 0 && cast(s, add(p, mul(n, 4e-3f)), l, &tt, &nn, 1) >= 0) lambert = 0;
    if (lambert < 0) lambert = 0;
    float hemi = 0.62f + 0.38f * n.y;
    V light = add(mul(k->sun, lambert), mul(k->ambient, hemi));
    V c = had(base, light);
    if (id >= 0 && s->o[id].metal) { /* tinted mirror of sky and floor, and a tight highlight */
        V r = sub(d, mul(n, 2 * dot(d, n)));
        V lit = add(mul(k->sun, 0.6f), k->ambient);
        V env = r.y > 0 ? sky_colour(k, r) : had(FLOOR_MEAN[s->floor], lit);
        float e = 0.25f * env.x + 0.5f * env.y + 0.25f * env.z; /* grey mirror: the object keeps its own hue */
        float spec = dot(r, l); spec = spec > 0 && lambert > 0 ? powf(spec, 28) : 0;
        c = add(mul(c, 0.45f), mul(base, 0.85f * e));
        c = add(c, mul(k->sun, 1.3f * spec));
    }
    if (id < 0) { /* haze hides the seam between floor and sky */
        float haze = clamp01((t - 14.0f) / 30.0f);
        c = mix(c, k->horizon, haze * 0.85f);
    }
    return c;
}

static inline uint8_t encode(float c) {
    c = clamp01(c);
    float g = c <= 0.0031308f ? 12.92f * c : 1.055f * powf(c, 1 / 2.4f) - 0.055f;
    return (uint8_t)(g * 255.0f + 0.5f);
}

void render(int count, int w, int h, int ss, const float *packed, uint8_t *rgb, float *depth, uint8_t *inst) {
    for (int b = 0; b < count; b++) {
        const float *f = packed + b * (HEADER + RECORD * MAX_OBJECTS);
        Scene s;
        float dist = f[0], aspect = (float)w / h;
        s.floor = (int)f[1]; s.sky = (int)f[2]; s.n = (int)f[3];
        for (int i = 0; i < s.n; i++) {
            const float *g = f + HEADER + RECORD * i;
            Obj o = {(int)g[0], v(g[1], g[2], g[3]), g[4] > 0.5f, g[5], g[6], g[7], cosf(g[8]), sinf(g[8])};
            s.o[i] = o;
        }
        const float elevation = 0.314f, half = 0.4663f; /* 18 degrees above the floor, 50 degrees of view */
        s.eye = v(0, 0.75f + dist * sinf(elevation), dist * cosf(elevation));
        s.front = norm(sub(v(0, 0.75f, 0), s.eye));
        s.right = norm(cross(s.front, v(0, 1, 0)));
        s.up = cross(s.right, s.front);
        s.ty = half * (aspect < 1 ? 1 / aspect : 1); /* the short side always sees 50 degrees */
        s.tx = s.ty * aspect;
        const Sky *k = &SKIES[s.sky];
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                V sum = v(0, 0, 0); float dsum = 0; int first = 0;
                for (int j = 0; j < ss * ss; j++) {
                    float px = (x + (j % ss + 0.5f) / ss) / w * 2 - 1, py = 1 - (y + (j / ss + 0.5f) / ss) / h * 2, dd; int id;
                    V d = norm(add(s.front, add(mul(s.right, px * s.tx), mul(s.up, py * s.ty))));
                    sum = add(sum, shade(&s, k, s.eye, d, &dd, &id));
                    dsum += dd;
                    if (j == (ss * ss) / 2) first = id;
                }
                float inv = 1.0f / (ss * ss);
                long q = ((long)b * h + y) * w + x;
                rgb[3 * q] = encode(sum.x * inv); rgb[3 * q + 1] = encode(sum.y * inv); rgb[3 * q + 2] = encode(sum.z * inv);
                if (depth) depth[q] = dsum * inv;
                if (inst) inst[q] = (uint8_t)first;
            }
    }
}
