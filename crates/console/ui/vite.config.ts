import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// `npx vite` beside a running Watchpost: the pages from here, the API from there.
const service = process.env.WATCHPOST ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2023',
    // The content security policy lets nothing inline through, and `data:` for pictures alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    sourcemap: false,
    // A request costs a browser some milliseconds in each of its processes, whatever it brings: what the queue is
    // drawn with is one file, and what pages share another.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'queue', tags: ['$initial'], priority: 2 },
            { name: 'parts', test: /\/ui\/src\//, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  test: { include: ['tests/*.test.ts'], environment: 'node' },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/map', '/console.json'].map((path) => [path, { target: service, changeOrigin: true, ws: true, headers: { origin: service } }]),
    ),
  },
});
