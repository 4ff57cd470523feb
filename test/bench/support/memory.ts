import { readFileSync } from 'node:fs';

/** Bytes of this process from the kernel's own account; `null` where there is none (not Linux). */
export interface MemoryReading {
  /** All that is resident, mapped files included. */
  readonly resident: number;
  /** What no other process or file backs: the memory that really is taken. */
  readonly private: number;
  /** The most that ever was resident. */
  readonly peakResident: number;
}

export function readMemory(): MemoryReading | null {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
    return { resident: field('VmRSS'), private: field('RssAnon'), peakResident: field('VmHWM') };
  } catch {
    return null;
  }
}

export const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** Samples private memory until stopped; a step blocks the thread, so the peak is also taken from the kernel. */
export function watchPrivate(): { stop(): number } {
  let most = readMemory()?.private ?? 0;
  const timer = setInterval(() => (most = Math.max(most, readMemory()?.private ?? 0)), 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, readMemory()?.private ?? 0);
    },
  };
}
