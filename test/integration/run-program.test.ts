import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { Run } from '../../packages/worker/src/worker.ts';
import { runProgram } from '../../src/cli/run-program.ts';
import { passableTempDir } from '../support/temp-dir.ts';

describe('the program of a run', () => {
  let folder: string;
  before(async () => {
    folder = await passableTempDir('carillon-program-');
  });
  after(() => rm(folder, { recursive: true }));

  /** Runs a shell script, and gives its result or failure and what it stated. */
  const run = async (script: string, signal = new AbortController().signal) => {
    const program = path.join(folder, 'program.sh');
    await writeFile(program, `#!/bin/sh\n${script}\n`);
    await chmod(program, 0o755);
    const said = { progress: [] as unknown[], retries: [] as unknown[], warnings: [] as string[] };
    const stderr: Uint8Array[] = [];
    const of: Run<unknown> = {
      ...{ executionId: 1, jobId: 2, jobName: 'report', task: 'send', attempt: 1, input: { day: 1 }, signal },
      ...{ scheduledAt: '2026-03-01T00:00:00.000Z', deadlineAt: '2026-03-02T00:00:00.000Z' },
      progress: async (progress) => void said.progress.push(progress),
      retryIn: (delay) => void said.retries.push(delay),
    };
    const how = { run: of, stderr: { write: (bytes: Uint8Array) => stderr.push(bytes) } };
    const warn = (line: string) => void said.warnings.push(line);
    const end = await runProgram(program, { ...how, warn }).then(
      (result) => ({ result }),
      (error: Error) => ({ error: error.message }),
    );
    return { ...end, ...said, stderr: Buffer.concat(stderr).toString() };
  };

  it('succeeds with JSON or text', async () => {
    expect(await run('cat')).to.deep.include({ result: { day: 1 } });
    expect(await run('echo done')).to.deep.include({ result: 'done' });
    expect(await run('true')).to.deep.include({ result: undefined });
  });

  it('succeeds with a result that was cut, and says so', async () => {
    const { result } = Object(await run('yes 0123456789 | head -c 200000'));
    expect(result).to.match(/^0123456789\n.*… \(cut: the program wrote 200000 characters\)$/s);
    expect(JSON.stringify(result).length).to.be.at.most(65_536);
    const escaped = Object(await run("head -c 50000 /dev/zero | tr '\\0' '\\001'")).result;
    expect(escaped).to.match(/… \(cut: the program wrote 50000 characters\)$/);
    expect(JSON.stringify(escaped).length).to.be.at.most(65_536);
  });

  it('succeeds with text if its JSON can not be stored', async () => {
    expect(await run("printf 'a\\000b'")).to.deep.include({ result: 'a\u2400b' });
    expect(await run(`echo '{"__proto__": 1}'`)).to.deep.include({ result: '{"__proto__": 1}' });
    expect(await run(`echo '"\\ud83d"'`)).to.have.property('result', '"\\ud83d"');
  });

  it('fails with the exit code and the last line of standard error, which is passed on', async () => {
    const failed = await run('echo first >&2; echo "no server" >&2; echo >&2; exit 3');
    expect(failed).to.deep.include({ error: 'exit code 3: no server', stderr: 'first\nno server\n\n' });
    expect(await run('kill -9 $$')).to.deep.include({ error: 'ended by SIGKILL' });
  });

  it('passes on a line without an end, and keeps its end', async () => {
    const failed = await run('head -c 300000 /dev/zero | tr "\\0" x >&2; printf end >&2; exit 1');
    expect(failed.stderr).to.have.length(300_004);
    expect(Object(failed).error)
      .to.match(/^exit code 1: x+end$/)
      .and.to.have.length.below(9_000);
  });

  it('takes progress and a delay on file descriptor 3', async () => {
    const stated = await run(`echo '{"progress": {"percent": 50}}' >&3; printf '{"retry": "5m"}' >&3; exit 1`);
    expect(stated).to.deep.include({ progress: [{ percent: 50 }], retries: ['5m'], warnings: [] });
  });

  for (const [what, line, why] of [
    ['is no JSON', 'half', /"half" is not JSON/],
    ['is no object', '[1]', /\[1\] is not a JSON object/],
    ['has another name', '{"percent": 5}', /"percent" is unknown. Write "progress" or "retry"/],
  ] as const) {
    it(`warns once of a message that ${what}, and goes on`, async () => {
      const stated = await run(`echo '${line}' >&3; echo '${line}' >&3; echo '{"progress": 1}' >&3; echo done`);
      expect(stated).to.deep.include({ result: 'done', progress: [1] });
      expect(stated.warnings).to.have.length(1);
      expect(stated.warnings[0]).to.match(why);
    });
  }

  it('passes over a message that is too long', async () => {
    const stated = await run(`head -c 100000 /dev/zero | tr '\\0' x >&3; echo >&3; echo '{"progress": 2}' >&3`);
    expect(stated.progress).to.deep.equal([2]);
    expect(stated.warnings).to.deep.equal([
      'execution 1 of report: file descriptor 3: a line has more than 65536 characters.',
    ]);
  });

  it('is unharmed by a cancel after it has ended', async () => {
    const cancel = new AbortController();
    await run('kill -9 $$', cancel.signal);
    cancel.abort();
  });
});
