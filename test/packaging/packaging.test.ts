/** The packaged app, made offline over a dummy Electron: what is inside, and that it draws. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDesktop } from '../../main/cli/pageBuild.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const require = createRequire(join(root, 'node_modules/app-builder-lib/package.json'));

/** Where a real binary keeps its fuses: a mark, a version, their number, and one character each. */
const fuseMark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const fuseNames = ['runAsNode', 'cookieEncryption', 'nodeOptions', 'nodeInspect', 'asarIntegrity', 'onlyAsar', 'browserSnapshot', 'fileProtocol'] as const;

let dir: string;
let app: string;
let resources: string;

// Electron's layout differs on each system; what is packaged into it is decided by the same lines.
describe.runIf(process.platform === 'linux')('the packaged app', () => {
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'ovis-package-'));
    const electron = join(dir, 'electron');
    mkdirSync(join(electron, 'locales'), { recursive: true });
    mkdirSync(join(electron, 'resources'));
    for (const name of ['chrome_crashpad_handler', 'chrome-sandbox', 'LICENSE', 'LICENSES.chromium.html', 'version', 'resources.pak', 'icudtl.dat']) writeFileSync(join(electron, name), 'dummy');
    writeFileSync(join(electron, 'electron'), Buffer.concat([Buffer.from(fuseMark), Buffer.from([1, 9]), Buffer.from('000000000')]));
    await buildDesktop(() => undefined);
    const builder = join(root, 'node_modules/electron-builder/cli.js');
    await run(process.execPath, [builder, '--linux', '--dir', '--config', 'electron-builder.config.mjs', `-c.electronDist=${electron}`, `-c.directories.output=${join(dir, 'dist')}`], { cwd: root });
    const unpacked = readdirSync(join(dir, 'dist')).find((name) => name.endsWith('unpacked')) ?? '';
    resources = join(dir, 'dist', unpacked, 'resources');
    app = join(dir, 'app');
    const asar = (await import(pathToFileURL(require.resolve('@electron/asar')).href)) as { extractAll(archive: string, to: string): void };
    asar.extractAll(join(resources, 'app.asar'), app);
  }, 120_000);
  // Thousands of files: a slow disk takes more than the ten seconds of a hook.
  afterAll(() => rmSync(dir, { recursive: true, force: true }), 120_000);

  it('holds the app and nothing of its sources', () => {
    for (const path of ['package.json', 'out/main/index.js', 'out/main/engine/entry.js', 'out/main/history/worker.js', 'out/main/imaging/worker.js', 'out/preload/index.cjs', 'out/renderer/index.html']) {
      expect(statSync(join(app, path)).isFile(), path).toBe(true);
    }
    expect(readdirSync(app).sort()).toEqual(['node_modules', 'out', 'package.json']);
    expect(globSync('out/**/*.{ts,tsx,map}', { cwd: app })).toEqual([]);
    expect(readFileSync(join(app, 'out/preload/index.cjs'), 'utf8').match(/require\("([^"]+)"\)/g)).toEqual(['require("electron")']);
  });

  it("holds only this system's native libraries, as files", () => {
    const foreign = /darwin|win32|musl|\.dll$|\.dylib$|node-linux-/;
    const natives = globSync('**/*.{node,so,so.*,dll,dylib}', { cwd: join(resources, 'app.asar.unpacked') });
    expect(natives.length).toBeGreaterThanOrEqual(4);
    expect(natives.filter((path) => foreign.test(path) || !path.includes(process.arch === 'x64' ? 'x64' : 'arm64'))).toEqual([]);
    // Everything native is unpacked: the system's loader cannot look into an archive. (asar lists unpacked files too, so sizes tell.)
    expect(globSync('node_modules/{electron,vite,typescript,vitest,react}', { cwd: app })).toEqual([]);
    const bytes = globSync('**/*', { cwd: resources, withFileTypes: true }).filter((entry) => entry.isFile()).reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
    expect(bytes).toBeLessThan(140 * 1024 * 1024);
  });

  it('has its fuses set', () => {
    const binary = readFileSync(join(resources, '../ovis-studio'));
    const at = binary.indexOf(fuseMark) + fuseMark.length + 2;
    const fuses = Object.fromEntries(fuseNames.map((name, i) => [name, String.fromCharCode(binary[at + i] ?? 0)]));
    expect(fuses).toMatchObject({ runAsNode: '0', nodeOptions: '0', nodeInspect: '0', asarIntegrity: '1', onlyAsar: '1', fileProtocol: '0' });
  });

  // The built-in model is made by its own recipe; a copy without it packages an app without it.
  it.runIf(existsSync(join(root, 'resources/models/toybox/config.json')))('starts its engine host in plain Node and draws with the model beside it', async () => {
    // The archive holds no unpacked file's bytes; on the disk they stand beside it.
    cpSync(join(resources, 'app.asar.unpacked'), app, { recursive: true });
    const script = join(app, 'draw.mjs');
    writeFileSync(script, `
      import { EngineHost } from './out/main/engine/host.js';
      const host = new EngineHost({ idleTimeoutMs: 0 });
      const info = await host.load(process.argv[2], { threads: 2 });
      const { image } = await host.generate({ kind: 'textToImage', prompt: 'a red cube', width: 64, height: 64, steps: 2, seed: 1 });
      await host.dispose();
      console.log(JSON.stringify({ name: info.name, width: image.width, height: image.height, bytes: image.data.length }));
    `);
    const { stdout } = await run(process.execPath, [script, join(resources, 'models/toybox')], { cwd: dir });
    expect(JSON.parse(stdout)).toMatchObject({ width: 64, height: 64, bytes: 64 * 64 * 3 });
  });
});
