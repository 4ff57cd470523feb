import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Builds the page alone; the loopback host serves out/renderer, and Electron's build uses the same root.
export default defineConfig(({ mode }) => ({
  root: 'renderer',
  base: './',
  plugins: [react()],
  build: {
    outDir: mode === 'fake' ? '../out/renderer-fake' : '../out/renderer',
    emptyOutDir: true,
    minify: true,
    // One entry for the studio; the fake one exists only in the build that tests drive without a host.
    rolldownOptions: {
      input: mode === 'fake' ? 'renderer/fake.html' : 'renderer/index.html',
      // What several places use stands in one file: thirty small ones take longer to ask for than one takes to read.
      output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } },
    },
    cssCodeSplit: false,
    // The content security policy forbids data: fonts and scripts; nothing is inlined.
    assetsInlineLimit: 0,
  },
}));
