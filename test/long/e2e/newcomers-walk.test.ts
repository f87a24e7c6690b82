import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { freePort } from '../../support/free-port.ts';
import { stopChild } from '../../support/stop-child.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
const MAIN = path.resolve('src/main.ts');
/** A refusal fails the line that it answers; the feed has no end, so it is read for a second. */
const PREAMBLE = `set -euo pipefail
npx() { shift; '${process.execPath}' '${MAIN}' "$@"; }
curl() {
  case "$*" in
    *-sN*) command curl --max-time 1 "$@" || [ $? -eq 28 ] ;;
    *) command curl --fail-with-body "$@" ;;
  esac
}
`;

/** Who has only the README, and pastes its lines into a shell one after another. */
describe("a newcomer's walk", () => {
  let dataDir: string;
  let service: ChildService;
  const settings = async () => ({ PORT: String(await freePort()) });
  const paste = (lines: string) =>
    run('bash', ['-c', PREAMBLE + lines.replaceAll('http://127.0.0.1:3000', service.url)], {
      env: { PATH: process.env.PATH ?? '', TOKEN: service.token, CARILLON_DATA: dataDir },
      maxBuffer: 16 * 1_048_576,
    });

  before(async () => {
    dataDir = await passableTempDir('carillon-newcomer-');
    service = await startChildService(dataDir, await settings());
  });
  after(async () => {
    await stopChild(service, dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });

  it('begins with a greeting, and no line in it that a newcomer could not use', () => {
    const greeting = service.said.filter((line) => !line.startsWith('{') && line !== '');
    expect(greeting[0]).to.equal(`Carillon is running at ${service.url}`);
    expect(greeting).to.include(`  export TOKEN=${service.token}`);
    const levels = service.said.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line).level);
    expect(levels).to.not.include.members(['warn']).and.not.include.members(['error']);
  });

  it('goes through every line of the README', async () => {
    const blocks = await readmeBlocks('## Five minutes', '## Further');
    const pasted = blocks.filter((block) => !/^(npm|kill|KAFKA_BROKERS=)/.test(block));
    expect(pasted).to.have.length.greaterThan(6);
    const { stdout } = await paste(pasted.join('\n'));
    expect(stdout).to.contain('"name":"hello"').and.contain('"name":"sync"');
    expect(stdout)
      .to.match(/^sample\/hello +active/m)
      .and.to.match(/^execution \d+ succeeded: 200/m);
    expect(stdout).to.contain('every slot is explained, once').and.contain('id: ').and.contain('scheduler.job.created');
  });

  it('goes on after a kill -9 where the log ends', async () => {
    const { body: before } = await service.api.get('/executions?limit=500');
    await service.end('SIGKILL');
    service = await startChildService(dataDir, await settings());
    const { body: after } = await service.api.get('/executions?limit=500');
    expect(idsOf(after)).to.include.members(idsOf(before));
    const { stdout } = await paste('npx carillon audit explain --from 2026-01-01T00:00:00Z');
    expect(stdout).to.match(/every slot is explained, once\n$/);
  });

  it('hears of a misspelt setting in a line that names the right one', async () => {
    const start = run(process.execPath, [MAIN, 'start'], {
      env: { PATH: process.env.PATH ?? '', CARILLON_DATA: dataDir, ALLOWED_TARGET: '10.0.0.0/8' },
    });
    const { code, stdout, stderr } = await start.then(
      () => expect.fail('it starts'),
      (error) => error,
    );
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr.trimEnd().split('\n')).to.deep.equal([
      'carillon: The settings can not be used:',
      '  ALLOWED_TARGET is no setting: did you mean ALLOWED_TARGETS? Rename it, or unset it if it is not for Carillon',
    ]);
  });
});

const readmeBlocks = async (from: string, until: string): Promise<string[]> => {
  const text = await readFile(path.join(import.meta.dirname, '../../../README.md'), 'utf8');
  const part = text.slice(text.indexOf(from), text.indexOf(until));
  return [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
};

const idsOf = (rows: readonly { readonly id: number }[]): number[] => rows.map(({ id }) => id);
