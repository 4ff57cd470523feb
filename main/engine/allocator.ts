/** How the engine process asks the system for memory. */

/**
 * glibc's settings, elsewhere without effect. Blocks of a megabyte and more are taken from the system and given back to it one by one: by
 * default glibc keeps freed ones of up to 32 MB, and a network that was let go would still be held. Large pages make the taking cheap. Smaller
 * blocks share one heap: with one for each thread, what one network leaves behind cannot be used by the next (14 MB of Toybox's 75 at its start).
 */
export const allocatorEnvironment: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: `${2 ** 20}`,
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: `${16 * 2 ** 20}`,
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
};
