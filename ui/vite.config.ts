import { defineConfig } from 'vite';

export default defineConfig({
  base: '/_/scheduler/ui/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2024',
    // The content security policy allows what is served alone, and no data in addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // How long a build took on a busy machine is nothing to warn of.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
