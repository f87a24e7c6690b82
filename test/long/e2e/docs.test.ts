import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { allRoutes, nameOf } from '../../support/routes.ts';
import { stopChild } from '../../support/stop-child.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
/** Lets a rejection fail the line that it answers. */
const PREAMBLE = `set -euo pipefail
curl() { command curl --fail-with-body "$@"; }
carillon() { '${process.execPath}' '${path.resolve('src/main.ts')}' "$@"; }
`;
const Rejected = z.object({ stdout: z.string() });

const pageOf = (name: string): Promise<string> =>
  readFile(path.join(import.meta.dirname, '../../../docs', name), 'utf8');

const blocksOf = async (name: string): Promise<readonly string[]> =>
  [...(await pageOf(name)).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);

/** The pages of the API, in the order of the table of contents: their lines build on one another. */
const pagesOfTheApi = async (): Promise<readonly string[]> =>
  [...(await pageOf('README.md')).matchAll(/\]\((reference\/api\/[^)]+)\)/g)].map(([, page = '']) => page);

/** The last line that was answered is the one that was rejected. */
const sayAnswer = (error: unknown): never => {
  throw new Error(`was answered ${Rejected.parse(error).stdout.slice(-1_000)}`);
};

describe('docs/reference/api', () => {
  let dataDir: string;
  let service: ChildService;
  let blocks: readonly string[];

  before(async () => {
    const pages = [...(await pagesOfTheApi()), 'how-to/targets-and-quotas.md'];
    blocks = (await Promise.all(pages.map(blocksOf))).flat();
    dataDir = await passableTempDir('carillon-docs-');
    service = await startChildService(dataDir, { LOG_LEVEL: 'warn' });
  });
  after(async () => {
    await stopChild(service, dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });

  const runLines = async (lines: readonly string[]): Promise<string> => {
    const env = {
      ...{ PATH: process.env.PATH ?? '', URL: service.url, TOKEN: service.token },
      ...{ CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token },
    };
    const options = { cwd: dataDir, env, maxBuffer: 16 * 1_048_576 };
    const running = run('bash', ['-c', PREAMBLE + lines.join('\n')], options);
    return (await running.catch(sayAnswer)).stdout;
  };

  it('has commands that work in order', async () => {
    expect(blocks).to.have.length.greaterThan(10);
    const stdout = await runLines(blocks);
    expect(stdout).to.include('"scheduleText":"At 02:30 (Europe/Berlin)"').and.include('"name":"nightly-sync"');
  });

  it('has lines about alerts that do what they say: docs/how-to/alerts.md', async () => {
    const stdout = await runLines(await blocksOf('how-to/alerts.md'));
    expect(stdout)
      .to.include('Updated alert rule sample-failing\n')
      .and.match(/^webhook http\S+: delivered, 200 /m)
      .and.match(/^slack OPS_CHANNEL: delivered/m);
  });

  it('has a line for every route', () => {
    const requested = blocks
      .join('\n')
      .replaceAll('\\\n', ' ')
      .split('\n')
      .flatMap((line) => {
        const [, method = 'GET'] = /-X (\w+)/.exec(line) ?? [];
        const [, at] = /\$URL\/_\/scheduler([^ "?]+)/.exec(line) ?? [];
        return at === undefined ? [] : [{ method: method.toLowerCase(), at }];
      });
    // Those of a job by its address are the same as by its id. The stream of events does not end.
    const shown = allRoutes.filter(({ addresses, path }) => addresses !== 'job' && path !== '/events');
    const missing = shown.filter((route) => {
      const path = new RegExp(`^${route.path.replaceAll(/:\w+/g, '[^/]+')}$`);
      return !requested.some(({ method, at }) => method === route.method && path.test(at));
    });
    expect(missing.map(nameOf)).to.deep.equal([]);
  });
});
