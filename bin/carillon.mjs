#!/usr/bin/env node
// Runs on Node 20 and newer. Carillon runs on the Node that runs this, or on the one that came with it as a package.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { complaintAbout } from '../scripts/install.mjs';

const NOT_DONE = 2;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
// A checkout runs its source, which a package does not have.
const main = [path.join(root, 'src/main.ts'), path.join(root, 'dist/main.js')].find((file) => existsSync(file));

/** @returns {string | undefined} */
const bundledNode = () => {
  const { resolve } = createRequire(import.meta.url);
  for (const name of Object.keys(optionalDependencies)) {
    try {
      const node = path.join(path.dirname(resolve(`${name}/package.json`)), 'bin/node');
      if (existsSync(node)) return node;
    } catch {
      // It is for another machine, and so not installed.
    }
  }
  return undefined;
};

/** @param {string} message */
const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(NOT_DONE);
};

const { version, optionalDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
if (['--version', '-V'].includes(process.argv[2] ?? '') && process.argv.length === 3) {
  // Without a start of the Node that runs the source.
  process.stdout.write(`${version}\n`);
  process.exit();
}

const complaint = complaintAbout(process.version);
const node = complaint === undefined ? undefined : bundledNode();
if (main === undefined) fail('Carillon is not built: run npm run build');
else if (complaint === undefined) {
  // Before any source is read: else the compiler of TypeScript is loaded for the first one.
  module.enableCompileCache();
  await import(pathToFileURL(main).href);
} else if (node === undefined) fail(complaint);
else {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends SIGINT to both.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? NOT_DONE);
    else process.kill(process.pid, signal);
  });
}
