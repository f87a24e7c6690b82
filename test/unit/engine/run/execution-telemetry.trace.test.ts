import { expect } from 'chai';
import { createLogger } from '../../../../src/telemetry/logger.ts';
import { NO_TRACES } from '../../../../src/telemetry/tracer.ts';
import {
  addJob,
  asAnn,
  commandsOver,
  engineOver,
  engineTable,
  memoryLog,
  storeOver,
} from '../../../support/engines.ts';
import { recordingTracer } from '../../../support/recording-tracer.ts';
import { manualWorld } from '../../../support/world.ts';

const REQUEST = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the trace of an execution', () => {
  const given = async (traces = recordingTracer()) => {
    const lines: string[] = [];
    const log = createLogger({ format: 'json', level: 'info', output: { write: (line) => lines.push(line) } });
    const world = { ...manualWorld(), log };
    const memory = memoryLog(world);
    const { membership } = engineTable(world);
    const engineOn = () => engineOver({ store: storeOver(memory), world, membership, tracer: traces.tracer });
    const commands = commandsOver(storeOver(memory), world);
    const { jobId } = await addJob(commands, { pattern: '0 0 1 1 *' });
    const told = () => lines.map((line) => JSON.parse(line)).filter(({ executionId }) => executionId !== undefined);
    return { world, memory, engineOn, commands, jobId, spans: traces.spans, told };
  };

  it('is linked to the request, also if another engine makes the call later', async () => {
    const { world, engineOn, commands, jobId, spans } = await given();
    await commands.triggerJob({ ...asAnn, traceparent: REQUEST }, jobId);
    await world.advance(60_000);
    const { engine } = engineOn();
    await engine.start();
    await world.advance(1_000);
    expect(spans.map(({ name, parent, link }) => ({ name, parent, link }))).to.deep.equal([
      { name: 'execution', parent: undefined, link: REQUEST },
    ]);
    expect(spans[0]?.ended?.attributes).to.deep.include({ 'carillon.execution.outcome': 'succeeded' });
    await engine.stop(0);
  });

  it('is linked to nothing if a request came without a trace', async () => {
    const { world, engineOn, commands, jobId, spans } = await given();
    const { engine } = engineOn();
    await engine.start();
    await commands.triggerJob(asAnn, jobId);
    await world.advance(1_000);
    expect(spans.map(({ link }) => link)).to.deep.equal([undefined]);
    await engine.stop(0);
  });

  it('is in the metadata of its events, and in each of its log lines', async () => {
    const { world, memory, engineOn, commands, jobId, spans, told } = await given();
    const { engine } = engineOn();
    await engine.start();
    await commands.triggerJob(asAnn, jobId);
    await world.advance(1_000);
    const store = storeOver(memory);
    const traced: (string | undefined)[] = [];
    for await (const { type, metadata } of store.readStream(`runs-${jobId}`)) {
      if (type === 'ExecutionStarted' || type === 'ExecutionSucceeded') traced.push(metadata.traceparent);
    }
    const [{ traceparent = '' } = {}] = spans;
    expect(traced).to.deep.equal([traceparent, traceparent]);
    const [, traceId, spanId] = traceparent.split('-');
    expect(told()).to.have.length(2);
    for (const line of told()) expect(line).to.deep.include({ traceId, spanId, correlationId: 'execution-1' });
    await engine.stop(0);
  });

  it('leaves the correlation id in log lines if there are no traces', async () => {
    const { world, engineOn, commands, jobId, told } = await given({ tracer: NO_TRACES, spans: [] });
    const { engine } = engineOn();
    await engine.start();
    await commands.triggerJob(asAnn, jobId);
    await world.advance(1_000);
    expect(told()).to.have.length(2);
    for (const line of told()) {
      expect(line).to.deep.include({ correlationId: 'execution-1' }).and.not.to.have.any.keys('traceId', 'spanId');
    }
    await engine.stop(0);
  });
});
