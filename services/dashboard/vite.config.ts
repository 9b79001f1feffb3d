import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `pnpm dev` shows a running Cartledger's numbers; the address may be another machine's. */
const api = process.env.CARTLEDGER_URL ?? 'http://127.0.0.1:8400';

export default defineConfig({
  plugins: [react()],
  server: { host: '127.0.0.1', proxy: { '/api': api, '/v1': api } },
  build: {
    target: 'es2023',
    // Inlined assets would be data: addresses, which a strict content policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
});
