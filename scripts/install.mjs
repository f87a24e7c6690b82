// Runs on Node 20 and newer, before anything is installed: plain JavaScript, no dependency.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The oldest Node that runs the server. */
const OLDEST = [22, 18];
/** The package whose optional dependencies are Node for the platforms that it exists for. */
const NODES = 'scripts/node/package.json';
const STAMP = 'node_modules/.carillon-install';

/**
 * Returns whether node_modules matches package-lock.json, according to the stamp of the last install here, or to npm's own
 * record after a manual install.
 * @param {string} root
 * @returns {boolean}
 */
export const isInstalled = (root) => {
  const lock = read(root, 'package-lock.json');
  if (lock === undefined) return true;
  if (read(root, STAMP) === stampOf(lock)) return true;
  const installed = read(root, 'node_modules/.package-lock.json');
  return installed !== undefined && agree(lock, installed);
};

/**
 * Records that the packages of this lock are installed.
 * @param {string} root
 */
export const markInstalled = (root) => {
  const lock = read(root, 'package-lock.json');
  if (lock !== undefined && existsSync(path.join(root, 'node_modules'))) {
    writeFileSync(path.join(root, STAMP), stampOf(lock));
  }
};

/**
 * Installs exactly the packages of the lock. Output goes to standard error: standard output belongs to the command.
 * @param {string} root
 * @returns {number} npm's exit code
 */
export const install = (root) => {
  const npm = process.env.npm_execpath ?? '';
  const [command, ...before] = /npm-cli\.c?js$/.test(npm) ? [process.execPath, npm] : ['npm'];
  const { status } = spawnSync(command ?? 'npm', [...before, 'ci', '--include=dev', '--include=optional'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  return status ?? 1;
};

/**
 * Puts the Node of the optional package where npm's scripts find it first. npm does so itself, but npm 10 and older remove
 * the link together with the packages for other machines.
 * @param {string} root
 */
export const linkBundledNode = (root) => {
  const link = path.join(root, 'node_modules/.bin/node');
  const manifest = JSON.parse(read(root, NODES) ?? '{}');
  const bundled = Object.keys(manifest.optionalDependencies ?? {}).find((name) =>
    existsSync(path.join(root, 'node_modules', name, 'bin/node')),
  );
  if (bundled === undefined || existsSync(link)) return;
  mkdirSync(path.dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(path.join('..', bundled, 'bin/node'), link);
};

/**
 * The version of the Node that npm's scripts will run. One in node_modules/.bin that can't run here (another libc) is
 * taken out of the way.
 * @param {string} root
 * @returns {string} such as v24.1.0
 */
export const scriptNodeVersion = (root) => {
  const bundled = path.join(root, 'node_modules/.bin/node');
  if (!existsSync(bundled)) return process.version;
  const { status, stdout } = spawnSync(bundled, ['--version'], { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  rmSync(bundled, { force: true });
  return process.version;
};

/**
 * Returns whether Carillon runs on this version of Node.
 * @param {string} version such as v24.1.0
 * @returns {boolean}
 */
export const isNodeSupported = (version) => {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
};

/**
 * The message for a checkout with a Node that is too old; undefined if it is new enough.
 * @param {string} version
 * @returns {string | undefined}
 */
export const complaintAbout = (version) => {
  if (isNodeSupported(version)) return undefined;
  return (
    `Carillon needs Node ${OLDEST.join('.')} or newer, and this is ${version}. npm usually brings Node 24 along as an ` +
    `optional package, but has none for ${process.platform} ${process.arch}, or was set up to omit optional packages. ` +
    'Install Node 24 (https://nodejs.org), or run: npm ci --include=optional'
  );
};

/** @param {string} lock */
const stampOf = (lock) =>
  createHash('sha256').update(`${process.platform} ${process.arch}\n`).update(lock).digest('hex');

/**
 * Returns whether every package of the lock is installed in that version, except those that npm may omit on this machine.
 * @param {string} lock
 * @param {string} installed
 */
const agree = (lock, installed) => {
  const there = packagesOf(installed);
  return Object.entries(packagesOf(lock)).every(([place, { version, optional, peer }]) => {
    if (place === '') return true;
    const found = there[place];
    return found === undefined ? Boolean(optional || peer) : found.version === version;
  });
};

/**
 * @param {string} lock
 * @returns {Record<string, { version?: string, optional?: boolean, peer?: boolean }>}
 */
const packagesOf = (lock) => {
  try {
    return JSON.parse(lock).packages ?? {};
  } catch {
    return { unreadable: { version: lock } };
  }
};

/**
 * @param {string} root
 * @param {string} file
 * @returns {string | undefined}
 */
const read = (root, file) => {
  try {
    return readFileSync(path.join(root, file), 'utf8');
  } catch {
    return undefined;
  }
};
