import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';

const FOLDER = path.resolve('examples');

describe('examples/', () => {
  it('has programs that any Node runs which the README requests: older ones take no TypeScript', async () => {
    const files = await readdir(FOLDER, { recursive: true });
    const programs = files.filter((file) => /[.][cm]?[jt]s$/.test(file));
    expect(programs).to.include('kafka-consumer/main.mjs');
    for (const program of programs) {
      await promisify(execFile)(process.execPath, [
        '--no-experimental-strip-types',
        '--check',
        path.join(FOLDER, program),
      ]);
    }
  });

  it('has a workflow that plans on pull requests, applies on the branch main, and looks for drift each morning', async () => {
    const workflow = parse(await readFile(path.join(FOLDER, 'repository/.github/workflows/carillon.yml'), 'utf8'));
    expect(Object.keys(workflow.on)).to.deep.equal(['pull_request', 'push', 'schedule']);
    expect(workflow.permissions).to.deep.equal({ contents: 'read' });
    for (const [name, job] of Object.entries<{ steps: Record<string, string>[] }>(workflow.jobs)) {
      expect(job, name).to.include.keys('if', 'runs-on', 'timeout-minutes');
      for (const step of job.steps) expect(step.uses ?? step.run, name).to.be.a('string');
      expect(job.steps.at(-1)?.run).to.include(`npx carillon ${name}`);
    }
  });
});
