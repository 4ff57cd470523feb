import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{native,preload,main,renderer,test}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', 'out/**', 'test/long/**'],
    pool: 'forks',
    // No test may touch the data folder of the person who runs it.
    env: { OVIS_STUDIO_DATA: '' },
    // Two cores: more workers only make the inference tests fight each other.
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
