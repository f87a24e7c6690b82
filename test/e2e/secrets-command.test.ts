import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { startTestService, type TestService } from '../support/service.ts';

const run = promisify(execFile);

describe('carillon secrets', () => {
  let service: TestService;
  let applicationId: number;

  const carillon = async (...words: string[]) => {
    const { stdout } = await run(process.execPath, [path.resolve('src/main.ts'), 'secrets', ...words], {
      env: { PATH: process.env.PATH ?? '', CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token() },
    });
    return stdout;
  };

  before(async () => {
    service = await startTestService();
    applicationId = (await service.as().post('/applications', { name: 'crm' })).body.id;
    await service.as().put(`/applications/${applicationId}/secrets/KEY`, { value: 'hush-hush' });
  });
  after(async () => {
    await service.stop();
  });

  it('rotate says how many keys it wrapped', async () => {
    expect(await carillon('rotate')).to.equal('0 data keys were wrapped by the current key, 1 were so already\n');
  });

  it('erase says what is gone, and what is not', async () => {
    const said = await carillon('erase', String(applicationId));
    expect(said)
      .to.match(new RegExp(`^data key 1 of application ${applicationId} is deleted\\.`))
      .and.match(/scavenge/);
    expect(await carillon('erase', String(applicationId))).to.equal('Nothing was sealed here.\n');
  });

  it('says what was wrong in one line, with exit code 1', async () => {
    const failure: unknown = await carillon('erase', '999').catch((error: unknown) => error);
    expect(failure).to.include({ code: 1, stderr: 'carillon: there is no application 999\n' });
  });
});
