import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';

/** The plain PyTorch implementation of training/, run as its own process. */

export type TorchTask = 't2i' | 'edit' | 'answer';

export interface TorchRequest {
  readonly dir: string;
  readonly task: TorchTask;
  readonly threads: number;
  readonly steps: number;
  readonly width: number;
  readonly height: number;
  readonly tokens: number;
  readonly repeats: number;
}

export interface TorchResult {
  readonly runs: readonly Readonly<Record<string, number>>[];
  readonly matmulGflops: number;
  readonly torch: string;
}

const root = path.resolve(import.meta.dirname, '../../..');

/** A Python that has torch: $STUDIO_PYTHON, the system's, or whatever "python3" is; null without one. */
export function findTorch(): string | null {
  for (const python of [process.env.STUDIO_PYTHON, '/usr/bin/python3', 'python3']) {
    if (!python) continue;
    try {
      execFileSync(python, ['-c', 'import torch, numpy, PIL'], { stdio: 'ignore' });
      return python;
    } catch {
      // The next one may have it.
    }
  }
  return null;
}

export function runTorch(python: string, request: TorchRequest): Promise<TorchResult> {
  const args = ['-m', 'training.reference', 'bench', request.dir, '--json'];
  for (const name of ['task', 'threads', 'steps', 'width', 'height', 'tokens', 'repeats'] as const) args.push(`--${name}`, String(request[name]));
  return new Promise((resolve, reject) => {
    execFile(python, args, { cwd: root, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`the PyTorch baseline failed: ${stderr.slice(-2000)}`));
      else resolve(JSON.parse(stdout) as TorchResult);
    });
  });
}
