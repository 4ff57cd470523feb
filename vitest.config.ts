import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['native/**/*.test.ts', 'main/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'out/**', 'test/long/**'],
    pool: 'forks',
    // Two cores: more workers only make the inference tests fight each other.
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
