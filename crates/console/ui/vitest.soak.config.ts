import { defineConfig } from 'vitest/config';

// One long test on the real program: scripts/soak-console.
export default defineConfig({
  test: {
    include: ['tests/soak/*.soak.ts'],
    environment: 'node',
    testTimeout: 4 * 3600_000,
    hookTimeout: 300_000,
    retry: 0,
  },
});
