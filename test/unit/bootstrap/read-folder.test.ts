import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { readFolder } from '../../../src/bootstrap/read-folder.ts';
import { BootstrapRefused } from '../../../src/bootstrap/refused.ts';
import { writeBootstrap } from '../../support/bootstrap-folder.ts';

describe('the folder of a bootstrap', () => {
  let dir: string | undefined;
  const reading = async (files: Readonly<Record<string, unknown>>) => {
    dir = await writeBootstrap(files);
    return readFolder(dir);
  };
  const refusal = async (files: Readonly<Record<string, unknown>>): Promise<string> => {
    try {
      await reading(files);
    } catch (error) {
      if (error instanceof BootstrapRefused) return error.message;
      throw error;
    }
    return expect.fail('it was not refused');
  };
  afterEach(async () => {
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  });

  it('reads a folder an application, in the order of their names, with or without jobs', async () => {
    const sources = await reading({
      'erp/application.json': { name: 'erp' },
      'crm/application.json': { name: 'crm' },
      'crm/jobs.json': [],
    });
    expect(sources).to.deep.equal([
      { folder: 'crm', application: { name: 'crm' }, jobs: [] },
      { folder: 'erp', application: { name: 'erp' } },
    ]);
  });

  it('passes over files, hidden folders and folders without definitions', async () => {
    const sources = await reading({
      'README.md': 'read me',
      '.git/application.json': { name: 'git' },
      'crm/roles.json': [],
    });
    expect(sources).to.deep.equal([]);
  });

  it('names whole numbers that would be rounded', async () => {
    const jobs = '[{"name": "a", "taskConfig": {"body": {"id": 12345678901234567890}}}]';
    const message = await refusal({ 'crm/application.json': { name: 'crm' }, 'crm/jobs.json': jobs });
    expect(message).to.include('crm/jobs.json: /0/taskConfig/body/id: is a whole number that would be rounded');
  });

  it('names every file that is no JSON', async () => {
    const message = await refusal({ 'crm/application.json': '{', 'erp/application.json': '[1,' });
    expect(message)
      .to.match(/crm\/application.json: is not JSON/)
      .and.match(/erp\/application.json: is not JSON/);
  });

  it('builds nothing of a file with more values than a set may have', async () => {
    const message = await refusal({
      'crm/application.json': { name: 'crm' },
      'crm/jobs.json': `[${'0,'.repeat(400_000)}0]`,
    });
    expect(message).to.include('crm/jobs.json: it holds more than 400000 values');
  });

  it('wants to know whose jobs they are', async () => {
    expect(await refusal({ 'crm/jobs.json': [] })).to.include('crm/application.json: is missing');
  });

  it('reads files that begin with a byte order mark', async () => {
    const sources = await reading({ 'crm/application.json': '\uFEFF{"name":"crm"}' });
    expect(sources).to.deep.equal([{ folder: 'crm', application: { name: 'crm' } }]);
  });
});
