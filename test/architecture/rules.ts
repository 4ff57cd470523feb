import { posix } from 'node:path';
import { builtinModules } from 'node:module';
import type { ImportRef } from './imports.ts';

/** What one file reaches: a file of the tree (path from the root), or a package by name. */
export interface Target {
  readonly kind: 'file' | 'package' | 'node';
  readonly name: string;
}

const rooms = ['preload', 'main', 'renderer', 'native', 'training', 'test', 'resources'];

/** Turns a specifier into the file or package it names. `from` is a path from the repository's root, with `/`. */
export function resolveTarget(from: string, specifier: string): Target {
  if (specifier.startsWith('.')) return { kind: 'file', name: posix.join(posix.dirname(from), specifier) };
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) {
    return { kind: 'node', name: specifier.replace(/^node:/, '') };
  }
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
  return { kind: 'package', name };
}

/** The reason why `from` may not import `ref`, or undefined where the table allows it. */
export function violation(from: string, ref: ImportRef): string | undefined {
  if (isTest(from) || isToolConfig(from)) return undefined;
  if (ref.specifier === '<computed>') {
    return computedAllowed.has(from) ? undefined : 'a computed module path cannot be checked against the table';
  }
  const target = resolveTarget(from, ref.specifier);
  if (target.kind === 'file' && isTest(target.name)) return 'shipped code may not import tests';
  const room = from.split('/')[0];
  switch (room) {
    case 'preload':
      return from.startsWith('preload/contract/') ? contractRule(target) : preloadRule(target);
    case 'renderer': return rendererRule(from, target);
    case 'main': return mainRule(from, target, ref);
    case 'native': return nativeRule(from, target);
    default: return undefined;
  }
}

// The launcher picks a script of the tree by the name of the npm command.
const computedAllowed = new Set(['main/cli/launch.mjs']);

function isTest(path: string): boolean {
  return path.startsWith('test/') || /\.(test|testing)\.tsx?$/.test(path);
}

/** Settings of a build tool: run by it, never shipped. */
function isToolConfig(path: string): boolean {
  return /(^|\/)[a-z.-]+\.config\.[cm]?[jt]s$/.test(path);
}

