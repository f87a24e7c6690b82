#!/usr/bin/env node
// Runs on older versions of Node too, up to the sentence that says which one is needed.
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isNodeSupported } from '../scripts/install.mjs';

const NOT_DONE = 2;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
// A checkout runs its source, which a package does not have.
const main = [path.join(root, 'src/main.ts'), path.join(root, 'dist/src/main.js')].find((file) => existsSync(file));

/** @param {string} message */
const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exitCode = NOT_DONE;
};

/** @param {string} word as a shell reads it */
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

if (['--version', '-V'].includes(process.argv[2] ?? '') && process.argv.length === 3) {
  // Without a start of what runs commands.
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  process.stdout.write(`${version}\n`);
} else if (main === undefined) fail('Carillon is not built: run npm run build');
else if (!isNodeSupported(process.version)) {
  const command = ['npx -p node@24 node', ...process.argv.slice(1).map(quoted)].join(' ');
  fail(`Carillon needs Node 22.18 or newer, and this is ${process.version}. This runs it with Node 24: ${command}`);
} else {
  // Before any source is read: else the compiler of TypeScript is loaded for the first one.
  module.enableCompileCache();
  await import(pathToFileURL(main).href);
}
