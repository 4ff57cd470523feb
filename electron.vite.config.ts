// Builds the desktop app: main and preload for Electron, the page as its own build does it.
import { defineConfig } from 'electron-vite';
import page from './renderer/vite.config.ts';

export default defineConfig(({ command, mode }) => ({
  main: {
    build: {
      outDir: 'out/main',
      // Every dependency is a package of the app; nothing of them is copied into our files.
      externalizeDeps: true,
      lib: {
        // What is started by file name, beside the app itself: the engine process and the workers.
        entry: {
          index: 'main/index.ts',
          'engine/entry': 'main/engine/entry.ts',
          'imaging/worker': 'main/imaging/worker.ts',
          'history/worker': 'main/history/worker.ts',
          'models/planWorker': 'main/models/planWorker.ts',
          'models/hashWorker': 'main/models/hashWorker.ts',
          'native/weights/pack/worker': 'native/weights/pack/worker.ts',
        },
        formats: ['es'],
      },
      rolldownOptions: {
        output: {
          // Workers are found beside the file that starts them, so built files lie as their sources do.
          preserveModules: true,
          preserveModulesRoot: 'main',
          entryFileNames: '[name].js',
        },
      },
      minify: false,
      sourcemap: false,
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload can load nothing but Electron: the rest is inside the file, and CommonJS.
      externalizeDeps: false,
      lib: { entry: { index: 'preload/index.ts' }, formats: ['cjs'] },
      rolldownOptions: { output: { entryFileNames: '[name].cjs' } },
    },
  },
  // `--mode shell`: everything but the page, which has a build of its own.
  ...(mode === 'shell' ? {} : { renderer: page({ command, mode }) }),
}));
