import { defineConfig } from 'vitest/config';

// Journeys in a real browser on the real program: scripts/test-console has built both.
export default defineConfig({
  test: {
    include: ['tests/browser/*.journey.ts'],
    environment: 'node',
    // Each file has a site of its own, and waits for it most of the time.
    maxWorkers: 4,
    // A process keeps its browser and its libraries from one file to the next.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A journey that fails is looked at, not tried again.
    retry: 0,
  },
});
