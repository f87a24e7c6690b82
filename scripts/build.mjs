// Builds the JavaScript of the package in the working folder into its dist/: Node strips no types under node_modules.
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const isRoot = process.cwd() === root;
rmSync('dist', { recursive: true, force: true });
// Types are not checked here, which takes ten times as long: `npm test` and CI check them.
const { status } = spawnSync(
  path.join(root, 'node_modules/.bin/tsc'),
  ['-p', isRoot ? 'tsconfig.build.json' : '.', '--noCheck'],
  { stdio: ['ignore', 2, 2] },
);
if (!isRoot) copyFileSync(path.join(root, 'LICENSE'), 'LICENSE');
process.exitCode = status ?? 1;
