import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectImports } from './imports.ts';
import { checkedRooms, violation } from './rules.ts';

const root = join(import.meta.dirname, '../..');

function violationsOf(file: string, source: string): string[] {
  return collectImports(file, source).flatMap((ref) => {
    const reason = violation(file, ref);
    return reason === undefined ? [] : [`${file}:${ref.line} imports ${ref.specifier}: ${reason}`];
  });
}

describe('the import table of the design', () => {
  it('holds in every source file', () => {
    const files = checkedRooms.flatMap((room) => globSync(`${room}/**/*.{ts,tsx,mjs,js,cts,mts}`, { cwd: root }));
    expect(files.length).toBeGreaterThan(3);
    const found = files.flatMap((file) => violationsOf(file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')));
    expect(found).toEqual([]);
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
