import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectImports } from './imports.ts';
import { loopsIn } from './loops.ts';
import { checkedRooms, resolveTarget, violation } from './rules.ts';

const root = join(import.meta.dirname, '../..');

function violationsOf(file: string, source: string): string[] {
  return collectImports(file, source).flatMap((ref) => {
    const reason = violation(file, ref);
    return reason === undefined ? [] : [`${file}:${ref.line} imports ${ref.specifier}: ${reason}`];
  });
}

/** Every checked source file with its text. */
function sources(): (readonly [file: string, text: string])[] {
  const files = checkedRooms.flatMap((room) => globSync(`${room}/**/*.{ts,tsx,mjs,js,cts,mts}`, { cwd: root }));
  return files.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')]);
}

/** Types count: who cannot be read without the other belongs into one file with it, or below it. */
function loopsOf(files: readonly (readonly [file: string, text: string])[]): string[][] {
  return loopsIn(new Map(files.map(([file, text]) => [file, collectImports(file, text).map(({ specifier }) => resolveTarget(file, specifier)).flatMap(({ kind, name }) => (kind === 'file' ? [name] : []))])));
}

describe('the import table of the design', () => {
  it('holds in every source file', () => {
    const files = sources();
    expect(files.length).toBeGreaterThan(300);
    expect(files.flatMap(([file, text]) => violationsOf(file, text))).toEqual([]);
  });

  it('no files import each other in a loop, not for types either', () => {
    expect(loopsOf(sources())).toEqual([]);
  });

  it('finds a loop of three, and one file that imports itself', () => {
    expect(loopsOf([
      ['main/a.ts', `import type { B } from './b.ts'; import './d.ts';`], ['main/b.ts', `export * from './c.ts';`], ['main/c.ts', `import { a } from './a.ts'; import { d } from './d.ts';`],
      ['main/d.ts', `import { readFile } from 'node:fs';`], ['main/e.ts', `import { e } from './e.ts';`],
    ])).toEqual([['main/a.ts', 'main/b.ts', 'main/c.ts'], ['main/e.ts']]);
  });

  it.each([
    ['native/nn/a.ts', `import ort from 'onnxruntime-node';`],
    ['native/nn/a.ts', `import type { Tensor } from 'onnxruntime-node';`],
    ['native/nn/a.ts', `const ort = await import('onnxruntime-node');`],
    ['native/nn/a.ts', `const ort = require('onnxruntime-node');`],
    ['native/nn/a.ts', `const ort = createRequire(import.meta.url)('onnxruntime-node');`],
    ['native/nn/a.ts', `export * from 'onnxruntime-node';`],
    ['native/nn/a.ts', `type T = import('onnxruntime-node').Tensor;`],
    ['native/index.ts', `import { app } from 'electron';`],
    ['native/index.ts', `import { host } from '../main/engine/host.ts';`],
    ['native/weights/a.ts', `import { linear } from '../nn/linear.ts';`],
    ['native/nn/a.ts', `import { qwen3 } from '../models/qwen3.ts';`],
    ['native/models/a.ts', `import { edit } from '../pipelines/edit.ts';`],
    ['native/pipelines/a.ts', `import { createEngine } from '../index.ts';`],
    ['native/schedulers/a.ts', `import { build } from '../onnx/graph.ts';`],
    ['native/image/a.ts', `import { createSession } from '../onnx/session.ts';`],
    ['native/models/a.ts', `import sharp from 'sharp';`],
    ['native/models/a.ts', `import { x } from './a.test.ts';`],
    ['native/models/a.ts', `const name = './b.ts'; await import(name);`],
    ['main/engine/host.ts', `import { createEngine } from '../../native/index.ts';`],
    ['main/engine/host.ts', `import type { Engine } from '../../native/types.ts';`],
    ['main/engine/protocol.ts', `import { EngineError } from '../../native/errors.ts';`],
    ['main/engine/protocol.ts', `import { type EngineError } from '../../native/errors.ts';`],
    ['main/engine/entry.ts', `import { denoise } from '../../native/pipelines/denoise.ts';`],
    ['main/imaging/worker.ts', `import { createEngine } from '../../native/index.ts';`],
    ['main/jobs/jobQueue.ts', `import Database from 'better-sqlite3';`],
    ['main/jobs/jobQueue.ts', `import { app } from 'electron';`],
    ['main/cli/studio.ts', `import { store } from '../../renderer/document/store.ts';`],
    ['main/cli/studio.ts', `import left from 'left-pad';`],
    ['main/cli/studio.ts', `import { fake } from '../../test/helpers/fake.ts';`],
    ['preload/contract/api.ts', `import { readFile } from 'node:fs';`],
    ['preload/contract/api.ts', `import { app } from 'electron';`],
    ['preload/contract/api.ts', `import type { Engine } from '../../native/types.ts';`],
    ['preload/index.ts', `import { z } from 'zod';`],
    ['renderer/panels/a.tsx', `import { Stage } from '../canvas/Stage.tsx';`],
    ['renderer/document/store.ts', `import { useState } from 'react';`],
    ['renderer/document/store.ts', `import { brush } from '../tools/brush.ts';`],
    ['renderer/canvas/a.ts', `import fs from 'fs';`],
    ['renderer/canvas/a.ts', `import { host } from '../../main/engine/host.ts';`],
    ['renderer/panels/a.ts', `import { createORPCClient } from '@orpc/client';`],
  ])('refuses %s: %s', (file, source) => {
    expect(violationsOf(file, source)).toHaveLength(1);
  });

  it.each([
    ['native/onnx/session.ts', `import ort from 'onnxruntime-node';`],
    ['native/models/qwen3.ts', `import { linear } from '../nn/linear.ts'; import { readConfig } from '../config.ts';`],
    ['native/pipelines/a.test.ts', `import ort from 'onnxruntime-node';`],
    ['main/engine/protocol.ts', `import type { Engine } from '../../native/types.ts'; import { z } from 'zod';`],
    ['main/engine/entry.ts', `import { createEngine } from '../../native/index.ts';`],
    ['main/imaging/worker.ts', `import { canny } from '../../native/image/canny.ts';`],
    ['main/history/open.ts', `import Database from 'better-sqlite3';`],
    ['main/transport/electron.ts', `import { ipcMain } from 'electron';`],
    ['renderer/tools/brush.ts', `import { ops } from '../document/ops.ts'; import { api } from '../../preload/contract/api.ts';`],
    ['renderer/studio/client.ts', `import { createORPCClient } from '@orpc/client';`],
    ['preload/index.ts', `import { contextBridge } from 'electron'; import { api } from './contract/api.ts';`],
  ])('allows %s: %s', (file, source) => {
    expect(violationsOf(file, source)).toEqual([]);
  });
});
