/** How much memory this machine, or the group that this process runs in, still has to give. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

const read = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

const numberIn = (file: string): number | null => {
  const text = read(file)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
};

/** Folders of the control groups of this process, the innermost first. */
function groupFolders(root: string): string[] {
  const folders: string[] = [];
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (group === undefined || (controllers !== '' && !controllers?.split(',').includes('memory'))) continue;
    const base = controllers === '' ? root : `${root}/memory`;
    const parts = group.split('/').filter(Boolean);
    for (let depth = parts.length; depth >= 0; depth--) folders.push([base, ...parts.slice(0, depth)].join('/'));
  }
  return folders;
}

/** What the tightest control group leaves; Infinity without a limit. Pages of files are given back when they are wanted. */
function groupFree(root: string): number {
  let least = Infinity;
  for (const folder of groupFolders(root)) {
    for (const [limit, used] of [['memory.max', 'memory.current'], ['memory.limit_in_bytes', 'memory.usage_in_bytes']] as const) {
      const [most, now] = [numberIn(`${folder}/${limit}`), numberIn(`${folder}/${used}`)];
      if (most === null || now === null) continue;
      const cached = Number(/^(?:inactive_file|total_inactive_file) (\d+)$/m.exec(read(`${folder}/memory.stat`) ?? '')?.[1] ?? 0);
      least = Math.min(least, Math.max(0, most - now + cached));
    }
  }
  return least;
}

/** What a limit on this process's own data leaves (`ulimit -d`); Infinity without one. */
function limitFree(): number {
  const most = /^Max data size\s+(\d+)/m.exec(read('/proc/self/limits') ?? '')?.[1];
  const now = /^VmData:\s+(\d+) kB$/m.exec(read('/proc/self/status') ?? '')?.[1];
  return most === undefined || now === undefined ? Infinity : Math.max(0, Number(most) - Number(now) * 1024);
}

/** Bytes that a process can still take without others being pushed out: the least of what the machine, a control group and a limit of its own leave. */
export function freeMemory(groupRoot = '/sys/fs/cgroup'): number {
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1];
  const machine = available === undefined ? os.freemem() : Number(available) * 1024;
  return Math.min(machine, groupFree(groupRoot), limitFree());
}
