import { openSync, readSync, closeSync } from 'node:fs';

/** Private memory of another process, looked at every few milliseconds: a step blocks that process, but not this one. */
export interface ProcessWatch {
  /** The most since the last call, in bytes. */
  peak(): number;
  now(): number;
  stop(): void;
}

const everyMs = 3;

/** Throws where the kernel does not tell (not Linux) or the process is gone. */
export function watchProcess(pid: number): ProcessWatch {
  const file = openSync(`/proc/${pid}/status`, 'r');
  const buffer = Buffer.alloc(8192);
  let most = 0;
  let last = 0;
  const look = (): number => {
    try {
      const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
      const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(text)?.[1];
      if (kilobytes !== undefined) last = Number(kilobytes) * 1024;
    } catch {
      // Gone: what was seen stands.
    }
    most = Math.max(most, last);
    return last;
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    now: look,
    peak() {
      const seen = Math.max(most, look());
      most = last;
      return seen;
    },
    stop() {
      clearInterval(timer);
      closeSync(file);
    },
  };
}
