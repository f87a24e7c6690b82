import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { startTestService, type TestService } from '../../support/service.ts';

const runFile = promisify(execFile);

describe('carillon secrets', () => {
  let service: TestService;
  let applicationId: number;

  const run = async (...words: string[]) => {
    const { stdout } = await runFile(process.execPath, [path.resolve('src/main.ts'), ...words], {
      env: { PATH: process.env.PATH ?? '', CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token() },
    });
    return stdout;
  };
  const carillon = (...words: string[]) => run('secrets', ...words);

  before(async () => {
    service = await startTestService();
    applicationId = (await service.as().post('/applications', { name: 'crm' })).body.id;
    await service.as().put(`/applications/${applicationId}/secrets/KEY`, { value: 'hush-hush' });
  });
  after(async () => {
    await service.stop();
  });

  it('rotate states how many keys it wrapped', async () => {
    expect(await carillon('rotate')).to.equal('Encrypted 0 data keys with the current key; 1 already used it\n');
  });

  it('erase states what is gone, and what is not', async () => {
    const said = await carillon('erase', String(applicationId));
    expect(said)
      .to.match(new RegExp(`^Deleted data key 1 of application ${applicationId}\\. `))
      .and.match(/scavenge/);
    expect(await carillon('erase', String(applicationId))).to.equal('Nothing was sealed here.\n');
  });

  it('states what was wrong and what can be done, with exit code 2', async () => {
    const failure: unknown = await carillon('erase', '999').catch((error: unknown) => error);
    expect(failure).to.include({
      code: 2,
      stderr:
        'carillon: APPLICATION_NOT_FOUND: there is no application 999\n' +
        '  `carillon applications list` shows the applications. `carillon applications create` creates one.\n',
    });
  });

  it('of a whole tenant are erased with it: the command waits, and states what is gone and what is not', async () => {
    const leaving = service.as({ tenant: 'leaving', permissions: ['scheduler:admin'] });
    const { body } = await leaving.post('/applications', { name: 'theirs' });
    await leaving.put(`/applications/${body.id}/secrets/KEY`, { value: 'hush-hush' });
    const unconfirmed: unknown = await run('tenant', 'erase', 'leaving', '--confirm', 'other').catch((error) => error);
    expect(unconfirmed)
      .to.have.property('stderr')
      .that.matches(/^carillon: .*must repeat the name/);
    const said = await run('tenant', 'erase', 'leaving', '--confirm', 'leaving', '--reason', 'Sie kündigten');
    expect(said)
      .to.match(/^Erased tenant leaving: deleteApplication 1\. /)
      .and.match(/scavenge/);
    const [last] = (await leaving.get('/audit?limit=1&action=eraseTenant')).body;
    expect(last).to.deep.include({ reason: 'Sie kündigten', of: { kind: 'tenant', name: 'leaving' } });
  });
});