function inRoom(path: string, ...folders: string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

function contractRule(target: Target): string | undefined {
  if (target.kind === 'node') return 'the contract uses no Node library';
  if (target.kind === 'package') {
    return ['zod', '@orpc/contract'].includes(target.name) ? undefined : 'the contract imports only zod and @orpc/contract';
  }
  return inRoom(target.name, 'preload/contract') ? undefined : 'the contract imports only itself';
}

function preloadRule(target: Target): string | undefined {
  if (target.kind === 'package') return target.name === 'electron' ? undefined : 'preload imports only electron and the contract';
  if (target.kind === 'node') return 'preload is sandboxed: no Node library';
  return inRoom(target.name, 'preload') ? undefined : 'preload imports only electron and the contract';
}

const nativePackages = ['electron', 'better-sqlite3', 'onnxruntime-node', 'onnxruntime-common', 'sharp', 'ws', '@huggingface/tokenizers'];

function rendererRule(from: string, target: Target): string | undefined {
  if (target.kind === 'node') return 'the renderer uses no Node library';
  if (target.kind === 'package') {
    if (nativePackages.includes(target.name)) return `the renderer may not import ${target.name}`;
    if (target.name.startsWith('@orpc/') && from !== 'renderer/studio/client.ts') return 'only renderer/studio/client.ts uses the transport';
    if (inRoom(from, 'renderer/document') && /^(react|react-dom|konva|react-konva|zustand\/react)$/.test(target.name)) {
      return 'renderer/document is pure: no React, no Konva';
    }
    return undefined;
  }
  if (inRoom(target.name, 'preload/contract')) return undefined;
  if (!inRoom(target.name, 'renderer')) return 'the renderer imports only itself and the contract';
  if (inRoom(from, 'renderer/document') && !inRoom(target.name, 'renderer/document')) return 'renderer/document imports only itself and the contract';
  if (inRoom(from, 'renderer/panels') && inRoom(target.name, 'renderer/canvas')) return 'panels never import canvas';
  return undefined;
}

const electronUsers = ['main/index.ts', 'main/window.ts', 'main/transport/electron.ts', 'main/assets/protocol.ts', 'main/engine/spawnElectron.ts', 'main/desktop'];
const mainPackages: Readonly<Record<string, readonly string[]>> = {
  zod: ['main'],
  electron: electronUsers,
  'better-sqlite3': ['main/history'],
  ws: ['main/transport'],
  '@orpc/server': ['main'],
  '@orpc/standard-server-peer': ['main/transport'],
  '@orpc/openapi': ['main/transport'],
  '@orpc/contract': ['main'],
  'ag-psd': ['main/imaging/tasks'],
  yazl: ['main/imaging/tasks', 'main/projects'],
  yauzl: ['main/projects'],
};

function mainRule(from: string, target: Target, ref: ImportRef): string | undefined {
  if (target.kind === 'node') return undefined;
  if (target.kind === 'package') {
    const users = mainPackages[target.name];
    if (users === undefined) return `main may not import ${target.name}`;
    return inRoom(from, ...users) ? undefined : `${target.name} is imported only in ${users.join(', ')}`;
  }
  if (inRoom(target.name, 'main', 'preload/contract')) return undefined;
  if (inRoom(target.name, 'native')) {
    if (ref.typeOnly && from === 'main/engine/protocol.ts') return undefined;
    if (from === 'main/engine/entry.ts') return target.name === 'native/index.ts' ? undefined : 'engine/entry.ts imports only native/index.ts of native';
    if (from === 'main/models/planWorker.ts') return target.name === 'native/plan.ts' ? undefined : 'the planning worker imports only native/plan.ts';
    if (ref.typeOnly && inRoom(from, 'main/models') && target.name === 'native/plan.ts') return undefined;
    if (inRoom(from, 'main/imaging/worker.ts', 'main/imaging/tasks')) return inRoom(target.name, 'native/image') ? undefined : 'the imaging worker imports only native/image';
    return 'native is imported only by engine/entry.ts (native/index.ts), engine/protocol.ts (types), models/planWorker.ts (native/plan.ts) and imaging/worker.ts with its tasks (native/image)';
  }
  return `main may not import ${target.name.split('/')[0]}`;
}

/** native's layers, lowest first; the folders of one layer may use each other. Everything else in native/ is the ground floor. */
const nativeLayers = [['weights', 'onnx'], ['memory'], ['nn'], ['models'], ['pipelines'], ['index.ts', 'plan.ts']];
const nativePackageUsers: Readonly<Record<string, readonly string[]>> = {
  zod: ['native'],
  'onnxruntime-node': ['native/onnx/session.ts'],
  '@huggingface/tokenizers': ['native/tokenizer'],
  sharp: ['native/image/codec.ts'],
  '@techstark/opencv-js': ['native/image/opencv.ts'],
};

function nativeLayer(path: string): number {
  const head = path.split('/')[1] ?? '';
  return nativeLayers.findIndex((layer) => layer.includes(head));
}

function nativeRule(from: string, target: Target): string | undefined {
  if (target.kind === 'node') return undefined;
  if (target.kind === 'package') {
    const users = nativePackageUsers[target.name];
    if (users === undefined) return `native may not import ${target.name}`;
    return inRoom(from, ...users) ? undefined : `${target.name} is imported only in ${users.join(', ')}`;
  }
  if (!inRoom(target.name, 'native')) return 'native knows nothing outside native/';
  if (inRoom(from, 'native/image')) {
    // A main-side worker loads it, so it must not pull the engine in.
    return inRoom(target.name, 'native/image', 'native/types.ts', 'native/errors.ts') ? undefined : 'native/image imports only itself, types and errors';
  }
  if (nativeLayer(target.name) > nativeLayer(from)) return 'against the layers: weights, onnx → memory → nn → models → pipelines → index';
  return undefined;
}

/** The folders whose sources stand under the table. */
export const checkedRooms: readonly string[] = rooms.filter((room) => !['test', 'resources', 'training'].includes(room));
