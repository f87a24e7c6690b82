import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type ChildService, NODE, PROGRAM, startChildService } from '../../support/child-service.ts';
import { freePort } from '../../support/free-port.ts';
import { stopChild } from '../../support/stop-child.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
/** A rejection fails the line that it answers; the feed has no end, so it is read for a second. */
const PREAMBLE = `set -euo pipefail
npx() { shift; '${NODE}' '${PROGRAM}' "$@"; }
curl() {
  case "$*" in
    *-sN*) command curl --max-time 1 "$@" || [ $? -eq 28 ] ;;
    *) command curl --fail-with-body "$@" ;;
  esac
}
`;

/**
 * How long the page's reader leaves the server dead, in milliseconds: the last slot of that time is called late, so
 * those of a job that runs each second are missed only where more than one passed, however fast the server starts.
 */
const DEAD_MS = 4_000;

/** A line without what differs from one walk to the next: ids, instants, how long ago, and how wide columns are. */
const withoutFigures = (line: string): string =>
  line
    .replaceAll(/\b(?:in )?\d+ (?:m?s|min)(?: ago)?\b|\bnow\b/g, 'N')
    .replaceAll(/\d+/g, 'N')
    .replaceAll(/ +/g, ' ')
    .trim();

/** Whether a line was printed; `…` at its end stands for any rest. */
const isPrinted = (line: string, printed: readonly string[]): boolean => {
  const wanted = withoutFigures(line);
  if (!wanted.endsWith('…')) return printed.includes(wanted);
  return printed.some((each) => each.startsWith(wanted.slice(0, -1)));
};

/** What a walk does not go to: the network, other machines, and what never ends. */
const ELSEWHERE = /^(?:npm (?!start)|docker |kubectl )/;

/** Who pastes the lines of a page into a shell one after another, some seconds later where it tells them to wait. */
describe("a newcomer's walk", () => {
  let folder: string;
  let service: ChildService | undefined;
  const dataDir = (): string => path.join(folder, '.carillon');
  const start = async (): Promise<ChildService> => startChildService(dataDir(), { PORT: String(await freePort()) });

  beforeEach(async () => {
    folder = await passableTempDir('carillon-newcomer-');
  });
  afterEach(async () => {
    if (service !== undefined) await stopChild(service, dataDir());
    service = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs lines again and again until they print what the page says. */
  const untilTheyPrint = async (lines: string, expected: readonly string[]): Promise<void> => {
    const script = PREAMBLE + lines.replaceAll('http://127.0.0.1:3000', service?.url ?? '');
    const options = {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', TOKEN: service?.token ?? '' },
      maxBuffer: 16 * 1_048_576,
    };
    const deadlineMs = performance.now() + 240_000;
    for (;;) {
      const { code, stdout, stderr } = await run('bash', ['-c', script], options).then(
        (printed) => ({ ...printed, code: 0 }),
        (error) => error,
      );
      const printed = stdout.split('\n').map(withoutFigures);
      const missing = expected.filter((line) => !isPrinted(line, printed));
      if (code === 0 && missing.length === 0) return;
      if (performance.now() > deadlineMs) {
        expect.fail(`${lines}ended with ${code} and printed:\n${stdout}${stderr}and not:\n${missing.join('\n')}`);
      }
    }
  };

  for (const page of ['README.md', 'docs/tutorial.md']) {
    it(`goes through every line of ${page}, and sees what it states`, async () => {
      const text = await readFile(page, 'utf8');
      const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm)].filter(
        ([, lines = '']) => !ELSEWHERE.test(lines),
      );
      expect(blocks).to.have.length.of.at.least(9);
      for (const [, lines = '', printed = ''] of blocks) {
        if (lines.startsWith('npm start')) service = await start();
        else await untilTheyPrint(lines, printed.split('\n').slice(0, -1));
        if (!lines.startsWith('kill -9')) continue;
        await service?.end('SIGKILL');
        await delay(DEAD_MS);
      }
    });
  }

  it('begins with a greeting, and no line in it that a newcomer could not use', async () => {
    service = await start();
    const greeting = service.said.filter((line) => !line.startsWith('{') && line !== '');
    expect(greeting[0]).to.equal(`Carillon is running at ${service.url}`);
    expect(greeting).to.include(`  export TOKEN=${service.token}`);
    const levels = service.said.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line).level);
    expect(levels).to.not.include.members(['warn']).and.not.include.members(['error']);
  });

  it('learns of a misspelt setting in a line that names the right one', async () => {
    const misspelt = run(NODE, [PROGRAM, 'start'], {
      env: { PATH: process.env.PATH ?? '', CARILLON_DATA: dataDir(), ALLOWED_TARGET: '10.0.0.0/8' },
    });
    const { code, stdout, stderr } = await misspelt.then(
      () => expect.fail('it starts'),
      (error) => error,
    );
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr.trimEnd().split('\n')).to.deep.equal([
      'carillon: The settings are invalid:',
      '  ALLOWED_TARGET is an unknown setting: did you mean ALLOWED_TARGETS? Rename it, or unset it if it is not for Carillon',
    ]);
  });
});
