import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', 'out/**', 'test/long/**'];

export default defineConfig({
  test: {
    pool: 'forks',
    // No test may touch the data folder of the person who runs it.
    env: { OVIS_STUDIO_DATA: '' },
    // Two cores: more workers only make the inference tests fight each other.
    maxWorkers: 2,
    testTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'code', include: ['{native,preload,main,renderer,test}/**/*.test.{ts,tsx}'], exclude: [...exclude, 'test/e2e/**'] } },
      // A browser on a busy machine is late now and then: what fails twice is a defect, and a second try is printed beside its test.
      { extends: true, test: { name: 'browser', include: ['test/e2e/**/*.test.ts'], exclude, retry: 1 } },
    ],
  },
});
