/** Makes the bundle of what `npm start` runs: one file for each thread and process instead of hundreds. Run by `buildBundle` as a process of its own. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'vite';
import { bundleFolder, sumsName } from './bundle.mjs';

const root = join(import.meta.dirname, '../..');
const [made = `${bundleFolder}.new`] = process.argv.slice(2);

/** Each entry, and the module that starts it by its place: in the bundle that place is beside the entry. */
const entries: Readonly<Record<string, { readonly source: string; readonly startedBy?: string }>> = {
  start: { source: 'main/cli/start.ts' },
  'history/worker': { source: 'main/history/worker.ts', startedBy: 'main/history/workerThread.ts' },
  'imaging/worker': { source: 'main/imaging/worker.ts', startedBy: 'main/imaging/imaging.ts' },
  'models/planWorker': { source: 'main/models/planWorker.ts', startedBy: 'main/models/planThread.ts' },
  'engine/entry': { source: 'main/engine/entry.ts', startedBy: 'main/engine/spawnNode.ts' },
};

/** CommonJS packages with native parts, or found by their place: they stay where they are. */
const outside = ['better-sqlite3', 'sharp', 'onnxruntime-node', '@techstark/opencv-js'];

/** `import.meta.url` goes on telling where the source lies, but for what starts one of the entries. */
function places(outDir: string): Plugin {
  const starters = new Map(Object.entries(entries).flatMap(([name, { startedBy }]) => (startedBy === undefined ? [] : [[join(root, startedBy), join(made, dirname(name), 'starter.js')]])));
  return {
    name: 'places',
    transform(code, id) {
      if (id.startsWith('\0') || id.includes('node_modules') || !code.includes('import.meta.url')) return null;
      // The folder is renamed once it is whole: sources are named from its depth, which stays.
      return code.replaceAll('import.meta.url', `new URL(${JSON.stringify(relative(outDir, starters.get(id) ?? id))}, import.meta.url).href`);
    },
  };
}

/**
 * Builtin modules and CommonJS packages are asked for by name instead of imported: an import lists all that a module exports, which for
 * `http` loads Node's whole HTTP client.
 */
const asked: Plugin = {
  name: 'asked',
  renderChunk: (code) => code.replaceAll(/^import (?:(.+) from )?"([^"]+)";$/gm, (statement, names: string | undefined, from: string) => {
    if (!isBuiltin(from) && !outside.includes(from)) throw new Error(`${from} is neither bundled nor known to be CommonJS: ${statement}`);
    const got = isBuiltin(from) ? `process.getBuiltinModule(${JSON.stringify(from)})` : `process.getBuiltinModule("node:module").createRequire(import.meta.url)(${JSON.stringify(from)})`;
    if (names === undefined) return `${got};`;
    const [, whole, listed] = /^(?:\* as )?([\w$]+)?(?:, )?(\{.+\})?$/.exec(names) ?? [];
    if (whole === undefined && listed === undefined) throw new Error(`an import of another shape: ${statement}`);
    return [whole, listed?.replaceAll(' as ', ': ')].filter((part) => part !== undefined).map((part) => `const ${part} = ${got};`).join('\n');
  }),
};

const written: string[] = [];
for (const [name, { source }] of Object.entries(entries)) {
  const outDir = join(made, dirname(name));
  const file = `${name.split('/').at(-1)}.js`;
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [places(outDir), asked],
    ssr: { noExternal: true, external: outside },
    build: {
      ssr: source, outDir, emptyOutDir: name === 'start', minify: false, target: 'node22',
      // One file: a studio that runs must not look for pieces of a bundle that was replaced meanwhile.
      rolldownOptions: { output: { entryFileNames: file, codeSplitting: false } },
    },
  });
  written.push(join(dirname(name), file));
}
const sums = written.map((file) => [file, createHash('sha256').update(readFileSync(join(made, file))).digest('hex')]);
writeFileSync(join(made, sumsName), JSON.stringify(Object.fromEntries(sums)));
