// Makes JavaScript of src/ in dist/, with types for what programs import: Node takes types away of no file under
// node_modules, where a package is installed.
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
// The kit for tests is made of the whole service, which has types of its own that nobody outside needs.
const kit = "export type * from './kit.ts';\nexport declare const startCarillon: import('./kit.ts').StartCarillon;\n";
writeFileSync(path.join(root, 'dist/testing/testing.d.ts'), kit);
