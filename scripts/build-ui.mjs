// Builds the admin UI into ui/dist. Runs on Node 20 and newer, which starts the Node of node_modules for it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { linkBundledNode } from './install.mjs';

const VITE = 'node_modules/vite/bin/vite.js';
const BUILT = 'ui/dist/.built';

/** Folders of the sources, including the modules that the admin UI shares with the service. */
const SOURCES = ['ui', 'packages/client/src', 'src/domain/codes'];

/**
 * Builds the admin UI if its sources changed since the last build. An installation without Vite, such as one for
 * production, keeps its build.
 * @param {string} root
 * @returns {boolean} false if the build failed
 */
export const buildUiIfNeeded = (root) => {
  if (!existsSync(path.join(root, VITE)) || !existsSync(path.join(root, 'ui/index.html'))) return true;
  const stamp = stampOf(root);
  if (read(path.join(root, BUILT)) === stamp) return true;
  linkBundledNode(root);
  const bundled = path.join(root, 'node_modules/.bin/node');
  const node = existsSync(bundled) ? bundled : process.execPath;
  const { status } = spawnSync(node, [VITE, 'build', '--logLevel', 'warn', 'ui'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) writeFileSync(path.join(root, BUILT), stamp);
  return status === 0;
};

/**
 * Returns the hash of all sources.
 * @param {string} root
 */
const stampOf = (root) => {
  const hash = createHash('sha256').update(read(path.join(root, 'package-lock.json')) ?? '');
  for (const file of SOURCES.flatMap((folder) => sourcesIn(path.join(root, folder)))) {
    hash.update(`${path.relative(root, file)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
};

/**
 * @param {string} folder
 * @returns {string[]}
 */
const sourcesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'dist')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const place = path.join(folder, entry.name);
      return entry.isDirectory() ? sourcesIn(place) : [place];
    });

/**
 * @param {string} file
 * @returns {string | undefined}
 */
const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
  if (!buildUiIfNeeded(root)) process.exit(1);
}
