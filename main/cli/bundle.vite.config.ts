import { join, relative } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const root = join(import.meta.dirname, '../..');
// A folder of the same depth as the one it will be renamed to: what the file says of its sources holds in both.
const outDir = join(root, 'out/host.new');

/** Workers and the engine process are found beside the file that starts them: for the bundle, too, that is the source. */
const sourceUrls: Plugin = {
  name: 'source-urls',
  transform(code, id) {
    if (id.startsWith('\0') || id.includes('node_modules') || !code.includes('import.meta.url')) return null;
    return code.replaceAll('import.meta.url', `new URL(${JSON.stringify(relative(outDir, id))}, import.meta.url).href`);
  },
};

/** One file of all that `npm start` runs in its own process. What is native, or found by its place, stays a package. */
export default defineConfig({
  plugins: [sourceUrls],
  ssr: { noExternal: [/^zod/, /^@orpc\//, 'ws'] },
  build: {
    ssr: 'main/cli/start.ts',
    outDir,
    emptyOutDir: true,
    minify: false,
    target: 'node22',
    // One file: a studio that runs must not look for pieces of a bundle that was replaced meanwhile.
    rolldownOptions: { output: { entryFileNames: '[name].js', codeSplitting: false } },
  },
});
