import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { describePage, rowOf, type } from '../../support/site.ts';

describePage('the admin UI: work for workers', (site) => {
  it('is offered by a job that the form creates, and shown in its queue until a worker takes it', async () => {
    const { service, applicationId } = site();
    const worker = { id: 'worker-7f9c', host: 'host-3', version: '2.1.0' };
    const page = await site().visit('/jobs/new');
    await type(page.getByLabel('Name'), 'worker-report');
    await page.getByLabel('Application', { exact: true }).selectOption({ label: 'Customers' });
    await page.getByLabel('Kind').selectOption({ label: 'Function of a worker' });
    await type(page.getByLabel('Queue'), 'reports');
    await type(page.getByLabel('Function'), 'send-report');
    await type(page.getByLabel('Input'), '{"day": "${T:YYYY-MM-DD}"}');
    await page.getByRole('button', { name: 'Create job' }).click();
    await page.getByRole('heading', { level: 1, name: 'worker-report' }).waitFor();
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    await site().visit('/queues');
    await rowOf(page, 'reports').getByText('1, no worker').waitFor();
    const { body } = await service.as().post(`/queues/${applicationId}/reports/take`, {
      ...{ takeId: randomBytes(32).toString('base64url'), tasks: ['send-report'], most: 1 },
      worker,
    });
    expect(body.work, JSON.stringify(body)).to.have.lengthOf(1);
    const [{ executionId, token }] = body.work;
    await service.as().post(`/queues/${applicationId}/reports/beat`, { worker, running: [{ executionId, token }] });
    const row = rowOf(page, 'worker-7f9c');
    await row.getByText('host-3').waitFor();
    await row.getByText('2.1.0').waitFor();
    await row.getByRole('link', { name: 'worker-7f9c' }).click();
    await page.getByRole('heading', { level: 1, name: 'Executions' }).waitFor();
    await rowOf(page, 'worker-report').waitFor();
    const field = page.getByLabel('Worker');
    expect(await field.inputValue()).to.equal('worker-7f9c');
    await type(field, 'x');
    await page.getByText('No matching executions').waitFor();
    // While the fields were half full, the preview rejected them.
    site().complaints();
    await service
      .as()
      .post(`/executions/${executionId}/complete`, { status: 'succeeded' }, { Authorization: `Bearer ${token}` });
  });
});
