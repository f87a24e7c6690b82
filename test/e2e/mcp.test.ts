import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect } from 'chai';
import { z } from 'zod';
import { type AService, aService } from '../support/a-service/a-service.ts';

const MAIN = path.join(import.meta.dirname, '../../src/main.ts');
const Said = z.object({
  content: z.tuple([z.object({ text: z.string() })], z.object({ text: z.string() })),
  isError: z.boolean().default(false),
});
const READS = ['find_jobs', 'get_job', 'explain_slot', 'find_executions', 'why_failed', 'upcoming', 'audit'];
const WRITES = ['trigger_job', 'pause_job', 'resume_job', 'enable_job', 'disable_job'];

describe('carillon mcp', () => {
  let service: AService;
  let reader: Client;
  let writer: Client;

  const connected = async (...options: readonly string[]): Promise<Client> => {
    const client = new Client({ name: 'tests', version: '1' });
    const env = { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token() };
    const args = [MAIN, 'mcp', ...options];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'inherit' }));
    return client;
  };
  const call = async (client: Client, name: string, given: Record<string, unknown> = {}) => {
    const { content, isError } = Said.parse(await client.callTool({ name, arguments: given }));
    return { text: content[0].text, isError };
  };
  const told = async (name: string, given?: Record<string, unknown>) => {
    const { text, isError } = await call(reader, name, given);
    expect(isError, text).to.equal(false);
    return JSON.parse(text);
  };

  before(async () => {
    service = await aService()
      .from('2026-03-02T09:00:00Z')
      .withApplication('crm')
      .withJob({ name: 'sync', pattern: '0 * * * *', path: '/status?code=404' })
      .start();
    await service.advance('1h');
    [reader, writer] = [await connected(), await connected('--allow-writes')];
  });
  after(async () => {
    await Promise.all([reader.close(), writer.close()]);
    await service.stop();
  });

  it('offers read-only tools, and writing tools on request', async () => {
    const toolsOf = async (client: Client) => (await client.listTools()).tools;
    const offered = await toolsOf(reader);
    expect(offered.map(({ name }) => name)).to.have.members(READS);
    expect(offered.every(({ annotations }) => annotations?.readOnlyHint)).to.equal(true);
    expect((await toolsOf(writer)).map(({ name }) => name)).to.have.members([...READS, ...WRITES]);
    expect(await call(reader, 'disable_job', { job: 'crm/sync', reason: 'no' })).to.include({ isError: true });
  });

  it('finds jobs and executions, and states why one failed', async () => {
    expect((await told('find_jobs', { state: 'failing' })).map(({ name }: { name: string }) => name)).to.deep.equal([
      'sync',
    ]);
    expect(await told('get_job', { job: 'crm/sync' })).to.include({ name: 'sync', pattern: '0 * * * *' });
    const [{ id }] = await told('find_executions', { jobId: 'crm/sync', status: 'failed' });
    const why = await told('why_failed', { execution: id });
    expect(why.error.code).to.equal('HTTP_404');
    const slot = '2026-03-02T10:00:00Z';
    expect((await call(reader, 'explain_slot', { job: 'crm/sync', slot })).text).to.match(/: fired\. Execution/);
    expect(JSON.stringify(await told('upcoming'))).to.include('2026-03-02T11:00:00');
    expect((await told('audit', { limit: 5 })).length).to.be.within(1, 5);
  });

  it('triggers, pauses and resumes, with the reason in the audit', async () => {
    const given = { job: 'crm/sync', reason: 'asked by Ann' };
    const triggered = await call(writer, 'trigger_job', { ...given, body: { full: true } });
    expect(triggered.text).to.match(/^Execution \d+ is /);
    expect((await call(writer, 'pause_job', { ...given, for: '2h' })).text).to.include('Paused crm/sync until');
    expect((await told('get_job', { job: 'crm/sync' })).state.name).to.equal('paused');
    expect((await call(writer, 'resume_job', given)).text).to.include('Resumed crm/sync');
    for (const name of ['disable_job', 'enable_job']) await call(writer, name, given);
    const reasons = (await told('audit', { limit: 5 })).map(({ reason }: { reason?: string }) => reason);
    expect(reasons).to.include('asked by Ann');
  });

  it('states what is wrong, and what can be done', async () => {
    const missing = await call(reader, 'get_job', { job: 'crm/none' });
    expect(missing).to.include({ isError: true });
    expect(missing.text).to.match(/JOB_NOT_FOUND: .*\n.*shows the jobs/);
    expect((await call(reader, 'get_job', {})).text).to.match(/invalid/i);
    expect((await call(reader, 'find_jobs', { limit: 5_000 })).isError).to.equal(true);
    expect((await call(reader, 'why_failed', { execution: 'last' })).isError).to.equal(true);
    expect((await call(reader, 'explain_slot', { job: 'crm/sync', slot: 'noon' })).text).to.include('an instant');
    expect(
      (await call(writer, 'trigger_job', { job: 'crm/sync', reason: 'x', body: '@/etc/hostname' })).isError,
    ).to.equal(true);
    expect((await call(reader, 'get_job', { job: '..' })).text).to.include('is not a valid name');
  });
});
