import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { passableTempDir } from '../src/testing/databases.ts';
import { startChildService } from '../test/support/child-service.ts';

/**
 * npm run release-check: what must hold before the packages are published. Packs them into release/, with an SBOM each, and
 * prints a line per check. Sizes, contents, types and old versions of Node are those of test/long/e2e/package.test.ts.
 */
const PACKAGES = ['.', 'packages/client', 'packages/receiver', 'packages/worker', 'packages/testing'];
const NODES = ['22.18.0', 'latest'];
/** Licences of dependencies that ask for no more than their text. */
const LICENCES = new Set('MIT MIT-0 ISC Apache-2.0 0BSD BSD-2-Clause BSD-3-Clause BlueOak-1.0.0'.split(' '));
const MAX_VERSION_MS = 150;
const MAX_COMMAND_MS = 250;
const MEASUREMENTS = 11;

const OUT = path.resolve('release');
const run = promisify(execFile);
let failed = 0;

const check = async (what: string, find: () => Promise<string>): Promise<void> => {
  try {
    console.log(`✔ ${what}: ${await find()}`);
  } catch (error) {
    failed += 1;
    const output = error instanceof Error && 'stdout' in error ? `\n${String(error.stdout).slice(-4_000)}` : '';
    console.log(`✘ ${what}: ${error instanceof Error ? error.message : String(error)}${output}`);
  }
};

const mocha = async (file: string, env: NodeJS.ProcessEnv): Promise<string> => {
  const { stdout } = await run('mocha', [file], { env: { ...process.env, ...env }, maxBuffer: 64 * 1_048_576 });
  return stdout.trim().split('\n').at(-1) ?? '';
};

/** Installs packed files into a new folder. */
const install = async (...names: readonly string[]): Promise<string> => {
  const folder = await passableTempDir('carillon-release-');
  await writeFile(path.join(folder, 'package.json'), '{"name":"release","version":"0.0.0","private":true}');
  const files = names.map((name) => path.join(OUT, name));
  await run('npm', ['install', '--silent', '--prefer-offline', '--no-audit', '--no-fund', ...files], {
    cwd: folder,
    env: { ...process.env, INIT_CWD: folder },
  });
  return folder;
};

type Bom = {
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly licenses?: readonly { readonly license?: { readonly id?: string }; readonly expression?: string }[];
  }[];
};

/** Of `A OR B` one is enough, of `A AND B` both must be allowed. */
const isAllowed = ({ licenses = [] }: Bom['components'][number]): boolean =>
  licenses.some(({ license, expression }) =>
    (license?.id ?? expression ?? '')
      .replaceAll(/[()]/g, '')
      .split(' AND ')
      .every((part) => part.split(' OR ').some((each) => LICENCES.has(each))),
  );

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Checks the shortest duration of a command: other programs of the machine make it longer, never shorter. */
const measure = async (node: string, args: readonly string[], maxMs: number, env = {}): Promise<string> => {
  const tookMs: number[] = [];
  for (let round = 0; round < MEASUREMENTS; round += 1) {
    const startedMs = performance.now();
    await run(node, [...args], { env: { ...process.env, ...env } });
    tookMs.push(performance.now() - startedMs);
  }
  const [shortestMs, medianMs] = [Math.min(...tookMs), median(tookMs)].map(Math.round);
  const said = `${shortestMs} ms (median ${medianMs} ms), at most ${maxMs} ms`;
  if (Number(shortestMs) > maxMs) throw new Error(said);
  return said;
};

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT);
const tarballs: string[] = [];
for (const folder of PACKAGES) {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', OUT], { cwd: folder });
  tarballs.push(stdout.trim());
}
console.log(`packed into release/: ${tarballs.join(', ')}`);

await check('contents, sizes, types, oldest Node', () =>
  mocha('test/long/e2e/package.test.ts', { CARILLON_PACKED: OUT }),
);

for (const tarball of tarballs) {
  // The kit depends on two of the others.
  const others = tarball.includes('testing') ? tarballs.filter((each) => /carillon-(client|\d)/.test(each)) : [];
  const folder = await install(tarball, ...others);
  await check(`licences of ${tarball}`, async () => {
    const { stdout } = await run('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
      cwd: folder,
      maxBuffer: 64 * 1_048_576,
    });
    await writeFile(path.join(OUT, tarball.replace(/tgz$/, 'cdx.json')), stdout);
    const { components }: Bom = JSON.parse(stdout);
    const unknown = components.filter((component) => !isAllowed(component));
    if (unknown.length > 0) throw new Error(unknown.map(({ name, version }) => `${name}@${version}`).join(', '));
    return `${components.length} packages, listed in release/${tarball.replace(/tgz$/, 'cdx.json')}`;
  });
  await rm(folder, { recursive: true, force: true });
}

const folder = await install(...tarballs.slice(0, 1));
const program = path.join(folder, 'node_modules/carillon/bin/carillon.mjs');
for (const version of NODES) {
  const { stdout } = await run('npx', ['--yes', '--prefer-offline', '-p', `node@${version}`, 'which', 'node'], {
    cwd: folder,
  });
  const node = stdout.trim();
  const named = (await run(node, ['--version'])).stdout.trim();
  const env = { CARILLON_PROGRAM: program, CARILLON_NODE: node };
  await check(`README.md, line by line, from the packed file on Node ${named}`, () =>
    mocha('test/long/e2e/newcomers-walk.test.ts', env),
  );
}

const dataDir = path.join(folder, '.carillon');
const service = await startChildService(dataDir, {}, [], program);
const env = { CARILLON_DATA: dataDir };
await check('carillon --version', () => measure(process.execPath, [program, '--version'], MAX_VERSION_MS));
await check('carillon jobs list', () => measure(process.execPath, [program, 'jobs', 'list'], MAX_COMMAND_MS, env));
await service.end('SIGTERM');
await rm(folder, { recursive: true, force: true });

console.log(failed === 0 ? 'ready to publish' : `${failed} checks failed`);
process.exitCode = failed === 0 ? 0 : 1;
