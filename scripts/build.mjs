// Builds JavaScript of src/ in dist/, with types for what programs import: Node strips no types under node_modules, where
// the package is installed.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// Types are not checked here, which takes ten times as long: `npm test` and CI check them.
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
rmSync(path.join(root, 'dist'), { recursive: true, force: true });
const tsc = path.join(root, 'node_modules/.bin/tsc');
for (const project of ['tsconfig.build.json', 'tsconfig.types.json']) {
  const { status } = spawnSync(tsc, ['-p', project, '--noCheck'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
// The kit for tests contains the whole service, whose types users do not need.
const kit = "export type * from './kit.ts';\nexport declare const startCarillon: import('./kit.ts').StartCarillon;\n";
writeFileSync(path.join(root, 'dist/testing/testing.d.ts'), kit);
