import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { apiClient } from '../support/api.ts';

const FOLDER = 'examples/terraform';

describe('a job as a resource of Terraform: the requests of examples/terraform', () => {
  let service: AService;
  before(async () => {
    service = await aService().withApplication('sample').start();
  });
  after(() => service.stop());

  it('is created, read without a difference, updated and destroyed at one address', async () => {
    const main = await readFile(`${FOLDER}/main.tf`, 'utf8');
    const [, at = ''] = /create_path = "([^"]+)"/.exec(main) ?? [];
    const [, list, id] = [main, /path {8}= "([^"]+)"/.exec(main)?.[1], /object_id {3}= "([^"]+)"/.exec(main)?.[1]];
    expect(`${list}/${id}`).to.equal(at);
    const data = JSON.parse(await readFile(`${FOLDER}/nightly-sync.json`, 'utf8'));
    const api = apiClient(service.url, service.token());

    expect((await api.put(at, data)).status).to.equal(201);
    const { body: job } = await api.get(at);
    expect(job).to.deep.include(data);
    expect((await api.put(at, data)).body.revision).to.equal(job.revision);
    const updated = await api.put(at, { ...data, pattern: '0 3 * * *' });
    expect([updated.status, updated.body.pattern]).to.deep.equal([200, '0 3 * * *']);
    expect((await api.delete(at)).status).to.equal(204);
    expect((await api.get(at)).status).to.equal(404);
  });
});
