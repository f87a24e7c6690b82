import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { version } from '../../../src/cli/version.ts';
import { runCarillon } from '../../support/carillon.ts';

describe('carillon init', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-init-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('creates an application, a job, a workflow and what these need, and keeps what is there', async () => {
    const readme = path.join(folder, 'README.md');
    await writeFile(readme, 'mine');
    const { code, out, err } = await runCarillon({}, 'init', folder);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    const lines = out.split('\n').map((line) => line.replace(`${folder}/`, ''));
    expect(lines.slice(0, -2)).to.deep.equal([
      'Created .github/workflows/carillon.yml',
      'Kept README.md',
      'Created bootstrap/example/application.yaml',
      'Created bootstrap/example/jobs.yaml',
      'Created .gitignore',
      'Created package.json',
    ]);
    expect(await readFile(readme, 'utf8')).to.equal('mine');
    expect(JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))).to.deep.equal({
      private: true,
      devDependencies: { carillon: version },
    });
  });
});
