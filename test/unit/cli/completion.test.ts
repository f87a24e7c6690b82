import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { completionsOf } from '../../../src/cli/completion.ts';
import { program } from '../../../src/cli/program.ts';

const run = promisify(execFile);

describe('what a shell completes', () => {
  const nowhere = { XDG_CONFIG_HOME: '/nowhere', CARILLON_DATA: '/nowhere' };
  /** The last word is being typed. */
  const found = async (line: string) => (await completionsOf(line.split(' '), program, nowhere)).join(' ');

  it('is a command, a word of it or an option, also behind other options', async () => {
    expect(await found('exec')).to.equal('executions');
    expect(await found('jobs un')).to.equal('unpause');
    expect(await found('jobs list --la')).to.equal('--label');
    expect(await found('--json executions li')).to.equal('list');
    expect(await found('jobs list --limit 5 --st')).to.equal('--state --status');
    expect(await found(''))
      .to.include('jobs top executions')
      .and.not.include('__complete');
  });

  it('is a word that is taken, or the name of a context', async () => {
    expect(await found('completion ')).to.equal('bash zsh fish');
    expect(await found('start --role p')).to.equal('projections publisher');
    expect(await found('context use l')).to.equal('local');
    expect(await found('jobs list --context ')).to.equal('local');
    expect(await found('jobs list --state pa')).to.equal('paused parked');
    expect(await found('audit list --outcome ')).to.equal('done rejected');
  });

  it('is empty for free text, after the last argument, or if no server is reachable', async () => {
    for (const line of [
      'jobs list --name n',
      'jobs get crm/pay x',
      'jobs get crm',
      'no such',
      'jobs get --context no c',
    ]) {
      expect(await found(line), line).to.equal('');
    }
  });

  it('is read by the script of bash', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'carillon-shell-'));
    try {
      const command = path.join(folder, 'carillon');
      await writeFile(command, `#!/bin/sh\nexec ${process.execPath} ${path.resolve('src/main.ts')} "$@"\n`);
      await chmod(command, 0o755);
      const script = `source <(carillon completion bash)
        COMP_WORDS=(carillon jobs en); COMP_CWORD=2; _carillon; echo "\${COMPREPLY[*]}"`;
      const env = { PATH: `${folder}:${process.env.PATH}`, XDG_CONFIG_HOME: folder, CARILLON_DATA: folder };
      expect((await run('bash', ['-c', script], { env })).stdout).to.equal('enable\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
