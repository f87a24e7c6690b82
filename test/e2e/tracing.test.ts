import { expect } from 'chai';
import { aService } from '../support/a-service/a-service.ts';
import { type ExportedSpan, type OtlpCollector, startOtlpCollector } from '../support/otlp-collector.ts';
import { eventsOf } from '../support/service-log.ts';
import { startTarget, type Target } from '../support/target.ts';

const trace = (digit: string): string => digit.repeat(32);
const CALLER_SPAN = 'b7ad6b7169203331';
const callerOf = (traceId: string, flags = '01') => ({ traceparent: `00-${traceId}-${CALLER_SPAN}-${flags}` });
/** Of a status, in OTLP. */
const ERROR = 2;
/** Each span reads the clock at its own end: on a busy machine that of a part may come after that of the whole. */
const READ_APART_NS = 10_000_000_000n;
const [OF_JOB, OF_TRIGGER, OF_BACKFILL, OF_BULK, UNSAMPLED] = ['1', '2', '3', '4', '5'].map(trace);

describe('the traces of a service', () => {
  let collector: OtlpCollector;
  let target: Target;
  let spans: readonly ExportedSpan[];
  let events: Awaited<ReturnType<typeof eventsOf>>;

  const childrenOf = (parent: ExportedSpan | undefined): ExportedSpan[] =>
    spans.filter(({ traceId, parentSpanId }) => traceId === parent?.traceId && parentSpanId === parent?.spanId);
  const names = (found: readonly ExportedSpan[]): string[] => found.map(({ name }) => name).sort();
  const executions = (trigger: string): ExportedSpan[] =>
    spans.filter(
      ({ name, attributes }) => name === 'execution' && attributes['carillon.execution.trigger'] === trigger,
    );
  const inTrace = (traceId: string | undefined): ExportedSpan[] => spans.filter((span) => span.traceId === traceId);
  const rootOf = (traceId: string | undefined): ExportedSpan | undefined =>
    inTrace(traceId).find(({ kind }) => kind === 'server');

  before(async () => {
    [collector, target] = [await startOtlpCollector(), await startTarget()];
    const service = await aService()
      .withSettings({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'api-key=for%20the%20collector',
        OTEL_SERVICE_NAME: 'bells',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      })
      .start();
    const api = service.as();
    const { id: applicationId } = (await api.post('/applications', { name: 'crm' }, callerOf(UNSAMPLED ?? '', '00')))
      .body;
    const create = async (name: string, changes: object, headers = {}): Promise<number> => {
      const path = name === 'broken' ? '/status?code=500&' : '/echo?';
      const taskConfig = {
        ...{ url: `${target.origin}${path}key=sesame`, method: 'POST', body: { pin: 'open-it' } },
        headers: { 'X-Api-Key': 'hush-hush' },
      };
      const job = { applicationId, name, pattern: '@yearly', taskType: 'HttpInvokerTask', taskConfig, ...changes };
      const created = await api.post('/jobs', job, headers);
      expect(created.status, JSON.stringify(created.body)).to.equal(201);
      return created.body.id;
    };
    const once = await create('slot', { pattern: '* * * * * *', maxRuns: 1 }, callerOf(OF_JOB ?? ''));
    const broken = await create('broken', {});
    await api.post(`/jobs/${broken}/trigger`, undefined, callerOf(OF_TRIGGER ?? ''));
    const yearly = await create('yearly', { pattern: '0 0 1 1 *' });
    const span = { from: '2024-06-01T00:00:00Z', to: '2025-06-01T00:00:00Z', reprocess: 'all' };
    const backfill = await api.post(`/jobs/${yearly}/backfills`, span, callerOf(OF_BACKFILL ?? ''));
    expect(backfill.status, JSON.stringify(backfill.body)).to.equal(202);
    await create('many', {});
    const bulk = { filter: { name: 'many' }, action: 'trigger' };
    const requested = await api.post('/jobs/bulk', bulk, callerOf(OF_BULK ?? ''));
    expect(requested.status, JSON.stringify(requested.body)).to.equal(202);
    await service.eventually(async () => {
      const { body } = await api.get('/executions?limit=10');
      const ended = body.filter(({ status }: { status: string }) => status === 'succeeded' || status === 'failed');
      return ended.length >= 4 ? ended : undefined;
    });
    await api.delete(`/jobs/${once}`);
    events = await eventsOf(service.log);
    await service.stop();
    spans = collector.spans;
  });

  after(async () => {
    await collector.close();
    await target.close();
  });

  it('has a request, its command and its append below the span of the caller', () => {
    const request = rootOf(OF_JOB);
    expect(request).to.deep.include({ name: 'POST /_/scheduler/jobs', parentSpanId: CALLER_SPAN });
    expect(request?.attributes).to.deep.equal({
      'http.request.method': 'POST',
      'http.response.status_code': 201,
      'http.route': '/_/scheduler/jobs',
      'network.protocol.version': '1.1',
      'url.path': '/_/scheduler/jobs',
      'url.scheme': 'http',
    });
    const [command] = childrenOf(request);
    expect(command?.name).to.equal('createJob');
    expect(names(childrenOf(command))).to.deep.equal(['append NameReserved, JobCreated, DefinitionActivated']);
    expect(inTrace(OF_JOB)).to.have.length(3);
  });

  it('has the claim, the call and the outcome of a slot below its execution', () => {
    const [execution] = executions('schedule');
    expect(execution)
      .to.deep.include({ links: [], status: { code: 0 } })
      .and.not.to.have.property('parentSpanId');
    expect(execution?.attributes).to.deep.include({ 'carillon.job.name': 'slot', 'carillon.execution.attempt': 1 });
    const parts = childrenOf(execution);
    expect(names(parts)).to.deep.equal(['POST', 'append ExecutionStarted', 'append ExecutionSucceeded']);
    for (const { startTimeUnixNano, endTimeUnixNano } of parts) {
      expect(startTimeUnixNano >= (execution?.startTimeUnixNano ?? 0n)).to.equal(true);
      expect(endTimeUnixNano <= (execution?.endTimeUnixNano ?? 0n) + READ_APART_NS).to.equal(true);
    }
    expect(parts.find(({ name }) => name === 'POST')?.attributes).to.deep.equal({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': target.port,
      'url.full': `${target.origin}/echo`,
    });
  });

  it('sends each call the trace context of its own span', () => {
    const calls = spans.filter(({ name, kind }) => name === 'POST' && kind === 'client');
    const sent = target.received.map(({ headers }) => headers.traceparent);
    expect(sent).to.have.members(calls.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`));
  });

  it('links what was requested to the request, through the events alone', () => {
    const commandOf = (traceId: string | undefined, name: string) =>
      inTrace(traceId).find((span) => span.name === name)?.spanId;
    const [byHand] = executions('manual').filter(({ attributes }) => attributes['carillon.job.name'] === 'broken');
    expect(byHand?.links).to.deep.equal([{ traceId: OF_TRIGGER, spanId: commandOf(OF_TRIGGER, 'triggerJob') }]);
    const [backfilled] = executions('backfill');
    const ofBackfill = { traceId: OF_BACKFILL, spanId: commandOf(OF_BACKFILL, 'requestBackfill') };
    expect(backfilled?.links).to.deep.equal([ofBackfill]);
  });

  it('links the item of a bulk to the request, and its execution to the item', () => {
    const item = spans.find(({ name }) => name === 'bulk item');
    expect(item?.links.map(({ traceId }) => traceId)).to.deep.equal([OF_BULK]);
    expect(names(childrenOf(item))).to.include('triggerJob');
    const [execution] = executions('manual').filter(({ attributes }) => attributes['carillon.job.name'] === 'many');
    expect(execution?.links.map(({ traceId }) => traceId)).to.deep.equal([item?.traceId]);
  });

  it('reports a failed call as an error, by its code', () => {
    const [failed] = executions('manual').filter(({ attributes }) => attributes['carillon.job.name'] === 'broken');
    expect(failed?.status.code).to.equal(ERROR);
    expect(failed?.attributes).to.deep.include({ 'error.type': 'HTTP_500', 'carillon.execution.outcome': 'failed' });
    const call = childrenOf(failed).find(({ name }) => name === 'POST');
    expect(call).to.deep.include({ status: { code: ERROR } });
    expect(call?.attributes).to.deep.include({ 'error.type': '500', 'http.response.status_code': 500 });
  });

  it('carries the trace context in the metadata of events', () => {
    const contexts = spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
    const started = events.filter(({ type }) => type === 'ExecutionStarted');
    expect(started).to.have.length(4);
    for (const { metadata } of started) expect(contexts).to.include(metadata.traceparent);
  });

  it('leaves out a request whose caller has decided against it', () => {
    expect(inTrace(UNSAMPLED)).to.deep.equal([]);
    const created = events.find(({ type }) => type === 'ApplicationCreated');
    expect(created?.metadata.traceparent).to.equal(`00-${UNSAMPLED}-${CALLER_SPAN}-00`);
  });

  it('holds no query, no header, no body and no token', () => {
    for (const secret of ['sesame', 'hush-hush', 'open-it', 'Bearer', 'permissions']) {
      expect(collector.sent()).not.to.contain(secret);
    }
  });

  it('names the service, and carries the headers of the settings', () => {
    expect(spans[0]?.resource).to.deep.include({
      'service.name': 'bells',
      'service.version': 'test',
      'deployment.environment.name': 'test',
    });
    expect(collector.headers()).to.deep.include({ 'api-key': 'for the collector' });
  });
});
