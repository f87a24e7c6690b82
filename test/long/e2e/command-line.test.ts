import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { stopChild } from '../../support/stop-child.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
const MAIN = path.resolve('src/main.ts');

describe('the command line, as a process of its own', () => {
  let folder: string;
  let service: ChildService;
  const environment = () => ({
    PATH: `${folder}:${process.env.PATH}`,
    CARILLON_DATA: folder,
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    URL: service.url,
  });
  const bash = async (script: string): Promise<string> =>
    (await run('bash', ['-c', `set -euo pipefail\n${script}`], { cwd: folder, env: environment() })).stdout;

  before(async () => {
    folder = await passableTempDir('carillon-command-');
    service = await startChildService(folder, { LOG_LEVEL: 'warn' });
    const command = path.join(folder, 'carillon');
    await writeFile(command, `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`);
    await chmod(command, 0o755);
  });
  after(async () => {
    await stopChild(service, folder);
    await rm(folder, { recursive: true, force: true });
  });

  it('does what docs/reference/command-line.md states, line by line', async () => {
    const text = await readFile(path.resolve('docs/reference/command-line.md'), 'utf8');
    const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    expect(blocks).to.have.length.greaterThan(7);
    const stdout = await bash(blocks.join('\n'));
    expect(stdout)
      .to.match(/^Created sample\/nightly-sync\. Next run: 20/m)
      .and.match(/Execution \d+ succeeded in \d+ \w+ \(HTTP 200\)/)
      .and.include('will run.')
      .and.match(/hello,nightly-sync\n$/);
  });

  it('follows the ends of executions, a line each, and as events', async () => {
    const application = await service.api.post('/applications', { name: 'crm' });
    await service.api.post('/jobs', {
      applicationId: application.body.id,
      name: 'beats',
      pattern: '* * * * * *',
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${service.url}/_/scheduler/echo`, method: 'GET' },
    });
    const firstLines = async (...words: readonly string[]): Promise<readonly string[]> => {
      const child = spawn(process.execPath, [MAIN, 'jobs', 'logs', '--follow', ...words], { env: environment() });
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line);
        if (lines.length === 2) break;
      }
      child.kill();
      await once(child, 'exit');
      return lines;
    };
    for (const line of await firstLines('crm/beats')) {
      expect(line).to.match(/^20\S+Z {2}succeeded {2}\d+ {2}crm\/beats {2}\d+ ms {2}200$/);
    }
    const [event = ''] = await firstLines('--json');
    expect(JSON.parse(event)).to.deep.include({ type: 'scheduler.job.execution.succeeded' });
  });

  it('ends without a word if its pipe is closed', async () => {
    expect(await bash('carillon jobs logs --follow 2>&1 | head -n 1')).to.match(/^20\S+Z {2}succeeded/);
    expect(await bash('carillon executions list --json --limit 500 2>&1 | head -n 1')).to.equal('[\n');
  });
});
